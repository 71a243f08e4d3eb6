"""A program that somebody told to end (SIGTERM)."""

from __future__ import annotations

from steersman.diagnose.advice import again, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import RUN_ON, Facts
from steersman.diagnose.reading import exit_code


def find(facts: Facts) -> Diagnosis | None:
    code = exit_code(facts)
    last = next((line.strip() for line in reversed(facts.logs) if line.strip()), "")
    if facts.hook.kind in RUN_ON or (code != 143 and last != "Terminated") or not code:
        return None
    return Diagnosis(
        cause="terminated",
        confidence=Confidence.MEDIUM,
        problem="The hook's program was told to end (SIGTERM) before it was done.",
        explanation="Kubernetes ends a Pod like this when it is deleted: its Job ran out of time or was deleted, its node was "
        "drained, or a liveness probe failed. A script may also have ended it itself (timeout, kill).",
        evidence=(Evidence("exit code", str(code)), *((Evidence("log", last),) if last else ())),
        fix="See who ended it (events of the Pod, activeDeadlineSeconds, --timeout); give it longer, or make it quicker.",
        verify=(describe_command(facts), *again(facts)),
        depth=1,
    )
