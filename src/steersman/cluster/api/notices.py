"""What is stored but does nothing here: said to whoever stores it, as a warning."""

from __future__ import annotations

from typing import Any

from steersman.cluster.resources import Resource

Json = dict[str, Any]

_WEBHOOKS = "this cluster stores admission webhooks and policies, but calls none"
_SILENT = {
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingadmissionpolicies.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": _WEBHOOKS,
    "mutatingadmissionpolicies.admissionregistration.k8s.io": _WEBHOOKS,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": _WEBHOOKS,
}
_CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def notices(resource: Resource, obj: Json) -> list[str]:
    """The warnings that a write of `obj` is answered with."""
    if (words := _SILENT.get(resource.storage)) is not None:
        return [words]
    if resource.storage != _CRDS:
        return []
    spec: Json = obj.get("spec") or {}
    found: list[str] = []
    if any(_has_rules(version.get("schema") or {}) for version in spec.get("versions") or ()):
        found.append("x-kubernetes-validations: this cluster stores rules in CEL, but does not evaluate them")
    if (spec.get("conversion") or {}).get("strategy") == "Webhook":
        found.append("spec.conversion: this cluster calls no conversion webhook; all versions share one form")
    return found


def _has_rules(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_rules(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    return bool(schema.get("x-kubernetes-validations")) or any(_has_rules(each) for each in schema.values())
