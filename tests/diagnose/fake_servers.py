"""Servers of one answer: enough of a store's protocol for its real client to print the error that the store would give."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

# Path → status and body, as Elasticsearch, OpenSearch, Vault, Consul, ClickHouse and registries answer.
SECURITY = {"type": "security_exception", "reason": "missing authentication credentials for REST request [/x]"}
FLOOD = {
    "type": "cluster_block_exception",
    "reason": "index [logs] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, "
    "index has read-only-allow-delete block];",
}
UNAUTHORIZED = {
    "type": "security_exception",
    "reason": "action [indices:admin/create] is unauthorized for user [app] with effective roles [viewer] on indices [logs]",
}


def _search(status: int, error: dict[str, str]) -> tuple[int, str]:
    return status, json.dumps({"error": {"root_cause": [error], **error}, "status": status})


HTTP = {
    "/search-401": _search(401, SECURITY),
    "/search-403": _search(403, UNAUTHORIZED),
    "/search-404": _search(
        404, {"type": "index_not_found_exception", "reason": "no such index [logs]", "index": "logs"}
    ),
    "/search-exists": _search(
        400, {"type": "resource_already_exists_exception", "reason": "index [logs/x1] already exists", "index": "logs"}
    ),
    "/search-flood": _search(429, FLOOD),
    "/search-master": _search(503, {"type": "master_not_discovered_exception", "reason": "null"}),
    "/search-mapping": _search(
        400,
        {"type": "illegal_argument_exception", "reason": "mapper [size] cannot be changed from type [long] to [text]"},
    ),
    "/vault-sealed": (503, json.dumps({"errors": ["Vault is sealed"]})),
    "/vault-denied": (403, json.dumps({"errors": ["permission denied"]})),
    "/vault-role": (400, json.dumps({"errors": ['invalid role name "app"']})),
    "/html": (200, "<html><body>Login</body></html>"),
    "/clickhouse-60": (
        404,
        "Code: 60. DB::Exception: Table default.events doesn't exist. (UNKNOWN_TABLE) (version 23.8.2.7 (official build))\n",
    ),
    "/clickhouse-516": (
        403,
        "Code: 516. DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such "
        "name. (AUTHENTICATION_FAILED) (version 23.8.2.7 (official build))\n",
    ),
}


class _Stores(BaseHTTPRequestHandler):
    """Answers by the first part of the path; the product header is Elasticsearch's, whose client insists on it."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "CONNECT":
            status, body = 407, "Proxy Authentication Required"
        else:
            status, body = HTTP.get("/" + self.path.split("/")[1].split("?")[0], (200, "{}"))
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "text/html" if body.startswith("<") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_HEAD = do_POST = do_PUT = do_DELETE = do_CONNECT = do_GET

    def log_message(self, format: str, *args: object) -> None: ...


def line_server(greeting: bytes, answer: bytes) -> Callable[[socket.socket], None]:
    """Says `greeting`, then `answer` to whatever is sent (Redis, NATS)."""

    def serve(connection: socket.socket) -> None:
        if greeting:
            connection.sendall(greeting)
        while connection.recv(65536):
            connection.sendall(answer)

    return serve


# What a server supports: a map with the version of CQL, and no compression.
OPTIONS = (
    struct.pack(">HH", 2, 11)
    + b"CQL_VERSION"
    + struct.pack(">HH", 1, 5)
    + b"3.4.5"
    + struct.pack(">H", 11)
    + b"COMPRESSION\0\0"
)


def cassandra(code: int, message: str) -> Callable[[socket.socket], None]:
    """An ERROR frame of the native protocol in answer to everything but the question for options."""

    def serve(connection: socket.socket) -> None:
        while head := connection.recv(9):
            _, _, stream, opcode, length = struct.unpack(">BBhBi", head)
            if length:
                connection.recv(length)
            version = 4
            if opcode == 5:  # OPTIONS
                connection.sendall(struct.pack(">BBhBi", 0x80 | version, 0, stream, 6, len(OPTIONS)) + OPTIONS)
                continue
            text = message.encode()
            payload = struct.pack(">iH", code, len(text)) + text
            connection.sendall(struct.pack(">BBhBi", 0x80 | version, 0, stream, 0, len(payload)) + payload)

    return serve


def amqp(code: int, text: str) -> Callable[[socket.socket], None]:
    """RabbitMQ's Connection.Start, and Connection.Close with this code in answer to the login."""

    def frame(payload: bytes) -> bytes:
        return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"

    def serve(connection: socket.socket) -> None:
        connection.recv(8)
        capability = b"\x1cauthentication_failure_closet\x01"
        table = b"\x0ccapabilitiesF" + struct.pack(">I", len(capability)) + capability
        start = struct.pack(">HHBB", 10, 10, 0, 9) + struct.pack(">I", len(table)) + table
        start += struct.pack(">I", 5) + b"PLAIN" + struct.pack(">I", 5) + b"en_US"
        connection.sendall(frame(start))
        connection.recv(65536)
        close = struct.pack(">HHH", 10, 50, code) + bytes([len(text)]) + text.encode() + struct.pack(">HH", 0, 0)
        connection.sendall(frame(close))
        connection.recv(65536)

    return serve


def oracle(code: int) -> Callable[[socket.socket], None]:
    """A listener that refuses (TNS packet 4) with this ORA number."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        text = f"(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))".encode()
        payload = struct.pack(">BBH", 34, 0, len(text)) + text
        connection.sendall(struct.pack(">HHBBH", len(payload) + 8, 0, 4, 0, 0) + payload)
        connection.recv(65536)

    return serve


@contextmanager
def serving(serve: Callable[[socket.socket], None], port: int) -> Iterator[None]:
    """`serve` for each connection to a port of 127.0.0.1."""
    server = socket.create_server(("127.0.0.1", port))

    def one(connection: socket.socket) -> None:
        with connection:
            try:
                serve(connection)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@contextmanager
def stores(port: int) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", port), _Stores)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
