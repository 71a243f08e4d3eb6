"""HTTP/1.1 as far as an API server needs it: one request at a time over a kept-alive stream, bodies whole or in pieces.

Kubernetes' API is plain HTTP/1.1 with Content-Length or chunked bodies and gzip where asked for. Why our own: see "The
Kubernetes client" in docs/architecture.md. Source of the framing rules: RFC 9112.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from steersman.kube.network import ConnectFailed, ConnectionLost, Stream, TooLarge
from steersman.record import record

PIECE = 1 << 16
# A page of a list has at most 500 objects of a MiB each, and seldom a hundredth of that.
LARGEST_BODY = 1 << 29


@record(slots=True)
class Head:
    """Status line and headers of an answer; header names are in lower case."""

    status: int
    headers: dict[str, str]


class Exchange:
    """One stream, used for one request after the other. Not to be shared by two tasks at a time."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.used = False
        self.reusable = True

    async def send(
        self, method: str, target: str, authority: str, headers: list[tuple[str, str]], body: bytes | None
    ) -> Head:
        """Send a request and read the answer's head. Raises ConnectionLost, and ConnectFailed for what cannot be sent."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {authority}", *(f"{name}: {value}" for name, value in headers)]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        elif method not in ("GET", "HEAD"):
            lines.append("Content-Length: 0")
        if any("\r" in line or "\n" in line for line in lines):
            raise ConnectFailed("a token or header of the kubeconfig holds a line break", permanent=True)
        self.reusable = False  # until the body has been read
        await self.stream.write("\r\n".join([*lines, "", ""]).encode() + (body or b""))
        while True:
            head = _parse_head(await self.stream.read_until(b"\r\n\r\n"))
            self.used = True
            if head.status >= 200:  # 1xx are announcements
                return head

    async def body(self, head: Head) -> bytes:
        """The whole body, decompressed."""
        length = head.headers.get("content-length")
        if length is not None and "transfer-encoding" not in head.headers:
            if (size := _number(length, 10)) > LARGEST_BODY:
                raise _too_large()
            raw = await self.stream.read_exactly(size)
            self.reusable = _keeps_alive(head)
        else:
            pieces, size = [], 0
            async for piece in self._pieces(head):
                pieces.append(piece)
                if (size := size + len(piece)) > LARGEST_BODY:
                    raise _too_large()
            raw = b"".join(pieces)
        return _unzipped(raw) if head.headers.get("content-encoding") == "gzip" else raw

    async def pieces(self, head: Head) -> AsyncIterator[bytes]:
        """The body as it comes (never compressed: streams are asked for plain)."""
        async for piece in self._pieces(head):
            yield piece

    async def _pieces(self, head: Head) -> AsyncIterator[bytes]:
        if head.status in (204, 304):
            self.reusable = _keeps_alive(head)
            return
        if "chunked" in head.headers.get("transfer-encoding", ""):
            while size := _number((await self.stream.read_until(b"\r\n")).split(b";")[0].strip().decode("latin-1"), 16):
                while size > 0:
                    piece = await self.stream.read(min(size, PIECE))
                    if not piece:
                        raise ConnectionLost("the answer was cut off")
                    size -= len(piece)
                    yield piece
                await self.stream.read_exactly(2)
            while (await self.stream.read_until(b"\r\n")) != b"\r\n":
                pass  # trailers
            self.reusable = _keeps_alive(head)
        elif (length := head.headers.get("content-length")) is not None:
            left = _number(length, 10)
            while left:
                piece = await self.stream.read(min(left, PIECE))
                if not piece:
                    raise ConnectionLost("the answer was cut off")
                left -= len(piece)
                yield piece
            self.reusable = _keeps_alive(head)
        else:  # until the server closes
            while piece := await self.stream.read(PIECE):
                yield piece


def _unzipped(raw: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(raw, LARGEST_BODY)
    except zlib.error as error:
        raise ConnectionLost("the answer was damaged") from error
    if unzip.unconsumed_tail:
        raise _too_large()
    if not unzip.eof:
        raise ConnectionLost("the answer was damaged")
    return content


def _too_large() -> TooLarge:
    return TooLarge(f"its answer is larger than {LARGEST_BODY >> 20} MiB")


def _parse_head(block: bytes) -> Head:
    status_line, *lines = block.decode("latin-1").split("\r\n")
    version, _, rest = status_line.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ConnectionLost("the answer is not HTTP")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.lower()] = value.strip()
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Head(int(rest[:3]), headers)


def _keeps_alive(head: Head) -> bool:
    return head.headers.get("connection", "").lower() != "close"


def _number(text: str, base: int) -> int:
    try:
        number = int(text, base)
    except ValueError as error:
        raise ConnectionLost("the answer's length is not a number") from error
    if number < 0:
        raise ConnectionLost("the answer's length is negative")
    return number
