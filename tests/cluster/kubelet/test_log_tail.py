"""A log is read in order across its being turned over, and takes no more than two files on the disk."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from steersman.cluster.agent import logs as agent_logs
from steersman.cluster.agent.logs import LogFile
from steersman.cluster.kubelet.logs import LogTail

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
