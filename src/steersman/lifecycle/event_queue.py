"""The events of an action on their way to who reads them: every event, but of the hooks' log lines no more than fit.

The action must not wait for its reader: a hook goes on, and a lease is renewed, whether anybody looks or not. So what a slow
reader has not taken yet is bounded here: the first and the last lines that wait are kept, and one in between says how many were
left out.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque

from steersman.kube.log_flood import LeftOut
from steersman.lifecycle.events import Event, HookLog

FIRST_LINES = 4000
LAST_LINES = 1000
# A line has at most 64 KiB (`kube.logs`), but lines of that length are as unreadable as many.
MOST_BYTES = 4 * 1024 * 1024


class EventQueue:
    """For one reader. `FIRST_LINES` lines wait in order, behind them `LAST_LINES`, each at most `MOST_BYTES` in sum; whatever is
    no line waits as long as it must."""

    def __init__(self) -> None:
        self._first: deque[Event | None] = deque()
        self._first_lines = self._first_bytes = 0
        self._last: deque[HookLog] = deque()
        self._last_bytes = 0
        self._left_out: Counter[tuple[str, str, str, str]] = Counter()
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._first) + len(self._last)

    def put(self, event: Event | None) -> None:
        """Add an event, or None for the end."""
        if isinstance(event, HookLog):
            self._put_line(event)
        else:
            self._close_gap()
            self._first.append(event)
        self._news.set()

    async def get(self) -> Event | None:
        """The next event; None at the end."""
        while not self._first:
            self._close_gap()
            if not self._first:
                self._news.clear()
                await self._news.wait()
        event = self._first.popleft()
        if isinstance(event, HookLog):
            self._first_lines -= 1
            self._first_bytes -= len(event.line)
        return event

    def _put_line(self, line: HookLog) -> None:
        fits = self._first_lines < FIRST_LINES and self._first_bytes < MOST_BYTES
        if fits and not self._last:
            self._add_first(line)
            return
        self._last.append(line)
        self._last_bytes += len(line.line)
        while len(self._last) > LAST_LINES or self._last_bytes > MOST_BYTES:
            oldest = self._last.popleft()
            self._last_bytes -= len(oldest.line)
            self._left_out[oldest.step, oldest.hook, oldest.pod, oldest.container] += oldest.left_out or 1

    def _close_gap(self) -> None:
        for (step, hook, pod, container), lines in self._left_out.items():
            text = str(LeftOut(lines))
            self._add_first(HookLog(step=step, hook=hook, pod=pod, container=container, line=text, left_out=lines))
        for line in self._last:
            self._add_first(line)
        self._last.clear()
        self._left_out.clear()
        self._last_bytes = 0

    def _add_first(self, line: HookLog) -> None:
        self._first.append(line)
        self._first_lines += 1
        self._first_bytes += len(line.line)
