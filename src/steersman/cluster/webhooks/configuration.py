"""Webhooks as MutatingWebhookConfigurations and ValidatingWebhookConfigurations declare them, and which writes are theirs.

Source: kubernetes.io "Dynamic Admission Control".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from steersman.cluster import selectors
from steersman.cluster.machinery import Objects, Operation
from steersman.cluster.resources import Resource

Json = dict[str, Any]
Phase = Literal["mutating", "validating"]

GROUP = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Write:
    """What is about to be written. `new` is the old object for a deletion."""

    operation: Operation
    resource: Resource
    subresource: str
    new: Json
    old: Json | None


def webhooks(objects: Objects, phase: Phase) -> Iterator[Json]:
    """In the order in which they are asked: by the names of their configurations."""
    for configuration in objects.list(f"{phase}webhookconfigurations.{GROUP}"):
        yield from configuration.get("webhooks") or ()


def concerns(webhook: Json, write: Write, objects: Objects) -> bool:
    """Whether rules and selectors choose this write. (`matchConditions` are looked at when it is asked.)"""
    if write.resource.group == GROUP:
        return False  # so that nobody locks themselves out
    return (
        any(rule_matches(rule, write) for rule in webhook.get("rules") or ())
        and _namespace_matches(webhook, write, objects)
        and _object_matches(webhook, write)
    )


def rule_matches(rule: Json, write: Write) -> bool:
    """The version is not looked at: by `matchPolicy: Equivalent`, the default, all versions of a kind are the webhook's."""
    resource = write.resource
    scope = rule.get("scope", "*")
    if scope != "*" and (scope == "Namespaced") != resource.namespaced:
        return False
    named = [resource.plural, "*/*", f"{resource.plural}/*"]
    if write.subresource:
        named = [f"{resource.plural}/{write.subresource}", f"*/{write.subresource}", *named[1:]]
    else:
        named.append("*")
    return (
        _has(rule.get("operations"), write.operation)
        and _has(rule.get("apiGroups"), resource.group)
        and any(each in (rule.get("resources") or ()) for each in named)
    )


def _has(values: list[str] | None, wanted: str) -> bool:
    return "*" in (values or ()) or wanted in (values or ())


def _namespace_matches(webhook: Json, write: Write, objects: Objects) -> bool:
    selector = webhook.get("namespaceSelector") or {}
    if not selector:
        return True
    meta = write.new["metadata"]
    if write.resource.storage != "namespaces":
        if not write.resource.namespaced:
            return True
        found = objects.find("namespaces", meta.get("namespace", ""))
        meta = found["metadata"] if found is not None else {}
    return selectors.match_labels(selector)(meta.get("labels") or {})


def _object_matches(webhook: Json, write: Write) -> bool:
    selector = webhook.get("objectSelector") or {}
    if not selector:
        return True
    test = selectors.match_labels(selector)
    return any(test(each["metadata"].get("labels") or {}) for each in (write.new, write.old) if each is not None)
