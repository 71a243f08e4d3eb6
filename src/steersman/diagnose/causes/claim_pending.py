"""A claim that is there and not bound."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "claim-unbound",
    r'unbound immediate PersistentVolumeClaims|storageclass\S* "(?P<name>[^"]+)" not found|no persistent volumes available',
    problem="A PersistentVolumeClaim of the hook's Pod is not bound.",
    explanation="No volume fits it, or its StorageClass {name} does not exist.",
    fix="Name an existing storageClassName in the claim (`kubectl get storageclass`), or leave it out to get the default one.",
    verify=("kubectl get storageclass", "kubectl -n {namespace} describe pvc"),
)
