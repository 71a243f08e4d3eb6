"""Aggregated ClusterRoles: their rules follow those of the roles that they are made of."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.cluster.access.aggregation import CLUSTER_ROLES, gathered
from steersman.cluster.controllers.controller import Controller, Key, key_of
from steersman.cluster.machinery import Json


class RoleAggregationController(Controller):
    """Looks at every aggregated role whenever any role changes."""

    name = "clusterrole-aggregation-controller"
    watches = (CLUSTER_ROLES,)

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        return [key_of(each) for each in self.objects.list(CLUSTER_ROLES) if each.get("aggregationRule")]

    def reconcile(self, namespace: str, name: str) -> float | None:
        role = self.objects.find(CLUSTER_ROLES, name)
        if role is None or not role.get("aggregationRule"):
            return None
        rules = gathered(self.objects, role)
        if rules != (role.get("rules") or []):
            role["rules"] = rules
            self.objects.update(CLUSTER_ROLES, role, field_manager=self.name)
        return None
