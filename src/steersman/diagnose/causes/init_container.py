"""An init container that never ends: what the hook waits for does not come."""

from __future__ import annotations

from steersman.diagnose.advice import again, log_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts


def find(facts: Facts) -> Diagnosis | None:
    sidecars = {
        each.get("name")
        for each in facts.hook.spec.get("initContainers") or []
        if each.get("restartPolicy") == "Always"
    }
    waiting = next(
        (each for each in facts.containers if each.init and each.state == "running" and each.name not in sidecars), None
    )
    behind = any(not each.init and each.state == "waiting" for each in facts.containers)
    if waiting is None or not behind or facts.run.reason not in ("Timeout", "DeadlineExceeded"):
        return None
    last = next((line.strip() for line in reversed(facts.logs) if line.strip()), "")
    return Diagnosis(
        cause="init-container-waits",
        confidence=Confidence.MEDIUM,
        problem=f"The init container {waiting.name} had not ended when the time was up; the hook's own program never began.",
        explanation=f'It waits for something that does not come. Its last line: "{last}"'
        if last
        else "It printed nothing.",
        evidence=(Evidence(f"Pod/{waiting.pod} init container {waiting.name}", "running"),),
        fix="See what it waits for: a server of this very release is not there yet in a pre hook (make it a post "
        "hook), or the name is wrong.",
        verify=(log_command(facts), *again(facts)),
        line=max((number for number, line in enumerate(facts.logs) if line.strip()), default=-1),
    )
