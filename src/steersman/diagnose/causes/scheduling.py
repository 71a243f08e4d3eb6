"""A Pod for which no node is right."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "unschedulable",
    # A claim that is not there or not bound is a cause of its own.
    r"(?P<why>\d+/\d+ nodes are available: (?!.*(?i:persistentvolumeclaim|volume node affinity)).*)|no nodes "
    r"available to schedule pods"
    r"|Unschedulable: (?!.*(?i:persistentvolumeclaim|volume node affinity))(?P<other>.*)",
    problem="No node can take the hook's Pod.",
    explanation="The scheduler says: {why}{other}",
    fix="Insufficient cpu or memory: ask for less (resources.requests) in {path}, or add a node. Node "
    "affinity/selector: correct "
    "nodeSelector or affinity, or label a node. Untolerated taint: add the toleration. Pod anti-affinity: allow two "
    "on one node.",
    verify=("kubectl get nodes --show-labels", "kubectl -n {namespace} get pvc"),
)
