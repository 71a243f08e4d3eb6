"""What is stored but does nothing here: said to whoever stores it, as a warning."""

from __future__ import annotations

from typing import Any

from steersman.cluster.cel import policies
from steersman.cluster.cel.rules import unevaluated
from steersman.cluster.kinds.not_given import not_given, template_path
from steersman.cluster.resources import Resource

Json = dict[str, Any]

_POLICIES = "this cluster stores policies that change objects, but applies none"
_SILENT = {
    "mutatingadmissionpolicies.admissionregistration.k8s.io": _POLICIES,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": _POLICIES,
}
_CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def notices(resource: Resource, obj: Json) -> list[str]:
    """The warnings that a write of `obj` is answered with."""
    if (words := _SILENT.get(resource.storage)) is not None:
        return [words]
    if resource.storage == policies.POLICIES:
        return policies.unevaluated(obj)
    if resource.storage != _CRDS:
        return [] if resource.custom is not None else _not_given(obj)
    spec: Json = obj.get("spec") or {}
    found: list[str] = []
    for version in spec.get("versions") or ():
        found += [each for each in unevaluated(version.get("schema") or {}) if each not in found]
    if (spec.get("conversion") or {}).get("strategy") == "Webhook":
        found.append("spec.conversion: this cluster calls no conversion webhook; all versions share one form")
    return found


def _not_given(obj: Json) -> list[str]:
    path = template_path(str(obj.get("kind") or ""))
    spec: Any = obj
    for key in path:
        spec = spec.get(key) or {}
    return not_given(spec, ".".join(path)) if path else []
