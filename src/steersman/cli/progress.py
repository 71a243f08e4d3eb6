"""What is shown of a download that takes long: one line that changes on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time

from steersman.chart.repo.slow import on_slow

# Seconds between two lines of one download where lines stay.
BETWEEN = 10.0


def show_slow_downloads() -> None:
    """From now on, on stderr."""
    on_slow(Downloads())


class Downloads:
    """Tells of downloads under way."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def under_way(self, url: str, size: int, total: int) -> None:
        now = time.monotonic()
        terminal = sys.stderr.isatty()
        if not terminal and now - self._last.get(url, -BETWEEN) < BETWEEN:
            return
        self._last[url] = now
        come = f": {_megabytes(size)}{f' of {_megabytes(total)}' if total else ''} MB" if size else " …"
        text = f"downloading {without_credentials(url)}{come}"
        print(f"\r\x1b[K{text}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def ended(self, url: str) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}"


def without_credentials(url: str) -> str:
    """The URL as it may be shown: without a password, and without a query, where signed URLs have theirs."""
    scheme, separator, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
