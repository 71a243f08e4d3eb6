"""SPDY/3.1 as far as Kubernetes uses it: streams with headers, data both ways, half-closing. No flow control, no priorities.

Source: the SPDY protocol, draft 3.1 (framing, sections 2.2 and 2.6; the dictionary for headers, 2.6.10.1).
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GO_AWAY = 1, 2, 3, 6, 7
FIN = 0x01
_CONTROL = 0x8003  # the control bit and version 3
_LARGEST = 16 * 2**20 - 1

_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _text(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


DICTIONARY = b"".join(_text(word.replace("_", " ").encode()) for word in _WORDS.split()) + _TAIL.encode()


class SpdyError(Exception):
    """What came is not SPDY."""


class Stream:
    """One stream that the other side opened."""

    def __init__(self, session: Session, number: int, headers: dict[str, str]) -> None:
        self.number = number
        self.headers = headers
        self._session = session
        self._incoming: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def received(self) -> AsyncIterator[bytes]:
        """The data of the other side until it half-closes the stream, resets it or goes."""
        while (data := await self._incoming.get()) is not None:
            yield data

    async def write(self, data: bytes) -> None:
        await self._session.data(self.number, data)

    async def close(self) -> None:
        """Nothing more will be written."""
        await self._session.data(self.number, b"", FIN)

    def feed(self, data: bytes | None) -> None:
        self._incoming.put_nowait(data)


class Session:
    """The server's side of one connection: `feed` it what comes; `send` takes what goes; `opened` is told of new streams."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]], opened: Callable[[Stream], None]) -> None:
        self._send = send
        self._opened = opened
        self._buffer = bytearray()
        self._streams: dict[int, Stream] = {}
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    async def feed(self, data: bytes) -> None:
        """Bytes off the connection, cut anywhere. Raises SpdyError."""
        self._buffer += data
        while len(self._buffer) >= 8:
            length = int.from_bytes(self._buffer[5:8], "big")
            if len(self._buffer) < 8 + length:
                return
            head, body = bytes(self._buffer[:8]), bytes(self._buffer[8 : 8 + length])
            del self._buffer[: 8 + length]
            await self._frame(head, body)

    async def _frame(self, head: bytes, body: bytes) -> None:
        flags = head[4]
        if not head[0] & 0x80:
            self._received(int.from_bytes(head[:4], "big"), body, flags)
            return
        version, kind = struct.unpack(">HH", head[:4])
        if version != _CONTROL:
            raise SpdyError(f"SPDY version {version & 0x7FFF} is not spoken here")
        match kind:
            case 1:
                await self._open(body, flags)
            case 3:
                self._reset(int.from_bytes(body[:4], "big") & 0x7FFFFFFF)
            case 6:
                await self._control(PING, 0, body)
            case _:
                pass  # settings, windows, further headers and farewells change nothing here

    async def _open(self, body: bytes, flags: int) -> None:
        if len(body) < 10:
            raise SpdyError("a SYN_STREAM frame is too short")
        number = int.from_bytes(body[:4], "big") & 0x7FFFFFFF
        stream = self._streams[number] = Stream(self, number, self._headers(body[10:]))
        await self._control(SYN_REPLY, 0, struct.pack(">I", number) + self._packed({}))
        if flags & FIN:
            stream.feed(None)
        self._opened(stream)

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            plain = self._inflate.decompress(block)
            (count,) = struct.unpack_from(">I", plain)
            words, at = [], 4
            for _ in range(2 * count):
                (length,) = struct.unpack_from(">I", plain, at)
                words.append(plain[at + 4 : at + 4 + length].decode())
                at += 4 + length
        except (zlib.error, struct.error, UnicodeDecodeError) as error:
            raise SpdyError(f"a header block cannot be read: {error}") from None
        return dict(zip(words[::2], words[1::2], strict=True))

    def _packed(self, headers: dict[str, str]) -> bytes:
        plain = struct.pack(">I", len(headers))
        for name, value in headers.items():
            plain += _text(name.encode()) + _text(value.encode())
        return self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)

    def _received(self, number: int, data: bytes, flags: int) -> None:
        if (stream := self._streams.get(number)) is None:
            return
        if data:
            stream.feed(data)
        if flags & FIN:
            stream.feed(None)

    def _reset(self, number: int) -> None:
        if (stream := self._streams.pop(number, None)) is not None:
            stream.feed(None)

    def forget(self, stream: Stream) -> None:
        """Both sides have said all."""
        self._streams.pop(stream.number, None)

    async def _control(self, kind: int, flags: int, body: bytes) -> None:
        await self._send(struct.pack(">HHI", _CONTROL, kind, flags << 24 | len(body)) + body)

    async def data(self, number: int, data: bytes, flags: int = 0) -> None:
        for at in range(0, max(len(data), 1), _LARGEST):
            piece = data[at : at + _LARGEST]
            await self._send(struct.pack(">II", number, flags << 24 | len(piece)) + piece)

    def close(self) -> None:
        """The connection is gone, and with it every stream."""
        for number in list(self._streams):
            self._reset(number)
