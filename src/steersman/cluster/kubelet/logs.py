"""Reading containers' logs: whole, from the end, since a time, and as they grow."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from steersman.cluster.runtimes.interface import Ended

_RECORD = re.compile(rb"(\S+) (?:stdout|stderr) ([FP])(?: (.*))?$", re.DOTALL)
_CHUNK = 256 * 1024


class LogTail:
    """One log file, read in order across its being turned over (`FILE.1` holds what came before)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._inode = 0
        self._rest = b""

    def existing(self) -> Iterator[bytes]:
        """All records written so far, oldest first."""
        older = self._path.with_name(self._path.name + ".1")
        if older.exists():
            with older.open("rb") as file:
                yield from (line.rstrip(b"\n") for line in file)
        yield from self.fresh()

    def fresh(self) -> Iterator[bytes]:
        """The records added since the last call."""
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            inode = self._path.stat().st_ino
            if inode != self._inode:
                self._inode, self._position = inode, 0
            file.seek(self._position)
            while data := file.read(_CHUNK):
                self._position += len(data)
                *lines, self._rest = (self._rest + data).split(b"\n")
                yield from lines


def _render(records: Iterator[bytes], *, timestamps: bool, since: datetime | None) -> Iterator[bytes]:
    """The container's own bytes; pieces of one long line are joined again."""
    earliest = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").encode() if since else b""
    inside = False
    for record in records:
        match = _RECORD.match(record)
        if match is None:
            continue
        stamp, kind, text = match.groups()
        if earliest and stamp < earliest:
            continue
        head = stamp + b" " if timestamps and not inside else b""
        yield head + (text or b"") + (b"\n" if kind == b"F" else b"")
        inside = kind == b"P"


async def read(
    path: Path,
    *,
    timestamps: bool,
    since: datetime | None,
    tail: int | None,
    limit: int | None,
    grew: asyncio.Event | None,
    ended: asyncio.Future[Ended] | None,
) -> AsyncIterator[bytes]:
    """The log's bytes. With `grew` and `ended` it is followed: `grew` is set whenever there is more, until `ended` is done."""
    left = limit
    log = LogTail(path)
    lines = _render(log.existing(), timestamps=timestamps, since=since)
    if tail is not None:
        lines = iter(deque(lines, maxlen=tail))
    while True:
        for chunk in _joined(lines):
            piece = chunk if left is None else chunk[:left]
            if piece:
                yield piece
            if left is not None:
                left -= len(piece)
                if left <= 0:
                    return
        if grew is None or ended is None:
            return
        done = ended.done()
        if not done:
            waiting = asyncio.ensure_future(grew.wait())
            both: set[asyncio.Future[Any]] = {waiting, ended}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            grew.clear()
        lines = _render(log.fresh(), timestamps=timestamps, since=None)
        if done:
            for chunk in _joined(lines):
                yield chunk
            return


def _joined(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Many small lines as few larger chunks."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if size > 64 * 1024:
            yield b"".join(batch)
            batch, size = [], 0
    if batch:
        yield b"".join(batch)
