"""A volume that cannot be attached or mounted."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "volume-mount",
    # What is missing (a Secret, a ConfigMap, a key) is a cause of its own.
    r"\b(?:FailedMount|FailedAttachVolume|FailedMapVolume): (?!.*(?:not found|non-existent))(?P<why>.*)",
    problem="A volume of the hook's Pod cannot be mounted: {why}",
    explanation="It is still attached to another node (ReadWriteOnce), its storage does not answer, its driver is "
    "not on the node, or subPath "
    "or hostPath name what is not there.",
    fix="Free the volume (the application's Pod may hold it: use ReadWriteMany, or run on its node), or correct the "
    "volume in {path}.",
    verify=(
        "kubectl -n {namespace} get pvc,volumeattachments",
        "kubectl -n {namespace} get events --field-selector type=Warning",
    ),
)
