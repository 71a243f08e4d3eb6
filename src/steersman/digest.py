"""Digests, from CPython's own modules: without the start-up time of the library that OpenSSL comes with."""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter without CPython's own module
    from hashlib import blake2b

try:
    from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found,no-redef,unused-ignore]  # before Python 3.12
    except ImportError:
        from hashlib import sha256

SIZE = 24


def digest(data: bytes) -> bytes:
    """SIZE bytes that no other data has (BLAKE2): names for what caches keep."""
    return bytes(blake2b(data, digest_size=SIZE).digest())


def sha256_hex(data: bytes) -> str:
    """The SHA-256 digest in hexadecimal."""
    return str(sha256(data).hexdigest())
