"""A rehearsal that is looked at, and one that is interrupted: nothing is left running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .charts import CONFIG, job
from .test_command import write_chart

pytestmark = pytest.mark.embedded


def started(tmp_path: Path, script: str, *options: str) -> subprocess.Popen[str]:
    new = write_chart(tmp_path / "new", CONFIG, job("work", "pre-upgrade", script))
    old = write_chart(tmp_path / "old", CONFIG)
    command = [sys.executable, "-m", "steersman", "rehearse", "upgrade", "shop", new, "--from", old, *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
    )


def heard(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    line = next((line for line in process.stderr if words in line), "")
    assert line, "the rehearsal ended without saying so"
    return line


def test_what_does_not_hold_stays_until_ctrl_c_and_is_told_then(tmp_path: Path, kubectl: Path) -> None:
    process = started(tmp_path, "echo no such table; exit 3", "--keep")
    kubeconfig = Path(heard(process, "stays until Ctrl-C").rpartition("=")[2].strip())
    jobs = [str(kubectl), f"--kubeconfig={kubeconfig}", "get", "jobs", "-o", "name"]
    assert subprocess.run(jobs, capture_output=True, text=True, check=True).stdout == "job.batch/work\n"
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.search(r"work +pre-upgrade +runs +BROKEN", printed)
    assert not kubeconfig.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process = started(tmp_path, "sleep 1000")
    heard(process, "undisturbed")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert not list(tmp_path.glob("steersman-cluster-*"))
