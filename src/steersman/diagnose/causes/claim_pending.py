"""A claim that is there and not bound."""

from __future__ import annotations

from dataclasses import replace

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.said_rule import said_rule

_RULE = said_rule(
    "claim-unbound",
    r"unbound immediate PersistentVolumeClaims|volume node affinity conflict|ProvisioningFailed: (?P<why>.*)"
    r'|storageclass\S* "(?P<name>[^"]+)" not found|no persistent volumes available',
    problem="A PersistentVolumeClaim of the hook's Pod is not bound. {why}",
    explanation="No volume fits it, or its StorageClass {name} does not exist.",
    fix="Name an existing storageClassName in the claim (`kubectl get storageclass`), or leave it out to get the default one.",
    verify=("kubectl get storageclass", "kubectl -n {namespace} describe pvc"),
)


def find(facts: Facts) -> Diagnosis | None:
    found = _RULE(facts)
    if found is not None and facts.hook.kind == "PersistentVolumeClaim":
        return replace(
            found, problem=f"PersistentVolumeClaim {facts.hook.name} is not bound: {found.evidence[0].quote}"
        )
    return found
