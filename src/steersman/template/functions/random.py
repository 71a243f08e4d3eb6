"""What differs each time: random text, numbers, bytes and UUIDs, from the system's source of randomness."""

from __future__ import annotations

import base64
import secrets
import string
import uuid

from steersman.template.functions.bounds import MAX_TEXT, bounded
from steersman.template.functions.registry import FunctionError, function
from steersman.template.functions.unicode import runes

_PRINTABLE = "".join(map(chr, range(32, 127)))


def _text(count: int, alphabet: str) -> str:
    bounded("bytes", count, MAX_TEXT)
    return "".join(secrets.choice(alphabet) for _ in range(count))


@function("randAlphaNum", "int", "string")
def rand_alpha_num(count: int) -> str:
    return _text(count, string.ascii_letters + string.digits)


@function("randAlpha", "int", "string")
def rand_alpha(count: int) -> str:
    return _text(count, string.ascii_letters)


@function("randNumeric", "int", "string")
def rand_numeric(count: int) -> str:
    return _text(count, string.digits)


@function("randAscii", "int", "string")
def rand_ascii(count: int) -> str:
    return _text(count, _PRINTABLE)


@function("randBytes", "int", "string")
def rand_bytes(count: int) -> str:
    """`count` random bytes in base64."""
    if count < 0:
        raise FunctionError("runtime error: makeslice: len out of range")
    bounded("bytes", count, MAX_TEXT)
    return base64.b64encode(secrets.token_bytes(count)).decode("ascii")


@function("randInt", "int, int", "int")
def rand_int(low: int, high: int) -> int:
    """A number from `low` to below `high`."""
    if high <= low:
        raise FunctionError("invalid argument to Intn")
    return low + secrets.randbelow(high - low)


@function("shuffle", "string", "string")
def shuffle(text: str) -> str:
    letters = list(runes(text))
    for last in range(len(letters) - 1, 0, -1):
        other = secrets.randbelow(last + 1)
        letters[last], letters[other] = letters[other], letters[last]
    return "".join(letters)


@function("uuidv4", "", "string")
def uuidv4() -> str:
    return str(uuid.uuid4())
