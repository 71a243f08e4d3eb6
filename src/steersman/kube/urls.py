"""Parts of URLs as `urllib.parse` writes and reads them, without importing it for those that are plain (2 ms at each start)."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable

# What stands for itself (RFC 3986's unreserved characters); every other byte is written as %XX.
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What hosts and paths consist of that need no second look.
_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")
_PATH = frozenset(map(chr, _PLAIN)) | {"/"}


def quote(text: str, *, safe: str = "") -> str:
    """Text as one part of a path, whatever is in it."""
    data = text.encode()
    if _PLAIN.issuperset(data):
        return text
    kept = _PLAIN.union(safe.encode())
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in data)


def query(pairs: Iterable[tuple[str, str]]) -> str:
    """What stands behind the `?`, as forms are sent: a space is a `+`."""
    return "&".join(f"{_form(name)}={_form(value)}" for name, value in pairs)


def _form(text: str) -> str:
    return quote(text, safe=" ").replace(" ", "+")


@record(frozen=True, slots=True)
class Url:
    """Scheme, host and path of a URL, "" where it has none; `port` is None where it names none."""

    scheme: str
    host: str
    port: int | None
    path: str


def split(url: str) -> Url:
    """Take a URL apart that has a scheme. Raises ValueError where its port is none."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.partition(":")
    is_plain = scheme in ("http", "https") and _HOST.issuperset(host) and _PATH.issuperset(path)
    if is_plain and (not colon or (port.isascii() and port.isdecimal() and int(port) < 1 << 16)):
        return Url(scheme, host, int(port) if colon else None, slash + path)
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return Url(parts.scheme, parts.hostname or "", parts.port, parts.path)
