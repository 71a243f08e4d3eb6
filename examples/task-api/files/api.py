"""The task API: agents out of PostgreSQL, cached in Redis. Only Python's own library, so that any python image runs it."""

import json
import os
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from postgres import query

CACHE_KEY = "agents:" + os.environ["VERSION"]
CACHE_SECONDS = "3600"


def redis(*words: str) -> bytes | None:
    """Send one command to Redis and return its answer; None also when the cache cannot be reached."""
    request = f"*{len(words)}\r\n" + "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    try:
        address = (os.environ["REDIS_HOST"], int(os.environ["REDIS_PORT"]))
        with socket.create_connection(address, timeout=2) as connection, connection.makefile("rwb") as stream:
            stream.write(request.encode())
            stream.flush()
            head = stream.readline().rstrip()
            if head[:1] == b"$":
                return None if head == b"$-1" else stream.read(int(head[1:]) + 2)[:-2]
            return head
    except OSError:
        return None


def list_agents() -> bytes:
    if (cached := redis("GET", CACHE_KEY)) is not None:
        return cached
    rows = query("SELECT name, status FROM agents ORDER BY name")
    body = json.dumps({"agents": [{"name": name, "status": status} for name, status in rows]})
    redis("SET", CACHE_KEY, body, "EX", CACHE_SECONDS)
    return body.encode()


class Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        try:
            if self.path == "/health":
                self.answer(200, json.dumps({"status": "ok", "version": os.environ["VERSION"]}).encode())
            elif self.path == "/api/agents":
                self.answer(200, list_agents())
            else:
                self.answer(404, b'{"error": "not found"}')
        except (OSError, RuntimeError) as error:
            self.answer(503, json.dumps({"error": str(error)}).encode())

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        if self.path != "/health":
            super().log_message(format, *words)


print(f"task-api {os.environ['VERSION']} listens on {os.environ['PORT']}", flush=True)
ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Api).serve_forever()
