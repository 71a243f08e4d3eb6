"""A hook whose time was up before its program had begun."""

from __future__ import annotations

from steersman.diagnose.advice import again, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts

_STARTING = ("ContainerCreating", "PodInitializing", "Pulling")


def find(facts: Facts) -> Diagnosis | None:
    if facts.run.reason not in ("Timeout", "DeadlineExceeded") or facts.logs:
        return None
    waiting = next((each for each in facts.containers if each.state == "waiting" and each.reason in _STARTING), None)
    if waiting is None or any(each.state in ("running", "terminated") and not each.init for each in facts.containers):
        return None
    return Diagnosis(
        cause="still-starting",
        confidence=Confidence.MEDIUM,
        problem=f"The time was up before the hook's program had begun: container {waiting.name} was still {waiting.reason}.",
        explanation="Its image was still being pulled (a big one, a slow registry), or a volume was still being attached.",
        evidence=(Evidence(f"Pod/{waiting.pod} container {waiting.name}", f"waiting: {waiting.reason}"),),
        fix="Give the hook longer (--timeout, steersman.dev/hook-timeout: 10m, activeDeadlineSeconds), or use a "
        "smaller image, one that the nodes "
        "have already (the application's own).",
        verify=(describe_command(facts), *again(facts)),
    )
