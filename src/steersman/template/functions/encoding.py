"""Base64 and base32 (RFC 4648, with padding). What cannot be decoded yields Go's error text instead of failing."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64

from steersman.template.functions.registry import function
from steersman.template.values import from_utf8, utf8

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BASE32 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_PAD = ord("=")


class CorruptInput(ValueError):
    """Text that is not base64 or base32; the message is Go's, with the offset of the first wrong byte."""

    def __init__(self, encoding: str, offset: int) -> None:
        super().__init__(f"illegal {encoding} data at input byte {offset}")


@function("b64enc", "string", "string")
def b64enc(text: str) -> str:
    return b2a_base64(utf8(text), newline=False).decode("ascii")


@function("b64dec", "string", "string")
def b64dec(text: str) -> str:
    try:
        return from_utf8(decode_base64(text))
    except CorruptInput as error:
        return str(error)


@function("b32enc", "string", "string")
def b32enc(text: str) -> str:
    from base64 import b32encode

    return b32encode(utf8(text)).decode("ascii")


@function("b32dec", "string", "string")
def b32dec(text: str) -> str:
    try:
        return from_utf8(decode_base32(text))
    except CorruptInput as error:
        return str(error)


def decode_base64(text: str) -> bytes:
    """encoding/base64's StdEncoding: line breaks are skipped, bits left over are ignored. Raises CorruptInput."""
    data = utf8(text)
    digits = bytearray()
    for at, byte in enumerate(data):
        if byte in _BASE64:
            digits.append(byte)
        elif byte == _PAD:
            _check_base64_padding(data, at, len(digits) % 4)
            break
        elif byte not in b"\r\n":
            raise CorruptInput("base64", at)
    else:
        if len(digits) % 4:
            raise CorruptInput("base64", len(data) - len(digits) % 4)
    return a2b_base64(bytes(digits) + b"=" * (-len(digits) % 4))


def _check_base64_padding(data: bytes, at: int, have: int) -> None:
    """From `at`, the first `=`, there must be just what fills a group of which there are `have` digits."""
    if have < 2:
        raise CorruptInput("base64", at)
    rest = [position for position in range(at + 1, len(data)) if data[position] not in b"\r\n"]
    if have == 2:
        if not rest:
            raise CorruptInput("base64", len(data))
        second = rest.pop(0)
        if data[second] != _PAD:
            raise CorruptInput("base64", second - 1)
    if rest:
        raise CorruptInput("base64", rest[0])


def decode_base32(text: str) -> bytes:
    """encoding/base32's StdEncoding: offsets do not count line breaks, and what follows the padding is ignored.

    Raises CorruptInput.
    """
    data = utf8(text).translate(None, b"\r\n")
    digits = bytearray()
    for at, byte in enumerate(data):
        have, left = len(digits) % 8, len(data) - at - 1
        if byte == _PAD and have >= 2 and left < 8:
            wanted = 7 - have
            if left < wanted:
                raise CorruptInput("base32", len(data))
            for position in range(at + 1, at + 1 + wanted):
                if data[position] != _PAD:
                    raise CorruptInput("base32", position - 1)
            if have in (3, 6):
                raise CorruptInput("base32", at)
            break
        if byte not in _BASE32:
            raise CorruptInput("base32", at)
        digits.append(byte)
    else:
        if len(digits) % 8:
            raise CorruptInput("base32", len(data) - len(digits) % 8)
    from base64 import b32decode

    return b32decode(bytes(digits) + b"=" * (-len(digits) % 8))
