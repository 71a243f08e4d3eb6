"""Byte streams to the API server: TCP or TLS, straight or through a proxy, on an event loop or blocking.

`http1` speaks HTTP over a `Stream` and does not know which of the two it is. The asyncio one serves everything that lives
longer; the blocking one serves commands of one or two requests (`steer list`), for which importing and starting
asyncio would cost more than the requests themselves.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager

from steersman.errors import ClusterUnreachable
from steersman.kube.config import Connection
from steersman.kube.urls import Url, split
from steersman.lazy import TYPE_CHECKING, Protocol
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any, TypeVar
    from urllib.parse import SplitResult

    T = TypeVar("T")

CONNECT_SECONDS = 10.0
NOT_TLS = "the server does not speak TLS there"


class ConnectFailed(Exception):
    """No connection came about, so nothing was sent. `permanent`: trying again will not help (bad certificate, bad name)."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class ConnectionLost(Exception):
    """The connection broke after a request had begun to be sent: whether the server acted on it is unknown."""


class NoAnswer(ConnectionLost):
    """Nothing came within the time that was allowed."""


class TooLarge(ConnectionLost):
    """An answer of a size that no API server gives; to ask again would bring the same."""


class Stream(Protocol):
    """A connected byte stream. All methods raise ConnectionLost."""

    def allow(self, silence: float | None, until: float | None = None, *, least: int = 0) -> None:
        """From now on, raise NoAnswer where nothing comes (or nothing is taken) for `silence` seconds, and at `until`, a
        time.monotonic(), whatever comes. None is no limit. Fewer bytes than `least` in that time count as nothing: a byte now
        and then is no answer."""
        ...

    async def write(self, data: bytes) -> None: ...

    async def read_until(self, separator: bytes) -> bytes: ...

    async def read_exactly(self, size: int) -> bytes: ...

    async def read(self, size: int) -> bytes:
        """At least one byte, or b"" at the end."""
        ...

    def usable(self) -> bool:
        """Whether an idle stream looks alive: the peer has not closed it."""
        ...

    def close(self) -> None: ...


class Network(Protocol):
    """How to reach an endpoint, and how to wait."""

    async def connect(self, endpoint: Endpoint, context: ssl.SSLContext | None, seconds: float) -> Stream:
        """Raises ConnectFailed, after `seconds` at the latest."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def remind(self, seconds: float, again: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call back after so many seconds, and then each time that `again` have passed, until what is returned is called."""
        ...

    async def aside(self, work: Callable[[], T], stop: Callable[[], None]) -> T:
        """Wait for what blocks, and hold up nobody else. Whoever is cancelled meanwhile calls `stop`, which makes it end."""
        ...

    def alone(self) -> AbstractAsyncContextManager[None]:
        """For a block that is entered by one at a time."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin it and go on, where that can be done; else leave it."""
        ...

    async def acquire(self) -> None:
        """Take one of the places for concurrent requests; `release` gives it back."""
        ...

    def release(self) -> None: ...


@record(frozen=True, slots=True)
class Endpoint:
    """Where to connect. `proxy` is None or the proxy's URL."""

    host: str
    port: int
    tls: bool
    server_name: str
    base_path: str
    proxy: SplitResult | None

    @property
    def is_near(self) -> bool:
        """On this machine, where compressing costs more than it saves."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def endpoint_of(connection: Connection) -> Endpoint:
    """Take the server URL apart. Raises ClusterUnreachable where it is none."""
    text = connection.server if "://" in connection.server else f"https://{connection.server}"
    try:
        url = split(text)
    except ValueError:
        url = Url("", "", None, "")
    if url.scheme not in ("http", "https") or not url.host:
        raise ClusterUnreachable(
            f"Kubernetes cluster unreachable: {connection.server!r} is no server address",
            hint="A server is named like https://host:6443.",
        )
    return Endpoint(
        host=url.host,
        port=url.port or (443 if url.scheme == "https" else 80),
        tls=url.scheme == "https",
        server_name=connection.tls.server_name or url.host,
        base_path=url.path.rstrip("/"),
        proxy=_proxy(connection.proxy_url, url.scheme, url.host),
    )


def _proxy(configured: str, scheme: str, host: str) -> SplitResult | None:
    """The kubeconfig's proxy-url, else what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say (as Go reads them)."""
    text = configured
    if not text:
        name = f"{scheme}_proxy"
        text = os.environ.get(name.upper()) or os.environ.get(name) or ""
        if not text or _bypasses_proxy(host):
            return None
    from urllib.parse import urlsplit

    url = urlsplit(text if "://" in text else f"http://{text}")
    if url.scheme not in ("http", "https", "socks5", "socks5h") or not url.hostname:
        raise ClusterUnreachable(
            f"cannot use the proxy {url.scheme}://{url.hostname}",
            hint="proxy-url takes http://, https:// and socks5://.",
        )
    return url


def _bypasses_proxy(host: str) -> bool:
    import ipaddress

    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if address is not None and address.is_loopback:
        return True
    for entry in (os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(","):
        entry = entry.strip().lower()
        if entry == "*":
            return True
        if "/" in entry and address is not None:
            try:
                if address in ipaddress.ip_network(entry, strict=False):
                    return True
            except ValueError:
                continue
        bare = entry.lstrip("*").lstrip(".")
        if bare and (host == bare or host.endswith(f".{bare}")):
            return True
    return False


def no_answer(seconds: float, *, began: bool) -> NoAnswer:
    """Nothing came for so long, or too little where it `began`."""
    return NoAnswer(f"no {'whole ' if began else ''}answer within {in_words(seconds)}")


def in_words(seconds: float) -> str:
    """`0.2 s`, `3 s`, `120 s`: as exact as a person wants to know it."""
    if seconds < 1:
        return f"{seconds:.1g} s"
    return f"{seconds:.1f} s".replace(".0 s", " s") if seconds < 10 else f"{seconds:.0f} s"


def tls_failed(error: ssl.SSLError) -> ConnectFailed:
    """What went wrong between the two ends of TLS, with the server's own words where it sent an alert."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectFailed(f"tls: {error.verify_message}", permanent=True)
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return ConnectFailed(f"tls: {NOT_TLS}", permanent=True)
    alert = (error.reason or "").lower().replace("_", " ")
    return ConnectFailed(f"tls: {alert or error}", permanent=True)


def broken(error: OSError) -> ConnectFailed | ConnectionLost:
    """What a read or a write failed with. A TLS alert (an expired client certificate) comes with the first read, and means that
    nothing was taken up."""
    if isinstance(error, ssl.SSLError) and "ALERT" in (error.reason or ""):
        return tls_failed(error)
    return ConnectionLost(reason_of(error))


def reason_of(error: OSError) -> str:
    """`connection refused`, whichever way asyncio or the socket module put it."""
    if isinstance(error, ssl.SSLEOFError):
        return "the server closed the connection"
    if isinstance(error, ssl.SSLError):
        return (error.reason or str(error)).lower().replace("_", " ")
    if isinstance(error, socket.gaierror) or not error.errno:
        return (error.strerror or str(error) or type(error).__name__).lower()
    return os.strerror(error.errno).lower()
