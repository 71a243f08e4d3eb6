"""Telling of transfers that take long: a server that lets one wait, a large index or chart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

SECONDS = 1.0


class Teller(Protocol):
    """Who tells of a transfer that takes longer than a second."""

    def under_way(self, url: str, size: int, total: int) -> None:
        """So many bytes have come, of so many (0 where unknown). Called again and again, in any thread."""
        ...

    def ended(self, url: str) -> None: ...


_tellers: list[Teller] = []


def on_slow(teller: Teller) -> None:
    """Let `teller` know, instead of whoever did before."""
    _tellers[:] = [teller]


class Transfer:
    """One transfer under way."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.size = self.total = 0
        self.was_told = False
        self._told = time.monotonic()

    def got(self, size: int) -> None:
        """So many more bytes have come."""
        self.size += size
        if time.monotonic() - self._told >= SECONDS:
            self.tell()

    def tell(self) -> None:
        self._told = time.monotonic()
        self.was_told = True
        for teller in _tellers:
            teller.under_way(self.url, self.size, self.total)


@contextmanager
def transfer(url: str) -> Iterator[Transfer]:
    """Watch over a transfer: the first word comes after a second, whether anything has come by then or not."""
    watched = Transfer(url)
    if not _tellers:
        yield watched
        return
    import threading

    timer = threading.Timer(SECONDS, watched.tell)
    timer.daemon = True
    timer.start()
    try:
        yield watched
    finally:
        timer.cancel()
        if watched.was_told:
            for teller in _tellers:
                teller.ended(url)
