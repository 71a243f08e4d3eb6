"""gRPC probes: one call of `grpc.health.v1.Health/Check` over plain HTTP/2.

Only what that call takes is spoken. Sources: RFC 9113 (frames), RFC 7541 (headers, sent as literals), "gRPC over HTTP2" and
`grpc/health/v1/health.proto`; the words of failures are those of the kubelet's prober (pkg/probe/grpc).
"""

from __future__ import annotations

import asyncio
import struct

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_END_STREAM = _ACK = 1
_END_HEADERS = 4
_PADDED = 8
_LONGEST_FRAME = 1 << 14
_STATES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


async def check(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str, service: str) -> str | None:
    """None where the service says that it serves, else the words of the failure. Raises OSError where the connection breaks."""
    request = service.encode()
    message = (b"\x0a" + _varint(len(request)) + request) if request else b""
    headers = {
        ":method": "POST", ":scheme": "http", ":path": "/grpc.health.v1.Health/Check", ":authority": authority,
        "content-type": "application/grpc", "te": "trailers", "user-agent": "kube-probe/1.36",
    }  # fmt: skip
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in headers.items())
    writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_HEADERS, 1, block))
    writer.write(_frame(_DATA, _END_STREAM, 1, struct.pack(">BI", 0, len(message)) + message))
    answer = b""
    try:
        while True:
            kind, flags, stream, payload = await _read(reader)
            if kind == _SETTINGS and not flags & _ACK:
                writer.write(_frame(_SETTINGS, _ACK, 0, b""))
            elif kind == _PING and not flags & _ACK:
                writer.write(_frame(_PING, _ACK, 0, payload))
            elif kind == _DATA and stream == 1:
                answer += payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload
            if (kind in (_DATA, _HEADERS) and stream == 1 and flags & _END_STREAM) or kind in (_RST_STREAM, _GOAWAY):
                return _judge(answer)
    except asyncio.IncompleteReadError:
        return "error: health rpc failed: the server closed the connection"
    except ValueError:
        return "error: health rpc failed: the server does not speak HTTP/2"


def _judge(answer: bytes) -> str | None:
    if len(answer) < 5:
        return "this server does not implement the grpc health protocol (grpc.health.v1.Health) for that service"
    message = answer[5:]
    state = message[1] if len(message) >= 2 and message[0] == 0x08 else 0
    if state == 1:
        return None
    name = _STATES[state] if state < len(_STATES) else str(state)
    return f'service unhealthy (responded with "{name}")'


async def _read(reader: asyncio.StreamReader) -> tuple[int, int, int, bytes]:
    """A frame's type, flags, stream and payload. Raises ValueError where this is none."""
    head = await reader.readexactly(9)
    length = int.from_bytes(head[:3], "big")
    if length > _LONGEST_FRAME:
        raise ValueError("a frame that is longer than we allowed")
    return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF, await reader.readexactly(length)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream) + payload


def _text(value: str) -> bytes:
    """A string of a header as it is; none of ours needs more than seven bits for its length but a long authority."""
    raw = value.encode()
    if len(raw) < 127:
        return bytes((len(raw),)) + raw
    return b"\x7f" + _varint(len(raw) - 127) + raw


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*out, number))
