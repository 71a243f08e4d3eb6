"""Digests that name what caches keep. BLAKE2, without the start-up time of the library that OpenSSL comes with."""

from __future__ import annotations

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter without CPython's own module
    from hashlib import blake2b

SIZE = 24


def digest(data: bytes) -> bytes:
    """SIZE bytes that no other data has."""
    return bytes(blake2b(data, digest_size=SIZE).digest())
