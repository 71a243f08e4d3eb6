"""A hook that waits for a server which cannot come: its loop names the server, and the cluster says why it is not there."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again, change, closest_service, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts, ServiceFacts, containers_of
from steersman.diagnose.reading import waited_in_vain
from steersman.diagnose.targets import Target, targets

_LOCAL = re.compile(r"localhost|127\.[\d.]+|0\.0\.0\.0")


def find(facts: Facts) -> Diagnosis | None:
    if not facts.services or not waited_in_vain(facts):
        return None
    return next((found for target in targets(facts) if (found := _absent(facts, target)) is not None), None)


def _absent(facts: Facts, target: Target) -> Diagnosis | None:
    if _LOCAL.fullmatch(target.host):
        if len(containers_of(facts.hook.spec)) > 1:
            return None  # the server may be the other container
        why = f"{target.host} inside a Pod is the Pod itself, not the node and not another Pod."
        fix = change(facts, target.host, "SERVICE.NAMESPACE")
        return _diagnosis(facts, target, "connection-refused", why, fix, "kubectl get services --all-namespaces")
    service = facts.service(target.host)
    if service is not None:
        return _does_not_answer(facts, target, service)
    if target.host.count(".") > 1 and not target.host.endswith(".svc.cluster.local"):
        return None  # a name outside the cluster: not ours to say
    other = closest_service(facts, target.host)
    if other is None:
        why, fix = (
            f"No Service {target.host} is in namespace {facts.namespace}, nor one that is called alike elsewhere.",
            "Give the hook a name that exists: SERVICE for one in its own namespace, SERVICE.NAMESPACE for one in another.",
        )
    else:
        why = (
            f"No Service {target.host} is in namespace {facts.namespace}; the closest one that exists is {other.host}."
        )
        fix = change(facts, target.host, other.name if other.namespace == facts.namespace else other.host)
    return _diagnosis(facts, target, "name-not-resolved", why, fix, "kubectl get services --all-namespaces")


def _does_not_answer(facts: Facts, target: Target, service: ServiceFacts) -> Diagnosis | None:
    look = f"kubectl -n {service.namespace} get service,endpoints {service.name}"
    if target.port and service.ports and int(target.port) not in service.ports:
        why = f"The Service {service.host} has no port {target.port}, only {', '.join(map(str, service.ports))}."
        return _diagnosis(
            facts, target, "connection-refused", why, change(facts, target.port, str(service.ports[0])), look
        )
    if service.endpoints == 0:
        why = f"The Service {service.host} exists, but no ready Pod stands behind it."
        if facts.hook.event.startswith("pre-"):
            why += f" A {facts.hook.event} hook runs before the release's own resources are created or changed."
        fix = (
            "Get the Pods behind the Service ready first; if they are part of this very release, make the hook a "
            "post-install/post-upgrade one."
        )
        return _diagnosis(facts, target, "connection-refused", why, fix, look)
    return None


def _diagnosis(facts: Facts, target: Target, cause: str, why: str, fix: str, look: str) -> Diagnosis:
    last = max((number for number, line in enumerate(facts.logs) if line.strip()), default=-1)
    evidence = [Evidence("script", f"{target.program} … {target}")]
    if last >= 0:
        evidence.append(Evidence("log", facts.logs[last].strip()))
    return Diagnosis(
        cause=cause,
        confidence=Confidence.MEDIUM,
        problem=f"The hook's script asks {target}, and nothing answers there.",
        explanation=why,
        evidence=tuple(evidence),
        fix=f"{fix}\nLet the script give up after a while, and say for what it waited.",
        verify=(describe_command(facts), look, *again(facts)),
        line=last,
    )
