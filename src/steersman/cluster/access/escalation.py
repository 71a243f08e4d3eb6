"""Nobody gives away rights that they do not have: what is checked when roles and bindings are written.

Source: kubernetes.io "Using RBAC Authorization", "Privilege escalation prevention and bootstrapping".
"""

from __future__ import annotations

from typing import Any

from steersman.cluster import status
from steersman.cluster.access.attributes import Attributes
from steersman.cluster.access.authorizer import RBAC, Authorizer
from steersman.cluster.access.identity import User
from steersman.cluster.access.rules import FULL_AUTHORITY, Rule, compact, describe, quoted, uncovered
from steersman.cluster.options import Operation, WriteOptions
from steersman.cluster.resources import Resource

Json = dict[str, Any]


class Escalation:
    """A check of writes (`objects.checks`). Raises Forbidden, and NotFound for a binding to a role that is not there."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def __call__(
        self,
        operation: Operation,
        resource: Resource,
        new: Json,
        old: Json | None,
        options: WriteOptions,
        subresource: str,
    ) -> None:
        user = options.user
        if resource.group != RBAC or operation == "DELETE" or user is None or user.is_master:
            return
        if resource.plural in ("roles", "clusterroles"):
            self._role(user, resource, new, old)
        else:
            self._binding(user, resource, new, old)

    def _role(self, user: User, resource: Resource, role: Json, old: Json | None) -> None:
        meta = role["metadata"]
        namespace, name = meta.get("namespace", ""), meta.get("name", "")
        same = old is not None and all(old.get(key) == role.get(key) for key in ("rules", "aggregationRule"))
        if same or self._may(user, "escalate", resource.plural, name if old is not None else "", namespace):
            return
        self._confirm(user, resource, role, role.get("rules") or [])
        if role.get("aggregationRule") and self._lacks(user, FULL_AUTHORITY, namespace):
            why = "must have cluster-admin privileges to use the aggregationRule"
            raise status.forbidden(resource, name, why)

    def _binding(self, user: User, resource: Resource, binding: Json, old: Json | None) -> None:
        namespace, reference = binding["metadata"].get("namespace", ""), binding["roleRef"]
        same = old is not None and all(old.get(key) == binding.get(key) for key in ("roleRef", "subjects"))
        plural = f"{reference['kind'].lower()}s"
        if same or self._may(user, "bind", plural, reference["name"], namespace):
            return
        rules = self._authorizer.rules_of(reference, namespace)
        if rules is None:
            kind = "ClusterRole" if plural == "clusterroles" else "Role"
            missing = Resource(resource.api_version, kind, plural, kind.lower(), kind == "Role", ())
            raise status.not_found(missing, reference["name"])
        self._confirm(user, resource, binding, rules)

    def _may(self, user: User, verb: str, plural: str, name: str, namespace: str) -> bool:
        return self._authorizer.decide(Attributes(user, verb, RBAC, plural, "", name, namespace)).allowed

    def _lacks(self, user: User, rules: tuple[Rule, ...] | list[Rule], namespace: str) -> list[Rule]:
        held = self._authorizer.held(user, namespace)
        return uncovered([rule for _, rule in held.rules], rules)

    def _confirm(self, user: User, resource: Resource, obj: Json, rules: list[Rule]) -> None:
        meta = obj["metadata"]
        namespace = meta.get("namespace", "")
        missing = sorted(describe(rule) for rule in compact(self._lacks(user, rules, namespace)))
        if not missing:
            return
        why = f'user "{user.name}" (groups={quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n'
        why += "\n".join(missing)
        if problem := self._authorizer.held(user, namespace).problem_of_writes:
            why += f"; resolution errors: [{problem}]"
        raise status.forbidden(resource, meta.get("name", ""), why)
