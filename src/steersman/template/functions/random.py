"""What differs each time: random text, numbers, bytes and UUIDs, from the system's source of randomness."""

from __future__ import annotations

import os
from binascii import b2a_base64

from steersman.template.functions.bounds import MAX_TEXT, bounded
from steersman.template.functions.registry import FunctionError, function
from steersman.template.functions.unicode import runes

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_PRINTABLE = "".join(map(chr, range(32, 127)))


def _text(count: int, alphabet: str) -> str:
    bounded("bytes", count, MAX_TEXT)
    return "".join(alphabet[below(len(alphabet))] for _ in range(count))


def below(limit: int) -> int:
    """A number from 0 to below `limit`, each as likely. (The standard library's secrets takes long to import.)"""
    size = (limit.bit_length() + 7) // 8
    fair = (1 << 8 * size) // limit * limit
    while (number := int.from_bytes(os.urandom(size), "big")) >= fair:
        pass
    return number % limit


@function("randAlphaNum", "int", "string")
def rand_alpha_num(count: int) -> str:
    return _text(count, _LETTERS + _DIGITS)


@function("randAlpha", "int", "string")
def rand_alpha(count: int) -> str:
    return _text(count, _LETTERS)


@function("randNumeric", "int", "string")
def rand_numeric(count: int) -> str:
    return _text(count, _DIGITS)


@function("randAscii", "int", "string")
def rand_ascii(count: int) -> str:
    return _text(count, _PRINTABLE)


@function("randBytes", "int", "string")
def rand_bytes(count: int) -> str:
    """`count` random bytes in base64."""
    if count < 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    bounded("bytes", count, MAX_TEXT)
    return b2a_base64(os.urandom(count), newline=False).decode("ascii")


@function("randInt", "int, int", "int")
def rand_int(low: int, high: int) -> int:
    """A number from `low` to below `high`."""
    if high <= low:
        raise FunctionError("invalid argument to Intn")
    return low + below(high - low)


@function("shuffle", "string", "string")
def shuffle(text: str) -> str:
    letters = list(runes(text))
    for last in range(len(letters) - 1, 0, -1):
        other = below(last + 1)
        letters[last], letters[other] = letters[other], letters[last]
    return "".join(letters)


@function("uuidv4", "", "string")
def uuidv4() -> str:
    from uuid import uuid4

    return str(uuid4())
