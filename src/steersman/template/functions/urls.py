"""URLs taken apart and put together as Go's net/url does (RFC 3986 with Go's leniencies)."""

from __future__ import annotations

import string

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.functions.bounds import nil_pointer
from steersman.template.functions.registry import FunctionError, function
from steersman.template.strconv import quote
from steersman.template.values import from_utf8, kind, utf8

if TYPE_CHECKING:
    import re
    from typing import Any

_UNRESERVED = string.ascii_letters + string.digits + "-_.~"

# What each part of a URL may hold without an escape.
_PATH = frozenset(utf8(_UNRESERVED + "$&+,/:;=@"))
_USER = frozenset(utf8(_UNRESERVED + "$&+,;="))
_HOST = frozenset(utf8(_UNRESERVED + "!$&'()*+,;=:[]<>\""))
_FRAGMENT = frozenset(utf8(_UNRESERVED + "$&+,/:;=?@!()*"))

_SCHEME = pattern(r"(?s)([A-Za-z][A-Za-z0-9+.-]*):(.*)")
_CONTROL = pattern("[\x00-\x1f\x7f]")
_USERINFO = pattern(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PORT = pattern(r"(?::[0-9]*)?")


class UrlError(ValueError):
    """What net/url finds wrong, without the URL."""


@function("urlParse", "string", "map[string]interface {}")
def url_parse(text: str) -> dict[str, Any]:
    try:
        return _parse(text)
    except UrlError as error:
        raise FunctionError(f"unable to parse url: {error}") from error


def _parse(text: str) -> dict[str, Any]:
    before, _, fragment = text.partition("#")
    try:
        parts = _parse_without_fragment(before)
    except UrlError as error:
        raise UrlError(f"parse {quote(before)}: {error}") from error
    try:
        parts["fragment"] = _unescape(fragment)
    except UrlError as error:
        raise UrlError(f"parse {quote(text)}: {error}") from error
    return parts


def _parse_without_fragment(text: str) -> dict[str, Any]:
    names = ("scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo")
    parts: dict[str, Any] = dict.fromkeys(names, "")
    if _CONTROL.search(text):
        raise UrlError("net/url: invalid control character in URL")
    if text.startswith(":"):
        raise UrlError("missing protocol scheme")
    found = _SCHEME.fullmatch(text)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", text)
    rest, _, parts["query"] = rest.partition("?")
    parts["scheme"] = scheme
    if not rest.startswith("/"):
        if scheme:
            parts["opaque"] = rest
            return parts
        if ":" in rest.partition("/")[0]:
            raise UrlError("first path segment in URL cannot contain colon")
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        parts["userinfo"], parts["host"] = _parse_authority(authority)
        parts["hostname"] = _hostname(parts["host"])
    parts["path"] = _unescape(rest)
    return parts


def _parse_authority(authority: str) -> tuple[str, str]:
    """User information, escaped anew, and host."""
    userinfo, at, host = authority.rpartition("@")
    host = _parse_host(host)
    if not at:
        return "", host
    if not _USERINFO.fullmatch(userinfo):
        raise UrlError("net/url: invalid userinfo")
    user, colon, password = userinfo.partition(":")
    return _escape(_unescape(user), _USER) + colon + _escape(_unescape(password), _USER), host


def _parse_host(host: str) -> str:
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise UrlError("missing ']' in host")
        _check_port(host[end + 1 :])
        zone = host.find("%25", 0, end)
        if zone >= 0:
            return _unescape_host(host[:zone]) + _unescape_zone(host[zone:end]) + _unescape_host(host[end:])
    elif ":" in host:
        _check_port(host[host.index(":") :])
    return _unescape_host(host)


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port):
        raise UrlError(f"invalid port {quote(port)} after host")


def _hostname(host: str) -> str:
    """The host without port and brackets."""
    name, colon, port = host.rpartition(":")
    if colon and _PORT.fullmatch(colon + port):
        host = name
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


# --- escapes -------------------------------------------------------------------------------------------------------

_ESCAPE = pattern(rb"(?s)%([0-9A-Fa-f]{2})|%.{0,2}")


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    return from_utf8(_ESCAPE.sub(_byte, utf8(text)))


def _byte(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        raise _bad_escape(found[0])
    return bytes([int(found[1], 16)])


def _unescape_host(text: str) -> str:
    """Only bytes beyond ASCII, and the percent sign itself, may be escaped in a host."""
    return _unescape_checked(text, lambda byte, escape: byte >= 0x80 or escape == b"%25")


def _unescape_zone(text: str) -> str:
    """In the zone of an IPv6 address all may be escaped that could stand there, and a blank."""
    return _unescape_checked(text, lambda byte, escape: byte in _HOST or byte == 0x20 or escape == b"%25")


def _unescape_checked(text: str, allowed: Any) -> str:
    data = utf8(text)

    def replace(found: re.Match[bytes]) -> bytes:
        byte = _byte(found)
        if not allowed(byte[0], found[0]):
            raise _bad_escape(found[0])
        return byte

    unescaped = _ESCAPE.sub(replace, data)
    for byte in _ESCAPE.sub(b"", data):
        if byte < 0x80 and byte not in _HOST:
            raise UrlError(f"invalid character {quote(chr(byte))} in host name")
    return from_utf8(unescaped)


def _bad_escape(escape: bytes) -> UrlError:
    return UrlError(f"invalid URL escape {quote(from_utf8(escape))}")


def _escape(text: str, allowed: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in allowed else f"%{byte:02X}" for byte in utf8(text))


# --- joining -------------------------------------------------------------------------------------------------------


@function("urlJoin", "map[string]interface {}", "string")
def url_join(parts: dict[str, Any] | None) -> str:
    """The URL made of what `urlParse` gives; missing parts are empty."""
    parts = parts or {}
    scheme, host, path = _text(parts, "scheme"), _text(parts, "host"), _text(parts, "path")
    query, opaque, fragment = _text(parts, "query"), _text(parts, "opaque"), _text(parts, "fragment")
    user = _join_userinfo(_text(parts, "userinfo"))
    pieces = [f"{scheme}:" if scheme else ""]
    if opaque:
        pieces.append(opaque)
    else:
        if (scheme or host or user is not None) and (host or path or user is not None):
            pieces.append("//")
        if user is not None:
            pieces.append(user + "@")
        pieces.append(_escape(host, _HOST))
        escaped = path if path == "*" else _escape(path, _PATH)
        if escaped and host and not escaped.startswith("/"):
            pieces.append("/")
        if not any(pieces) and ":" in escaped.partition("/")[0]:
            pieces.append("./")
        pieces.append(escaped)
    if query:
        pieces.append("?" + query)
    if fragment:
        pieces.append("#" + _escape(fragment, _FRAGMENT))
    return "".join(pieces)


def _text(parts: dict[str, Any], key: str) -> str:
    value = parts[key] if key in parts else ""  # noqa: SIM401 - a Go map's own `get` is something else
    if value is None:
        raise nil_pointer()
    if not isinstance(value, str):
        raise FunctionError(f"unable to parse {key} key, must be of type string, but {kind(value)} found")
    return value


def _join_userinfo(userinfo: str) -> str | None:
    if not userinfo:
        return None
    url = f"proto://{userinfo}@host"
    try:
        before, _, _ = url.partition("#")
        authority, _, _ = before.partition("?")[0][len("proto://") :].partition("/")
        found = _parse(url)["userinfo"]
        return found if "@" in authority else None
    except UrlError as error:
        raise FunctionError(f"unable to parse userinfo in dict: {error}") from error
