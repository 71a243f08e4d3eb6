"""Checksums of text, in hexadecimal."""

from __future__ import annotations

import zlib

from steersman.digest import sha256_hex
from steersman.template.functions.registry import function
from steersman.template.values import utf8


@function("sha1sum", "string", "string")
def sha1sum(text: str) -> str:
    import hashlib

    return hashlib.sha1(utf8(text), usedforsecurity=False).hexdigest()


@function("sha256sum", "string", "string")
def sha256sum(text: str) -> str:
    return sha256_hex(utf8(text))


@function("sha512sum", "string", "string")
def sha512sum(text: str) -> str:
    import hashlib

    return hashlib.sha512(utf8(text)).hexdigest()


@function("adler32sum", "string", "string")
def adler32sum(text: str) -> str:
    """The checksum in decimal, unlike the others."""
    return str(zlib.adler32(utf8(text)))
