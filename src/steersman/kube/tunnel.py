"""Through a proxy: asking it to connect on to the API server (HTTP CONNECT, RFC 9110 §9.3.6; SOCKS5, RFC 1928)."""

from __future__ import annotations

from steersman.kube.network import ConnectFailed, ConnectionLost, reason_of
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from steersman.kube.network import Stream


def proxy_credentials(proxy: SplitResult) -> tuple[str, str]:
    """User and password from a proxy's URL."""
    from urllib.parse import unquote

    return unquote(proxy.username or ""), unquote(proxy.password or "")


def proxy_address(proxy: SplitResult) -> tuple[str, int]:
    """Host and port of a proxy."""
    return proxy.hostname or "", proxy.port or {"https": 443, "http": 80}.get(proxy.scheme, 1080)


def no_proxy_there(proxy: SplitResult, error: OSError) -> ConnectFailed:
    """It is the proxy that cannot be reached, and not the server."""
    host, port = proxy_address(proxy)
    return ConnectFailed(f"the proxy {host}:{port}: {reason_of(error)}")


async def open_tunnel(stream: Stream, proxy: SplitResult, host: str, port: int) -> None:
    """Ask the proxy at the other end of `stream` to connect on to host:port. Raises ConnectFailed."""
    try:
        if proxy.scheme in ("socks5", "socks5h"):
            await _socks5(stream, proxy, host, port)
        else:
            await _http_connect(stream, proxy, host, port)
    except ConnectionLost as error:
        raise ConnectFailed(f"the proxy {proxy.hostname}: {error}") from error


async def _http_connect(stream: Stream, proxy: SplitResult, host: str, port: int) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    user, password = proxy_credentials(proxy)
    if user:
        import base64

        lines.append("Proxy-Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())
    await stream.write("\r\n".join([*lines, "", ""]).encode())
    head = (await stream.read_until(b"\r\n\r\n")).decode("latin-1").split("\r\n")[0].split(" ", 2)
    if len(head) < 2 or head[1] != "200":
        raise ConnectFailed(f"the proxy {proxy.hostname} refused: {' '.join(head[1:])}", permanent=True)


async def _socks5(stream: Stream, proxy: SplitResult, host: str, port: int) -> None:
    """RFC 1928 with RFC 1929 passwords; the name is resolved by the proxy."""
    user, password = proxy_credentials(proxy)
    await stream.write(b"\x05\x02\x00\x02" if user else b"\x05\x01\x00")
    version, method = await stream.read_exactly(2)
    if version == 5 and method == 2:
        name, secret = user.encode(), password.encode()
        await stream.write(bytes([1, len(name)]) + name + bytes([len(secret)]) + secret)
        if (await stream.read_exactly(2))[1] != 0:
            raise ConnectFailed(f"the proxy {proxy.hostname} refused the password", permanent=True)
    elif version != 5 or method != 0:
        raise ConnectFailed(f"the proxy {proxy.hostname} speaks no SOCKS5 that we can use", permanent=True)
    encoded = host.encode("idna") if not host.isascii() else host.encode()
    await stream.write(b"\x05\x01\x00\x03" + bytes([len(encoded)]) + encoded + port.to_bytes(2, "big"))
    _, reply, _, kind = await stream.read_exactly(4)
    if reply != 0:
        raise ConnectFailed(f"the proxy {proxy.hostname} could not connect to {host}:{port} (SOCKS5 reply {reply})")
    length = {1: 4, 4: 16}.get(kind) or (await stream.read_exactly(1))[0]
    await stream.read_exactly(length + 2)
