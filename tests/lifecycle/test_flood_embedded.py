"""A hook that prints 12 MB, on the embedded cluster: what is told and what waits to be told is bounded, whoever reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.kube.log_flood import BURST_BYTES
from steersman.lifecycle.event_queue import FIRST_LINES, LAST_LINES
from steersman.lifecycle.events import Event, HookFinished, HookLog
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy

from .table import release

pytestmark = pytest.mark.embedded

LINE = "one of far too many lines"
PRINTED = 12_000_000
HOOK = f"""
apiVersion: batch/v1
kind: Job
metadata:
  name: flood
  annotations: {{helm.sh/hook: pre-install}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: main
        image: busybox
        command: [sh, -c, "echo first; yes {LINE} | head -c {PRINTED}; echo; echo last"]
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: flood\nversion: 0.1.0\n")
    (tmp_path / "templates" / "hook.yaml").write_text(HOOK)
    return tmp_path


@pytest.mark.parametrize("reads", ["at once", "when all is over"])
async def test_a_hook_that_prints_far_too_much(embedded_kubeconfig: str, chart: Path, reads: str) -> None:
    async with release(embedded_kubeconfig, Policy.ROLLBACK, "flood") as client:
        operation = await client.install("flood", chart, {}, options=Options(timeout=60.0))
        if reads == "when all is over":
            await operation.finished()
        events: list[Event] = [event async for event in operation]
    told = [event for event in events if isinstance(event, HookLog)]
    assert [event.result for event in events if isinstance(event, HookFinished)] == ["Succeeded"]
    assert (told[0].line, told[-1].line) == ("first", "last")
    assert any(event.left_out for event in told)
    assert sum(event.left_out or 1 for event in told) <= PRINTED // (len(LINE) + 1) + 4
    assert sum(len(event.line) for event in told) < 2 * BURST_BYTES
    if reads == "when all is over":
        assert len(told) <= FIRST_LINES + LAST_LINES + 1
