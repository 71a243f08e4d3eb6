"""A program that ends again and again where it should go on running."""

from __future__ import annotations

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import RUN_ON, Facts


def find(facts: Facts) -> Diagnosis | None:
    ended = (
        each for each in facts.containers if facts.hook.kind in RUN_ON and not each.init and each.state == "terminated"
    )
    crashed = next((each for each in facts.containers if "CrashLoopBackOff" in each.reason), None) or next(ended, None)
    if crashed is None:
        return None
    last = [Evidence("log", line.strip()) for line in facts.logs if line.strip()][-3:]
    code = f" with exit code {crashed.exit_code}" if crashed.exit_code is not None else ""
    return Diagnosis(
        cause="crash-loop",
        confidence=Confidence.MEDIUM,
        problem=f"The program of container {crashed.name} in Pod {crashed.pod} ends{code} whenever it is started "
        f"({crashed.restarts} restarts).",
        explanation="Its last lines are the best there is to go by."
        if last
        else "It prints nothing. With exit code 0 it has simply ended: a workload's program must go on running.",
        evidence=(
            Evidence(f"Pod/{crashed.pod} container {crashed.name}", f"{crashed.reason} {crashed.message}".strip()),
            *last,
        ),
        fix="Correct what the last lines name (configuration, a server that it needs, a missing variable).",
        verify=(f"kubectl -n {facts.namespace} logs {crashed.pod} -c {crashed.name} --previous", *again(facts)),
        depth=1,
    )
