"""SPDY as kubectl's port-forward speaks it; the client here is built from the protocol's description, apart from the server."""

from __future__ import annotations

import asyncio
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.cluster.api.streams.spdy import DICTIONARY, Session, SpdyError, Stream


class Client:
    """Makes a client's frames and reads the server's."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def open(self, number: int, headers: dict[str, str], *, fin: bool = False) -> bytes:
        block = struct.pack(">I", len(headers))
        for word in (word for pair in headers.items() for word in pair):
            block += struct.pack(">I", len(word)) + word.encode()
        packed = self._deflate.compress(block) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        body = struct.pack(">IIH", number, 0, 0) + packed
        return struct.pack(">HHI", 0x8003, 1, int(fin) << 24 | len(body)) + body

    @staticmethod
    def data(number: int, data: bytes, *, fin: bool = False) -> bytes:
        return struct.pack(">II", number, int(fin) << 24 | len(data)) + data

    def read(self, sent: bytes) -> list[tuple[str, int, bytes]]:
        """(reply | ping | data, stream, body) for each frame."""
        frames, at = [], 0
        while at < len(sent):
            length = int.from_bytes(sent[at + 5 : at + 8], "big")
            body = sent[at + 8 : at + 8 + length]
            if sent[at] & 0x80:
                kind = {2: "reply", 6: "ping"}[struct.unpack_from(">H", sent, at + 2)[0]]
                number = int.from_bytes(body[:4], "big")
                if kind == "reply":
                    assert self._inflate.decompress(body[4:]) == b"\0\0\0\0"
                frames.append((kind, number, b""))
            else:
                kind = "end" if sent[at + 4] & 1 else "data"
                frames.append((kind, int.from_bytes(sent[at : at + 4], "big"), body))
            at += 8 + length
        return frames


def test_the_dictionary_is_that_of_the_protocol() -> None:
    assert (len(DICTIONARY), zlib.adler32(DICTIONARY)) == (1423, 0xE3C6A7C2)


@given(
    st.lists(st.binary(max_size=40), max_size=5),
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
    st.dictionaries(st.text(max_size=9), st.text(max_size=20), max_size=4),
)
def test_a_stream_arrives_however_its_bytes_are_cut(
    pieces: list[bytes], cuts: list[int], headers: dict[str, str]
) -> None:
    headers = {
        name.encode(errors="ignore").hex(): value.encode(errors="ignore").hex() for name, value in headers.items()
    }
    client, opened, sent = Client(), list[Stream](), bytearray()

    async def send(data: bytes) -> None:
        sent.extend(data)

    async def run() -> list[bytes]:
        session = Session(send, opened.append)
        wire = client.open(1, headers) + b"".join(client.data(1, piece) for piece in pieces)
        wire += client.data(1, b"", fin=True)
        for cut in cuts:
            await session.feed(wire[:cut])
            wire = wire[cut:]
        await session.feed(wire)
        received = [data async for data in opened[0].received()]
        await opened[0].write(b"answer")
        await opened[0].close()
        return received

    assert asyncio.run(run()) == [piece for piece in pieces if piece]
    assert opened[0].headers == headers
    assert client.read(bytes(sent)) == [("reply", 1, b""), ("data", 1, b"answer"), ("end", 1, b"")]


async def test_a_ping_is_answered_and_a_reset_ends_a_stream() -> None:
    client, opened, sent = Client(), list[Stream](), bytearray()

    async def send(data: bytes) -> None:
        sent.extend(data)

    session = Session(send, opened.append)
    await session.feed(struct.pack(">HHII", 0x8003, 6, 4, 7))
    await session.feed(client.open(3, {}) + struct.pack(">HHIII", 0x8003, 3, 8, 3, 5))
    assert client.read(bytes(sent)) == [("ping", 7, b""), ("reply", 3, b"")]
    assert [data async for data in opened[0].received()] == []


@pytest.mark.parametrize(
    "wire",
    [struct.pack(">HHI", 0x8002, 1, 0), struct.pack(">HHI", 0x8003, 1, 3) + b"abc",
     struct.pack(">HHI", 0x8003, 1, 14) + bytes(10) + b"junk"],
    ids=["another version", "too short", "no header block"],
)  # fmt: skip
async def test_what_is_not_spdy_is_refused(wire: bytes) -> None:
    async def send(data: bytes) -> None:
        raise AssertionError(data)

    with pytest.raises(SpdyError):
        await Session(send, lambda stream: None).feed(wire)
