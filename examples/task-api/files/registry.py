"""A service registry in memory: POST /register, GET /agents, DELETE /agents/NAME."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

agents: dict[str, dict] = {}


class Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, {"agents": sorted(agents)})

    def do_POST(self) -> None:
        entry = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        agents[entry["name"]] = entry
        self.answer(200, {"registered": entry["name"]})

    def do_DELETE(self) -> None:
        # Deregistering twice is no error: a hook may run again.
        name = self.path.rpartition("/")[2]
        self.answer(200, {"removed": agents.pop(name, None) is not None, "name": name})

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Registry).serve_forever()
