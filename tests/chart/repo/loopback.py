"""Servers on the loopback interface: a chart repository and an OCI registry, small but with credentials."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "ada", "s3cret:with colon"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: the client's delayed acknowledgement would cost 40 ms each

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class Server:
    """A running server: its address, and what it was asked."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.server = server
        self.host = f"127.0.0.1:{server.server_address[1]}"
        self.url = f"http://{self.host}"
        self.requests: list[tuple[str, str, str | None]] = []


@contextmanager
def _running(handler: type[_Quiet], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running = Server(server)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        running.url = f"https://{running.host}"
    handler.here = running  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve(
    folder: Path, *, private: bool = False, redirects: dict[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """A folder over HTTP; `private` wants the credentials, `redirects` sends paths elsewhere."""

    class Handler(_Quiet):
        here: Server

        def do_GET(self) -> None:
            self.here.requests.append(("GET", self.path, self.headers.get("Authorization")))
            path = urlsplit(self.path).path
            if redirects and path in redirects:
                self.answer(302, Location=redirects[path])
            elif private and self.headers.get("Authorization") != BASIC:
                self.answer(401, b"who are you?")
            elif (file := folder / path.lstrip("/")).is_file():
                self.answer(200, file.read_bytes())
            else:
                self.answer(404)

    with _running(Handler, tls) as running:
        yield running


@contextmanager
def oci_registry(*, private: bool = False) -> Iterator[Server]:
    """An OCI registry in memory; `private` wants a token, which its own /token gives for the credentials."""
    blobs: dict[str, bytes] = {}
    manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
    tags: dict[str, list[str]] = {}

    class Handler(_Quiet):
        here: Server

        def dispatch(self) -> None:
            self.here.requests.append((self.command, self.path, self.headers.get("Authorization")))
            parts = urlsplit(self.path)
            body = self.body()
            if parts.path == "/token":
                self.token()
            elif private and self.headers.get("Authorization") != "Bearer let-me-in":
                challenge = f'Bearer realm="{self.here.url}/token",service="loopback"'
                self.answer(401, WWW_Authenticate=challenge)
            elif parts.path == "/v2/":
                self.answer(200, b"{}")
            else:
                self.route(parts.path.removeprefix("/v2/"), parse_qs(parts.query), body)

        do_GET = do_HEAD = do_POST = do_PUT = dispatch

        def token(self) -> None:
            if self.command == "GET" and self.headers.get("Authorization") == BASIC:
                self.answer(200, b'{"token": "let-me-in"}')
            else:
                self.answer(401)

        def route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
            if "/blobs/uploads" in path:
                self.upload(path, query, body)
            elif "/blobs/" in path:
                data = blobs.get(path.rpartition("/")[2])
                self.answer(404) if data is None else self.answer(200, data)
            elif "/manifests/" in path:
                name, _, reference = path.partition("/manifests/")
                self.manifest(name, reference, body)
            elif path.endswith("/tags/list"):
                self.list_tags(path.removesuffix("/tags/list"), query)
            else:
                self.answer(404)

        def upload(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
            if self.command == "POST" and "digest" not in query:
                self.answer(202, Location=f"/v2/{path.rstrip('/')}/{uuid.uuid4()}?state=x")
                return
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            if query["digest"] != [digest]:
                self.answer(400)
                return
            blobs[digest] = body
            self.answer(201, Location=f"/v2/blobs/{digest}")

        def manifest(self, name: str, reference: str, body: bytes) -> None:
            if self.command == "PUT":
                digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
                kind = self.headers.get("Content-Type") or ""
                manifests[name, reference] = manifests[name, digest] = (kind, body)
                if not reference.startswith("sha256:"):
                    tags.setdefault(name, []).append(reference)
                self.answer(201, Docker_Content_Digest=digest)
                return
            kind, data = manifests.get((name, reference), ("", b""))
            if not data:
                self.answer(404)
                return
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            self.answer(200, data, Content_Type=kind, Docker_Content_Digest=digest)

        def list_tags(self, name: str, query: dict[str, list[str]]) -> None:
            """Two at a time, so that a client has to turn pages."""
            known = tags.get(name, [])
            if not known:
                self.answer(404)
                return
            start = known.index(query["last"][0]) + 1 if "last" in query else 0
            page = known[start : start + 2]
            data = json.dumps({"name": name, "tags": page}).encode()
            if start + 2 < len(known):
                self.answer(200, data, Link=f'</v2/{name}/tags/list?last={page[-1]}>; rel="next"')
            else:
                self.answer(200, data)

    with _running(Handler) as running:
        yield running


def write_chart(
    folder: Path, name: str, version: str = "1.0.0", files: dict[str, str] | None = None, **more: Any
) -> Path:
    """A small chart folder; `more` goes into Chart.yaml."""
    chart = folder / name
    definition = {"apiVersion": "v2", "name": name, "version": version, **more}
    contents = {"Chart.yaml": json.dumps(definition), "values.yaml": "# kept\na: 1\n", "templates/x.yaml": "kind: X\n"}
    for path, text in {**contents, **(files or {})}.items():
        (chart / path).parent.mkdir(parents=True, exist_ok=True)
        (chart / path).write_text(text)
    return chart


def self_signed(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) files for 127.0.0.1."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
