"""Reading Kubernetes' protobuf, in which kubectl and helm send what they create. Answers are always JSON.

Format: apimachinery `runtime/serializer/protobuf` (four magic bytes, then an `Unknown` envelope); field numbers come with the
schema, from the tags of Kubernetes' Go structs. The result is the object as JSON, still with Go's empty values in it.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from steersman.cluster.schema.model import Node, Struct

Json = dict[str, Any]

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class ProtobufError(Exception):
    """Bytes that are no message of their type."""


def read(body: bytes, find: Callable[[str, str], Node | None]) -> Json:
    """The object in a request's body; `find` gives the type of an apiVersion and kind. Raises ProtobufError."""
    if not body.startswith(MAGIC):
        raise ProtobufError("the body does not start as Kubernetes' protobuf does")
    try:
        envelope = {number: value for number, _, value in _fields(body[len(MAGIC) :])}
        meta = {number: value.decode() for number, _, value in _fields(envelope.get(1, b""))}
        version, kind = meta.get(1, ""), meta.get(2, "")
        node = find(version, kind)
        if node is None or node.struct is None:
            raise ProtobufError(f'no kind "{kind}" is known in version "{version}"')
        return {"kind": kind, "apiVersion": version, **_message(node.struct, envelope.get(2, b""))}
    except (IndexError, struct.error, ValueError, AttributeError, TypeError, OverflowError, OSError) as error:
        raise ProtobufError(f"malformed protobuf: {error}") from None


def _fields(raw: bytes) -> Iterator[tuple[int, int, Any]]:
    """The (number, wire type, value) triples of one message; lengths become bytes, the others integers."""
    position = 0
    while position < len(raw):
        tag, position = _varint(raw, position)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value: Any
            value, position = _varint(raw, position)
        elif wire == _BYTES:
            length, position = _varint(raw, position)
            value = raw[position : position + length]
            if len(value) != length:
                raise ProtobufError("a field is longer than its message")
            position += length
        elif wire == _FIXED64:
            (value,) = struct.unpack_from("<d", raw, position)
            position += 8
        elif wire == _FIXED32:
            (value,) = struct.unpack_from("<f", raw, position)
            position += 4
        else:
            raise ProtobufError(f"wire type {wire} is not used by Kubernetes")
        yield number, wire, value


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    shift = result = 0
    while True:
        byte = raw[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
        shift += 7


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _message(of: Struct, raw: bytes, names: dict[int, str | Struct] | None = None) -> Json:
    """One message; `names` are the numbers of an inlined struct, whose fields are those of `of`."""
    names = of.wire if names is None else names
    out: Json = {}
    for number, wire, value in _fields(raw):
        name = names.get(number)
        if name is None:
            continue  # a field of a newer Kubernetes
        if isinstance(name, Struct):
            out |= _message(of, value, name.wire)
            continue
        node = of.fields.get(name)
        if node is None:
            continue
        if node.shape == "list":
            assert node.element is not None
            out.setdefault(name, []).extend(_items(node.element, wire, value))
        elif node.shape == "map":
            assert node.element is not None
            key, item = _entry(node.element, value)
            out.setdefault(name, {})[key] = item
        else:
            found = _value(node, value)
            if found is not None:
                out[name] = found
    return out


def _items(element: Node, wire: int, value: Any) -> list[Any]:
    if wire == _BYTES and element.shape in ("integer", "boolean"):  # packed
        out: list[Any] = []
        position = 0
        while position < len(value):
            number, position = _varint(value, position)
            out.append(_value(element, number))
        return out
    return [_value(element, value)]


def _entry(element: Node, raw: bytes) -> tuple[str, Any]:
    parts = {number: value for number, _, value in _fields(raw)}
    return parts.get(1, b"").decode(), _value(element, parts.get(2, b""))


def _value(node: Node, value: Any) -> Any:
    match node.shape:
        case "string":
            return value.decode()
        case "integer":
            return _signed(value)
        case "boolean":
            return bool(value)
        case "number":
            return value
        case "bytes":
            return base64.b64encode(value).decode()
        case "struct":
            assert node.struct is not None
            return _message(node.struct, value)
        case "quantity":
            return _inner(value).get(1, b"").decode() or None
        case "int-or-string":
            parts = _inner(value)
            return parts.get(3, b"").decode() if parts.get(1, 0) else _signed(parts.get(2, 0))
        case "time":
            return _time(node, value)
        case "list":
            assert node.element is not None
            return [_value(node.element, item) for number, _, item in _fields(value) if number == 1]
        case _:
            raw = _inner(value).get(1, b"")
            return json.loads(raw) if raw else None


def _inner(raw: bytes) -> dict[int, Any]:
    return {number: value for number, _, value in _fields(raw)}


def _time(node: Node, raw: bytes) -> str | None:
    parts = _inner(raw)
    seconds, nanos = _signed(parts.get(1, 0)), parts.get(2, 0)
    if not seconds and not nanos:
        return None
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{nanos // 1000:06d}Z" if node.format == "micro" else f"{text}Z"
