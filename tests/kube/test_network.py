"""Connections: TLS as the kubeconfig says it, proxies, and answers that are not HTTP."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from steersman.errors import ClusterUnreachable
from steersman.kube.asyncio_network import AsyncioNetwork
from steersman.kube.blocking_network import BlockingNetwork, run
from steersman.kube.client import Client
from steersman.kube.config import Connection, Credentials, Tls
from steersman.kube.interface import ObjectRef
from steersman.kube.network import endpoint_of
from steersman.kube.session import Session
from steersman.kube.tls import tls_context

from .fake_server import FakeServer

VERSION = b'HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{"gitVersion": "v1.36.2"}'
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def answering(*pieces: bytes) -> Handler:
    """A server that sends these pieces for any request, and closes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.close()

    return handler


async def version(connection: Connection) -> str:
    async with Client(Session(connection, AsyncioNetwork())) as client:
        return await client.server_version()


class Authority:
    """A CA, and what it has signed."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.sign("ca", self.key, None)
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(
        self, name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate | None, days: int = 1
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=9))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, name: str, days: int = 1) -> tuple[bytes, bytes]:
        """Certificate and key as PEM, valid for so many days from now on."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(name, key, self.certificate, days)
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        return certificate.public_bytes(serialization.Encoding.PEM), pem


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def server_context(authority: Authority, pair: tuple[bytes, bytes], folder: Path) -> ssl.SSLContext:
    """The TLS settings of a server that shows this certificate."""
    (folder / "both.pem").write_bytes(b"".join(pair))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # Python 3.13's default context is stricter than Go's TLS
    context.load_verify_locations(cadata=authority.pem.decode())
    context.load_cert_chain(folder / "both.pem")
    return context


@pytest.fixture
async def secure(authority: Authority, tmp_path: Path) -> AsyncIterator[str]:
    """A TLS server named kube.test that tells whose certificate the client showed."""
    context = server_context(authority, authority.issue("kube.test"), tmp_path)
    context.verify_mode = ssl.CERT_OPTIONAL

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        shown = writer.get_extra_info("peercert") or {}
        who = dict(part[0] for part in shown.get("subject", ())).get("commonName", "nobody")
        body = f'{{"gitVersion": "{who}"}}'.encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        writer.close()

    async with listening(handler, context) as port:
        yield f"https://127.0.0.1:{port}"


async def test_a_server_is_verified_by_the_kubeconfigs_ca(secure: str, authority: Authority) -> None:
    assert await version(Connection(secure, tls=Tls(ca=authority.pem, server_name="kube.test"))) == "nobody"


async def test_a_client_certificate_is_shown(secure: str, authority: Authority) -> None:
    certificate, key = authority.issue("jane")
    tls = Tls(ca=authority.pem, server_name="kube.test", certificate=certificate, key=key)
    assert await version(Connection(secure, tls=tls)) == "jane"


async def test_verification_can_be_turned_off(secure: str) -> None:
    assert await version(Connection(secure, tls=Tls(insecure=True))) == "nobody"


@pytest.mark.parametrize(
    ("server_name", "own_ca", "message", "way_out"),
    [
        ("kube.test", False, "tls: .*certificate", "certificate-authority"),
        ("other.test", True, "(?i)hostname mismatch", "tls-server-name"),
    ],
)
async def test_a_server_that_does_not_verify(
    secure: str, authority: Authority, server_name: str, own_ca: bool, message: str, way_out: str
) -> None:
    ca = authority.pem if own_ca else Authority().pem
    with pytest.raises(ClusterUnreachable, match=message) as caught:
        await version(Connection(secure, tls=Tls(ca=ca, server_name=server_name)))
    assert way_out in caught.value.hint


async def version_either_way(connection: Connection) -> set[str]:
    """What is said on asyncio and on plain sockets."""
    said: set[str] = set()
    for ask in (
        version(connection),
        asyncio.to_thread(run, Client(Session(connection, BlockingNetwork())).server_version()),
    ):
        with pytest.raises(ClusterUnreachable) as caught:
            await ask
        said.add(f"{caught.value}\n{caught.value.hint}".partition(": tls: ")[2] or str(caught.value))
    return said


