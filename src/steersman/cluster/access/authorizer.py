"""RBAC: which rules a user has, and whether one of them allows a request.

Source: kubernetes.io "Using RBAC Authorization". Cluster-wide bindings come before those of the namespace, each in order of name;
a binding whose role is missing gives nothing, and is told with the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from steersman.cluster.access.attributes import Attributes
from steersman.cluster.access.identity import User, account_name
from steersman.cluster.access.rules import Rule, allows
from steersman.cluster.machinery import Objects
from steersman.cluster.resources import Resource

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"
_KEPT = 1000  # users whose rules are remembered


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` says which binding allowed it, or what could not be resolved."""

    allowed: bool
    reason: str = ""


@dataclass(slots=True)
class Held:
    """A user's rules in one namespace ("": cluster-wide), each with the words for where it comes from."""

    rules: list[tuple[str, Rule]] = field(default_factory=list)
    missing: list[tuple[str, str]] = field(default_factory=list)
    """(plural, name) of roles that are bound but not there."""

    @property
    def problem(self) -> str:
        """What could not be resolved, as an authorizer words it; "" where all could."""
        return _aggregate([f'{kind[:-1]}.{RBAC} "{name}" not found' for kind, name in self.missing])

    @property
    def problem_of_writes(self) -> str:
        """The same as the check of writes words it, which looks roles up in another way."""
        return _aggregate([f'{kind}.{RBAC} "{name}" not found' for kind, name in self.missing])


class Authorizer:
    """Answers from what is stored; what it has looked up is kept until a role or binding changes."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._held: dict[tuple[str, tuple[str, ...], str], Held] = {}
        objects.written.append(self._written)

    def _written(self, resource: Resource, obj: Json, gone: bool) -> None:
        if resource.api_version.startswith(RBAC):
            self._held.clear()

    def decide(self, wanted: Attributes) -> Decision:
        """Whether the user may."""
        if wanted.user.is_master:
            return Decision(True)
        held = self.held(wanted.user, wanted.namespace)
        for source, rule in held.rules:
            if allows(rule, wanted):
                return Decision(True, f"RBAC: allowed by {source}")
        return Decision(False, f"RBAC: {held.problem}" if held.missing else "")

    def check(self, wanted: Attributes) -> None:
        """Raises Forbidden where the user may not."""
        decision = self.decide(wanted)
        if not decision.allowed:
            raise wanted.forbidden(wanted.refusal + (f": {decision.reason}" if decision.reason else ""))

    def held(self, user: User, namespace: str) -> Held:
        """All that the user may do in a namespace, cluster-wide rights first."""
        key = user.name, user.groups, namespace
        found = self._held.get(key)
        if found is None:
            if len(self._held) >= _KEPT:
                self._held.clear()
            found = self._held[key] = Held()
            for binding, subject in self._bindings(user, namespace):
                self._add(found, binding, subject)
        return found

    def _bindings(self, user: User, namespace: str) -> Iterator[tuple[Json, Json]]:
        kinds = [(f"clusterrolebindings.{RBAC}", ""), (f"rolebindings.{RBAC}", namespace)]
        for resource, where in kinds[: 2 if namespace else 1]:
            for binding in self._objects.list(resource, where or None):
                subjects = binding.get("subjects") or ()
                subject = next((each for each in subjects if _is(each, user, where)), None)
                if subject is not None:
                    yield binding, subject

    def _add(self, held: Held, binding: Json, subject: Json) -> None:
        reference, namespace = binding["roleRef"], binding["metadata"].get("namespace", "")
        rules = self.rules_of(reference, namespace)
        if rules is None:
            held.missing.append((f"{reference['kind'].lower()}s", reference["name"]))
            return
        source = _source(binding, subject, namespace)
        held.rules += [(source, rule) for rule in rules]

    def rules_of(self, reference: Json, namespace: str) -> list[Rule] | None:
        """The rules of the role that a binding in `namespace` names; None where there is no such role."""
        clusterwide = reference["kind"] == "ClusterRole"
        resource = f"clusterroles.{RBAC}" if clusterwide else f"roles.{RBAC}"
        role = self._objects.find(resource, reference["name"], None if clusterwide else namespace)
        return None if role is None else list(role.get("rules") or ())


def _is(subject: Json, user: User, namespace: str) -> bool:
    match subject["kind"]:
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            where = subject.get("namespace") or namespace
            return bool(where) and user.name == account_name(where, subject["name"])
    return False


def _source(binding: Json, subject: Json, namespace: str) -> str:
    kind, name = ("RoleBinding", f"{binding['metadata']['name']}/{namespace}") if namespace else (
        "ClusterRoleBinding", binding["metadata"]["name"]
    )  # fmt: skip
    reference, who = binding["roleRef"], subject["name"]
    if subject["kind"] == "ServiceAccount":
        who += f"/{subject.get('namespace') or namespace}"
    return f'{kind} "{name}" of {reference["kind"]} "{reference["name"]}" to {subject["kind"]} "{who}"'


def _aggregate(problems: list[str]) -> str:
    """Several errors as one, in the words of apimachinery."""
    once = list(dict.fromkeys(problems))
    return once[0] if len(once) == 1 else f"[{', '.join(once)}]" if once else ""
