"""Writing an OpenAPI v2 document as gnostic's protobuf, the form in which kubectl and helm ask for it.

Format: message `Document` of `openapiv2/OpenAPIv2.proto` (github.com/google/gnostic). Only what our documents hold is written:
info and definitions, no paths. Keywords that OpenAPI v2 does not have (`oneOf`, `nullable` of a CRD …)
have no field and are left out.
"""

from __future__ import annotations

import json
import struct
from typing import Any

Json = dict[str, Any]

_VARINT, _FIXED64, _BYTES = 0, 1, 2

STRINGS = {"$ref": 1, "format": 2, "title": 3, "description": 4, "pattern": 13, "discriminator": 26}
DOUBLES = {"multipleOf": 6, "maximum": 7, "minimum": 9}
INTEGERS = {
    "maxLength": 11,
    "minLength": 12,
    "maxItems": 14,
    "minItems": 15,
    "maxProperties": 17,
    "minProperties": 18,
}
BOOLEANS = {"exclusiveMaximum": 8, "exclusiveMinimum": 10, "uniqueItems": 16, "readOnly": 27}
ANY = {"default": 5, "example": 30}


def document(found: Json) -> bytes:
    """The message `Document` of an OpenAPI v2 document without paths."""
    info = _text(1, found["info"]["title"]) + _text(2, found["info"]["version"])
    parts = [_text(1, found["swagger"]), _field(2, info), _field(8, b""), _field(9, _named(found["definitions"]))]
    return b"".join(parts)


def schema(found: Json) -> bytes:
    """The message `Schema` of one schema, which is in JSON form."""
    return b"".join(_keyword(key, value) for key, value in found.items() if value is not None)


def _keyword(key: str, value: Any) -> bytes:
    if number := STRINGS.get(key):
        return _text(number, value)
    if number := DOUBLES.get(key):
        return _varint(number << 3 | _FIXED64) + struct.pack("<d", value)
    if number := INTEGERS.get(key) or BOOLEANS.get(key):
        return _varint(number << 3 | _VARINT) + _varint(int(value) % 2**64)
    if number := ANY.get(key):
        return _field(number, _any(value))
    if key.startswith("x-"):
        return _field(31, _text(1, key) + _field(2, _any(value)))
    match key:
        case "required":
            return b"".join(_text(19, name) for name in value)
        case "enum":
            return b"".join(_field(20, _any(item)) for item in value)
        case "additionalProperties":
            boolean = isinstance(value, bool)
            return _field(21, _varint(2 << 3) + _varint(value) if boolean else _field(1, schema(value)))
        case "type":
            return _field(22, b"".join(_text(1, name) for name in ([value] if isinstance(value, str) else value)))
        case "items":
            items = value if isinstance(value, list) else [value]
            return _field(23, b"".join(_field(1, schema(item)) for item in items))
        case "allOf":
            return b"".join(_field(24, schema(item)) for item in value)
        case "properties":
            return _field(25, _named(value))
    return b""


def _named(schemas: Json) -> bytes:
    """`Definitions` and `Properties`: pairs of a name and a Schema."""
    return b"".join(_field(1, _text(1, name) + _field(2, schema(found))) for name, found in schemas.items())


def _any(value: Any) -> bytes:
    """`Any`: the value as YAML, of which JSON is a part."""
    return _text(2, json.dumps(value) + "\n")


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode())


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
