"""A container that runs and whose probe says no."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import ContainerFacts, Facts, containers_of
from steersman.diagnose.reading import search_said

_SAID = re.compile(
    r"(?P<probe>Readiness|Liveness|Startup) probe (?:failed|errored)(?: and resulted in error)?: (?P<why>.*)", re.DOTALL
)


def find(facts: Facts) -> Diagnosis | None:
    said = search_said(facts, _SAID)
    if said is None:
        return None
    match, evidence = said
    probe, why = match["probe"].lower(), match["why"].strip()
    effect = "is not counted as ready" if probe == "readiness" else "is restarted again and again"
    # A program that has ended answers no probe; why it ends is the cause.
    runs = probe == "readiness" and not any(not each.init and _crashed(each) for each in facts.containers)
    return Diagnosis(
        cause=f"{probe}-probe-failing",
        confidence=Confidence.HIGH if runs else Confidence.LOW if probe == "readiness" else Confidence.MEDIUM,
        problem=f"The {probe} probe of {facts.hook.kind} {facts.hook.name} fails, so that its Pod {effect}: {why}",
        explanation=_meaning(why),
        evidence=(evidence,),
        fix=f"See what the probe asks ({_probe(facts, probe) or 'httpGet, tcpSocket or exec'}): path and port must "
        f"be those that the program "
        f"serves; give a slow start more time (startupProbe, initialDelaySeconds, failureThreshold) in "
        f"{facts.hook.path or 'the template'}.",
        verify=(describe_command(facts), *again(facts)),
        depth=2 if runs else 1,
    )


def _crashed(container: ContainerFacts) -> bool:
    return container.state == "terminated" or "CrashLoopBackOff" in container.reason


def _meaning(why: str) -> str:
    if "connection refused" in why:
        return "Nothing listens on that port yet: the program is still starting, listens on another port, or on 127.0.0.1 only."
    if match := re.search(r"statuscode: (\d+)", why):
        return f"The program answers with HTTP {match[1]}: " + (
            "a wrong path."
            if match[1] == "404"
            else "it says of itself that it is not ready (a server that it needs?)."
        )
    if "deadline exceeded" in why or "timeout" in why.lower():
        return "The program did not answer within timeoutSeconds."
    return "The command of the probe, run in the container, reports failure."


def _probe(facts: Facts, probe: str) -> str:
    for container in containers_of(facts.hook.spec):
        for how in ("httpGet", "tcpSocket", "exec", "grpc"):
            if found := (container.get(f"{probe}Probe") or {}).get(how):
                asked = {key: value for key, value in found.items() if key in ("path", "port", "command")}
                return f"{how} {asked}"
    return ""
