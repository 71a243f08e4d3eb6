"""Sessions of kubectl, played and compared with their transcripts: on the embedded cluster, and on a real one where there is one.

`python -m tests.cluster.transcripts NAME…` writes the transcripts anew.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from steersman.cluster.local import local_cluster

from .transcripts import SESSIONS, Place, Step, differences, play, read

pytestmark = pytest.mark.oracle

QUICK = ("changes", "kinds", "reading", "rollouts", "waiting")
NEEDS_A_NODE = ("running",)


def test_every_transcript_is_played() -> None:
    assert sorted(path.stem for path in SESSIONS.glob("*.txt")) == sorted(QUICK + NEEDS_A_NODE)


@pytest.mark.parametrize("name", [*QUICK, *NEEDS_A_NODE])
async def test_the_embedded_cluster_says_what_is_written(name: str, oracle: Path, tmp_path: Path) -> None:
    steps = read(SESSIONS / f"{name}.txt")
    async with local_cluster() as cluster:
        if name in NEEDS_A_NODE and cluster.objects.get("nodes", "steersman")["spec"].get("taints"):
            pytest.skip("no sandbox on this machine")
        check(steps, [step.new for step in steps], await played(steps, cluster.kubeconfig, oracle, tmp_path))


@pytest.mark.kube
@pytest.mark.xdist_group("kinds")
@pytest.mark.parametrize("name", [*QUICK, *NEEDS_A_NODE])
async def test_so_does_kubernetes(name: str, oracle: Path, tmp_path: Path, real_kubeconfig: str) -> None:
    theirs = Path(real_kubeconfig)
    steps = read(SESSIONS / f"{name}.txt")
    probe = Place(theirs, oracle, "default", tmp_path / "probe")
    if name in NEEDS_A_NODE and await probe.run("kubectl get nodes -o name") == []:
        pytest.skip("the real Kubernetes has no node")
    check(steps, [step.old for step in steps], await played(steps, theirs, oracle, tmp_path))


async def played(steps: list[Step], kubeconfig: Path, oracle: Path, home: Path) -> list[list[str]]:
    place = Place(kubeconfig, oracle, f"session-{uuid.uuid4().hex[:8]}", home / "home")
    await place.begin()
    try:
        return await play(steps, place)
    finally:
        await place.end()


def check(steps: list[Step], wanted: list[list[str]], found: list[list[str]]) -> None:
    problems = [
        f"$ {step.command}\n{text}"
        for step, lines, got in zip(steps, wanted, found, strict=True)
        if (text := differences(got, lines))
    ]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
