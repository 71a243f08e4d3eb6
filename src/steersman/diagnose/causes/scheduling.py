"""A Pod for which no node is right."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "unschedulable",
    # A claim that is not there or not bound is a cause of its own.
    r"(?P<why>\d+/\d+ nodes are available: (?!.*(?i:persistentvolumeclaim)).*)|no nodes available to schedule pods"
    r"|Unschedulable: (?!.*(?i:persistentvolumeclaim))(?P<other>.*)",
    problem="No node can take the hook's Pod.",
    explanation="The scheduler says: {why}{other}",
    fix="Ask for less (resources.requests), correct nodeSelector, affinity or tolerations in {path}, or add a node; "
    "an unbound claim must be bound first.",
    verify=("kubectl get nodes --show-labels", "kubectl -n {namespace} get pvc"),
)