@contextmanager
def refusing(context: ssl.SSLContext) -> Iterator[int]:
    """A server on a thread that shakes hands and hangs up (asyncio's would hang up without telling why)."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                with context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as wrapped:
                    with suppress(ssl.SSLError):
                        wrapped.do_handshake()
                    socket.socket.shutdown(wrapped, socket.SHUT_WR)
                    while socket.socket.recv(wrapped, 65536):  # else what was not read would reset the connection
                        pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("shown", ["nothing", "an expired one", "another cluster's"])
async def test_a_client_certificate_that_is_not_accepted(authority: Authority, tmp_path: Path, shown: str) -> None:
    """TLS 1.3 tells of it with the first answer only; nothing of the request was taken up, and it is not sent again."""
    context = server_context(authority, authority.issue("kube.test"), tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    pairs = {"an expired one": authority.issue("jane", days=-1), "another cluster's": Authority().issue("jane")}
    certificate, key = pairs.get(shown, (b"", b""))
    tls = Tls(ca=authority.pem, server_name="kube.test", certificate=certificate, key=key)
    with refusing(context) as port:
        said = await version_either_way(Connection(f"https://127.0.0.1:{port}", tls=tls))
    words = {
        "nothing": "certificate required",
        "an expired one": "certificate expired",
        "another cluster's": "alert",
    }
    hints = {"another cluster's": "is it of this cluster?"}
    (only,) = said
    assert words[shown] in only
    assert hints.get(shown, "Renew the kubeconfig's client-certificate") in only


async def test_a_server_whose_certificate_has_expired(authority: Authority, tmp_path: Path) -> None:
    context = server_context(authority, authority.issue("kube.test", days=-1), tmp_path)
    async with listening(answering(VERSION), context) as port:
        tls = Tls(ca=authority.pem, server_name="kube.test")
        (only,) = await version_either_way(Connection(f"https://127.0.0.1:{port}", tls=tls))
    assert only == "certificate has expired\nCheck this machine's clock, and the server's certificate."


async def test_a_server_that_does_not_speak_tls() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with listening(handler) as port:
        (only,) = await version_either_way(Connection(f"https://127.0.0.1:{port}"))
    assert only.startswith("the server does not speak TLS there\nCorrect the port")


async def test_a_server_that_speaks_tls_where_plain_is_asked_for(secure: str) -> None:
    with pytest.raises(ClusterUnreachable, match="closed the connection") as caught:
        await version(Connection(secure.replace("https", "http")))
    assert "says http://" in caught.value.hint
    said = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"  # Go's servers
    async with listening(answering(said)) as port:
        with pytest.raises(ClusterUnreachable, match="it speaks HTTPS; write https://"):
            await version(Connection(f"http://127.0.0.1:{port}"))


def test_a_key_that_is_another_certificates(authority: Authority) -> None:
    certificate, _ = authority.issue("jane")
    _, key = authority.issue("jane")
    with pytest.raises(ClusterUnreachable, match="client-certificate and client-key: they do not belong together"):
        tls_context(Tls(ca=authority.pem), (certificate, key))


async def test_a_ca_that_is_none(secure: str) -> None:
    with pytest.raises(ClusterUnreachable, match="cannot use the certificates of the kubeconfig"):
        await version(Connection(secure, tls=Tls(ca=b"not a certificate")))


@asynccontextmanager
async def http_proxy(asked: list[str]) -> AsyncIterator[int]:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        asked.extend([head[0], *(line for line in head if line.startswith("Proxy-"))])
        host, _, port = head[0].split()[1].rpartition(":")
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await join((reader, writer), await asyncio.open_connection(host, int(port)))

    async with listening(handler) as port:
        yield port


@asynccontextmanager
async def socks_proxy(asked: list[str]) -> AsyncIterator[int]:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        writer.write(b"\x05\x02" if 2 in methods else b"\x05\x00")
        if 2 in methods:
            name = await reader.readexactly((await reader.readexactly(2))[1])
            secret = await reader.readexactly((await reader.readexactly(1))[0])
            asked.append(f"{name.decode()}:{secret.decode()}")
            writer.write(b"\x01\x00")
        length = (await reader.readexactly(5))[4]
        host = (await reader.readexactly(length)).decode()
        port = int.from_bytes(await reader.readexactly(2), "big")
        asked.append(f"{host}:{port}")
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await join((reader, writer), await asyncio.open_connection(host, port))

    async with listening(handler) as port:
        yield port


async def join(
    left: tuple[asyncio.StreamReader, asyncio.StreamWriter], right: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    await asyncio.gather(copy(left[0], right[1]), copy(right[0], left[1]), return_exceptions=True)


async def test_through_an_http_proxy(secure: str, authority: Authority) -> None:
    asked: list[str] = []
    async with http_proxy(asked) as port:
        tls = Tls(ca=authority.pem, server_name="kube.test")
        proxied = Connection(secure, tls=tls, proxy_url=f"http://me:p%40ss@127.0.0.1:{port}")
        assert await version(proxied) == "nobody"
    assert asked == [f"CONNECT {secure.removeprefix('https://')} HTTP/1.1", "Proxy-Authorization: Basic bWU6cEBzcw=="]


@pytest.mark.parametrize("user", ["", "me:secret@"])
async def test_through_a_socks_proxy(secure: str, authority: Authority, user: str) -> None:
    asked: list[str] = []
    async with socks_proxy(asked) as port:
        tls = Tls(ca=authority.pem, server_name="kube.test")
        assert await version(Connection(secure, tls=tls, proxy_url=f"socks5://{user}127.0.0.1:{port}")) == "nobody"
    assert asked == [*(["me:secret"] if user else []), secure.removeprefix("https://")]


async def test_a_proxy_that_refuses(secure: str) -> None:
    async with listening(answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")) as port:
        with pytest.raises(ClusterUnreachable, match="refused: 407 Proxy Authentication Required"):
            await version(Connection(secure, proxy_url=f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
async def test_a_proxy_that_is_not_there_is_named(scheme: str) -> None:
    """It is not the server that refuses the connection."""
    connection = Connection("https://kube.example.com", proxy_url=f"{scheme}://127.0.0.1:1")
    blocking = Client(Session(connection, BlockingNetwork()))
    for ask in (version(connection), asyncio.to_thread(run, blocking.server_version())):
        with pytest.raises(ClusterUnreachable, match=r"the proxy 127\.0\.0\.1:1: connection refused") as caught:
            await ask
        assert "NO_PROXY" in caught.value.hint


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_a_server_with_an_ipv6_address() -> None:
    asked: list[str] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.extend((await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:2])
        writer.write(VERSION)
        writer.close()

    try:
        server = await asyncio.start_server(handler, "::1", 0)
    except OSError:
        pytest.skip("no IPv6 here")
    port = server.sockets[0].getsockname()[1]
    try:
        connection = Connection(f"http://[::1]:{port}")
        assert await version(connection) == "v1.36.2"
        blocking = Client(Session(connection, BlockingNetwork()))
        assert await asyncio.to_thread(run, blocking.server_version()) == "v1.36.2"
    finally:
        server.close()
    assert asked == [f"Host: [::1]:{port}"] * 2


@pytest.mark.parametrize(
    ("server", "no_proxy", "proxied"),
    [
        ("https://kube.example.com", "", True),
        ("https://kube.example.com", "example.com", False),
        ("https://kube.example.com", ".example.com", False),
        ("https://kube.example.com", "other.com,kube.example.com", False),
        ("https://kube.example.com", "*", False),
        ("https://notexample.com", "example.com", True),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://11.1.2.3", "10.0.0.0/8", True),
        ("https://localhost:6443", "", False),
        ("https://127.0.0.1:6443", "", False),
        ("https://[::1]:6443", "", False),
        ("http://kube.example.com", "", False),
    ],
)
def test_the_environments_proxy(monkeypatch: pytest.MonkeyPatch, server: str, no_proxy: str, proxied: bool) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    proxy = endpoint_of(Connection(server)).proxy
    assert (proxy.hostname if proxy else None) == ("proxy" if proxied else None)


@pytest.mark.parametrize("server", ["", "ftp://x", "https://", "https://x:port"])
def test_addresses_that_are_none(server: str) -> None:
    with pytest.raises(ClusterUnreachable, match="is no server address"):
        endpoint_of(Connection(server))


def test_a_proxy_that_nobody_speaks() -> None:
    with pytest.raises(ClusterUnreachable, match="cannot use the proxy") as caught:
        endpoint_of(Connection("https://x", proxy_url="gopher://me:secret@proxy"))
    assert "secret" not in str(caught.value)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        (VERSION,),
        tuple(VERSION[index : index + 1] for index in range(len(VERSION))),
        (b"HTTP/1.1 100 Continue\r\n\r\n", VERSION),
        (CHUNKED, b'5\r\n{"git\r\n', b'14;x=y\r\nVersion": "v1.36.2"}\r\n0\r\n\r\n'),
        (CHUNKED, b'5\r\n{"git\r\n14\r\nVersion": "v1.36.2"}\r\n0\r\nTrailer: x\r\n\r\n'),
        (b'HTTP/1.1 200 OK\r\n\r\n{"gitVersion": "v1.36.2"}',),
        (b'HTTP/1.0 200 OK\r\n\r\n{"gitVersion": "v1.36.2"}',),
    ],
)
async def test_ways_to_frame_an_answer(pieces: tuple[bytes, ...]) -> None:
    async with listening(answering(*pieces)) as port:
        assert await version(Connection(f"http://127.0.0.1:{port}")) == "v1.36.2"


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc",
    ],
)
async def test_answers_that_are_none(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.kube.retry.DEFAULT_BUDGET_SECONDS", 0.0)
    async with listening(answering(answer)) as port:
        with pytest.raises(ClusterUnreachable):
            await version(Connection(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize("framing", ["length", "chunks", "gzip"])
async def test_an_answer_without_end_is_not_read_to_its_end(framing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.kube.http1.LARGEST_BODY", 1 << 20)
    zipped = gzip.compress(b" " * (2 << 20))
    head = {
        "length": b"Content-Length: 99999999999",
        "chunks": b"Transfer-Encoding: chunked",
        "gzip": b"Content-Encoding: gzip\r\nContent-Length: %d" % len(zipped),
    }[framing]
    body = {"length": b"{", "chunks": (b"40000\r\n" + b" " * 0x40000 + b"\r\n") * 9, "gzip": zipped}[framing]
    came = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        came += 1
        await answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n", body)(reader, writer)

    async with listening(handler) as port:
        with pytest.raises(ClusterUnreachable, match="its answer is larger than 1 MiB"):
            await version(Connection(f"http://127.0.0.1:{port}"))
    assert came == 1


@pytest.mark.parametrize(
    ("content", "body", "message"),
    [
        ("text/html; charset=utf-8", "<html>", "it answers with a web page"),
        ("application/json", "nonsense", "its answer is no JSON object"),
        ("application/json", '{"hello": 1}', "it does not tell Kubernetes' version"),
        ("text/plain", "hello", r"its answer is no JSON object \(Content-Type: text/plain\)"),
        ("application/json", '{"kind": "Ver', "its answer is no JSON object"),
        ("application/vnd.kubernetes.protobuf", "k8s\0", "its answer is no JSON object"),
    ],
)
async def test_what_is_no_answer_of_an_api_server(content: str, body: str, message: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content}\r\nContent-Length: {len(body)}\r\n\r\n"
    async with listening(answering((head + body).encode())) as port:
        with pytest.raises(ClusterUnreachable, match=message) as caught:
            await version(Connection(f"http://127.0.0.1:{port}"))
    assert "Correct the `server`" in caught.value.hint


async def test_who_sends_us_on_gets_no_credentials(server: FakeServer) -> None:
    from aiohttp import web

    async def elsewhere(_: FakeServer, __: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "https://login.example.com/"})

    server.fault("GET", elsewhere)
    with pytest.raises(ClusterUnreachable, match=r"it sends us on to 'https://login\.example\.com/'"):
        await version(Connection(server.url, credentials=Credentials(token="T")))
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [{"a": 1}, {"items": 5}, {"items": ["x"]}, {"items": [{"name": "x"}]}])
async def test_what_is_no_list_is_not_taken_for_an_empty_one(server: FakeServer, body: object) -> None:
    from aiohttp import web

    async def answer(_: FakeServer, __: web.Request) -> web.StreamResponse:
        return web.json_response(body)

    server.fault("GET", answer)
    async with Client(Session(Connection(server.url), AsyncioNetwork())) as client:
        with pytest.raises(ClusterUnreachable, match=r"its (answer to a )?list"):
            await client.list("v1", "ConfigMap", namespace="ns")


@pytest.mark.parametrize("body", [{"a": 1}, {"metadata": []}, {"metadata": {}}])
async def test_what_is_no_object_is_told(server: FakeServer, body: object) -> None:
    from aiohttp import web

    async def answer(_: FakeServer, __: web.Request) -> web.StreamResponse:
        return web.json_response(body)

    server.fault("POST", answer)
    server.fault("GET", answer)
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}}
    async with Client(Session(Connection(server.url), AsyncioNetwork())) as client:
        for ask in (client.create(obj), client.get(ObjectRef("v1", "ConfigMap", "a", "ns"))):
            with pytest.raises(ClusterUnreachable, match="its answer is no object of Kubernetes"):
                await ask


async def test_the_servers_path_and_compressed_answers(server: FakeServer) -> None:
    """A server behind a path (Rancher), and a body that comes compressed."""
    from aiohttp import web

    async def compressed(_: FakeServer, request: web.Request) -> web.StreamResponse:
        response = web.json_response({"gitVersion": request.path})
        response.enable_compression(web.ContentCoding.gzip)
        return response

    server.fault("GET", compressed)
    assert await version(Connection(f"{server.url}/k8s/clusters/c-1/")) == "/k8s/clusters/c-1/version"


async def test_warnings_are_passed_on(server: FakeServer) -> None:
    from aiohttp import web

    async def warning(_: FakeServer, __: web.Request) -> web.StreamResponse:
        header = '299 - "policy/v1beta1 is old", 299 - "use \\"policy/v1\\""'
        return web.json_response({"gitVersion": "v"}, headers={"Warning": header})

    server.fault("GET", warning)
    told: list[str] = []
    async with Client(Session(Connection(server.url), AsyncioNetwork(), on_warning=told.append)) as client:
        await client.server_version()
    assert told == ["policy/v1beta1 is old", 'use "policy/v1"']
