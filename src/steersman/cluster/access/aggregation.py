"""ClusterRoles that are made of others, chosen by label.

Source: kubernetes.io "Using RBAC Authorization", "Aggregated ClusterRoles".
"""

from __future__ import annotations

from typing import Any

from steersman.cluster.access.authorizer import RBAC
from steersman.cluster.access.rules import Rule
from steersman.cluster.machinery import Objects

Json = dict[str, Any]

CLUSTER_ROLES = f"clusterroles.{RBAC}"


def gathered(objects: Objects, role: Json) -> list[Rule]:
    """The rules of all roles that one of its selectors chooses, in order of their names, each once."""
    chosen: dict[str, list[Rule]] = {}
    for selector in (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ():
        for other in objects.list(CLUSTER_ROLES, labels=selector):
            if other["metadata"]["name"] != role["metadata"]["name"]:
                chosen[other["metadata"]["name"]] = other.get("rules") or []
    rules: list[Rule] = []
    for name in sorted(chosen):
        rules += [rule for rule in chosen[name] if rule not in rules]
    return rules
