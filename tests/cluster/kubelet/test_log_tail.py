"""A log is read in order across its being turned over, and takes no more than two files on the disk."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from steersman.cluster.agent import logs as agent_logs
from steersman.cluster.agent.logs import LogFile
from steersman.cluster.kubelet.logs import LogTail, read
from steersman.cluster.runtimes.interface import Ended

MAXIMUM = 10_000


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LogFile, Path]:
    monkeypatch.setattr(agent_logs, "MAXIMUM", MAXIMUM)
    path = tmp_path / "0.log"
    return LogFile(str(path)), path


def numbers(records: list[bytes]) -> list[int]:
    return [int(record.rsplit(b" ", 1)[1]) for record in records]


@pytest.mark.parametrize("lag", [1, 7, 60])
def test_nothing_is_lost_by_who_keeps_up(written: tuple[LogFile, Path], lag: int) -> None:
    file, path = written
    seen: list[bytes] = []
    with closing(file), closing(LogTail(path)) as tail:
        seen += tail.existing()
        for number in range(1000):
            file.write("stdout", b"%d\n" % number)
            if number % lag == 0:
                seen += tail.fresh()
        seen += tail.fresh()
    assert path.with_name("0.log.1").exists()
    assert numbers(seen) == list(range(1000))


def test_who_does_not_misses_whole_files_and_gets_the_end(written: tuple[LogFile, Path]) -> None:
    file, path = written
    with closing(file), closing(LogTail(path)) as tail:
        file.write("stdout", b"0\n")
        seen = [*tail.existing()]
        for number in range(1, 5000):
            file.write("stdout", b"%d\n" % number)
        seen += tail.fresh()
    found = numbers(seen)
    assert found == sorted(set(found))
    assert (found[0], found[-1]) == (0, 4999)
    assert sum(each.stat().st_size for each in path.parent.iterdir()) <= 2 * MAXIMUM


RECORDS = (
    b"2026-11-22T09:15:01.000000000Z stdout F one\n",
    b"2026-11-22T09:15:02.000000000Z stdout P lo\n",
    b"2026-11-22T09:15:03.000000000Z stdout P ng\n",
    b"2026-11-22T09:15:04.000000000Z stdout F er\n",
    b"2026-11-22T09:15:05.000000000Z stdout F two\n",
)


def append(path: Path, *records: bytes) -> None:
    with path.open("ab") as file:
        file.writelines(records)


async def followed(path: Path, known: int, *, timestamps: bool = False, limit: int | None = None) -> str:
    """What somebody reads who follows the log from its first `known` records on, the others coming one by one."""
    append(path, *RECORDS[:known])
    grew, ended = asyncio.Event(), asyncio.get_running_loop().create_future()
    found = b""
    reading = read(path, timestamps=timestamps, since=None, tail=None, limit=limit, grew=grew, ended=ended)
    for record in RECORDS[known:]:
        found += await anext(reading, b"")
        append(path, record)
        grew.set()
    ended.set_result(Ended(0))
    return (found + b"".join([chunk async for chunk in reading])).decode()


@pytest.mark.parametrize("known", range(1, len(RECORDS) + 1))
async def test_the_pieces_of_a_long_line_are_one_line_whenever_they_come(tmp_path: Path, known: int) -> None:
    assert await followed(tmp_path / "whole", known) == "one\nlonger\ntwo\n"
    assert await followed(tmp_path / "timed", known, timestamps=True) == (
        "2026-11-22T09:15:01.000000000Z one\n2026-11-22T09:15:02.000000000Z longer\n2026-11-22T09:15:05.000000000Z two\n"
    )
    assert await followed(tmp_path / "cut", known, limit=6) == "one\nlo"


@pytest.mark.parametrize(
    ("tail", "since", "expected"),
    [
        (1, None, "2026-11-22T09:15:05.000000000Z two\n"),
        (2, None, "2026-11-22T09:15:04.000000000Z er\n2026-11-22T09:15:05.000000000Z two\n"),
        (None, 3, "2026-11-22T09:15:03.000000000Z nger\n2026-11-22T09:15:05.000000000Z two\n"),
        (2, 5, "2026-11-22T09:15:05.000000000Z two\n"),
        (1, 6, ""),
    ],
)
async def test_the_end_of_a_log(tmp_path: Path, tail: int | None, since: int | None, expected: str) -> None:
    """Records are counted, and then looked at for their time, as the kubelet does."""
    path = tmp_path / "log"
    append(path, *RECORDS)
    earliest = datetime(2026, 11, 22, 9, 15, since, tzinfo=UTC) if since else None
    reading = read(path, timestamps=True, since=earliest, tail=tail, limit=None, grew=None, ended=None)
    assert b"".join([chunk async for chunk in reading]).decode() == expected
