"""Reading containers' logs: whole, from the end, since a time, and as they grow."""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from steersman.cluster.runtimes.interface import Ended

_RECORD = re.compile(rb"(\S+) (?:stdout|stderr) ([FP])(?: (.*))?$", re.DOTALL)
_CHUNK = 256 * 1024


class LogTail:
    """One log file, read in order across its being turned over (`FILE.1` holds what came before).

    The file being read is held open: a turnover takes nothing away from a reader that is less than two files behind. One that is
    further behind misses what was thrown away meanwhile, as with a kubelet's rotated logs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._older = path.with_name(path.name + ".1")
        self._file: BinaryIO | None = None
        self._rest = b""

    def existing(self) -> Iterator[bytes]:
        """All records written so far, oldest first."""
        self._open(self._older)
        yield from self.fresh()

    def fresh(self) -> Iterator[bytes]:
        """The records added since the last call."""
        while True:
            # Looked up before the rest is read: what is written after a turnover is in the next file.
            following = self._following()
            yield from self._unread()
            if following is None:
                return
            self._open(following)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _following(self) -> Path | None:
        """The file that comes after the one that is open, where that one will not grow any more."""
        current, older = _inode(self._path), _inode(self._older)
        if self._file is None:
            return self._path if current else None
        here = os.fstat(self._file.fileno()).st_ino
        if not current or here == current:
            return None
        return self._path if here == older or not older else self._older

    def _open(self, path: Path) -> None:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        self.close()
        self._file, self._rest = file, b""

    def _unread(self) -> Iterator[bytes]:
        while self._file is not None and (data := self._file.read(_CHUNK)):
            *lines, self._rest = (self._rest + data).split(b"\n")
            yield from lines


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


class _Rendering:
    """Records as the container's own bytes. Whether it is in a long line, whose pieces it joins, it knows from call to call."""

    def __init__(self, *, timestamps: bool, since: datetime | None) -> None:
        self._timestamps = timestamps
        self._earliest = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").encode() if since else b""
        self._inside = False

    def __call__(self, records: Iterator[bytes]) -> Iterator[bytes]:
        """Pieces of one line are joined; only the first gets a time."""
        for record in records:
            match = _RECORD.match(record)
            if match is None:
                continue
            stamp, kind, text = match.groups()
            if self._earliest and stamp < self._earliest:
                continue
            head = stamp + b" " if self._timestamps and not self._inside else b""
            self._inside = kind == b"P"
            yield head + (text or b"") + (b"" if self._inside else b"\n")


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
    render = _Rendering(timestamps=timestamps, since=since)
    with closing(LogTail(path)) as log:
        records = log.existing()
        if tail is not None:  # of records, as the kubelet counts, and before it looks at their times
            records = iter(deque(records, maxlen=tail))
        done = grew is None or ended is None
        while True:
            for chunk in _joined(render(records)):
                piece = chunk if left is None else chunk[:left]
                if piece:
                    yield piece
                if left is not None:
                    left -= len(piece)
                    if left <= 0:
                        return
            if done or grew is None or ended is None:
                return
            done = ended.done()
            if not done:
                waiting = asyncio.ensure_future(grew.wait())
                both: set[asyncio.Future[Any]] = {waiting, ended}
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                grew.clear()
            records = log.fresh()


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
