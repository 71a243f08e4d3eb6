"""What one policy rule allows, and whether some rules cover others.

Source: kubernetes.io "Using RBAC Authorization", and what a real API server answered (`tests/cluster/access`).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from steersman.cluster.access.attributes import Attributes

Rule = dict[str, Any]

FULL_AUTHORITY: tuple[Rule, ...] = (
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
)
_PARTS = ("apiGroups", "resources", "nonResourceURLs", "resourceNames", "verbs")


def allows(rule: Rule, wanted: Attributes) -> bool:
    """Whether the rule alone lets the request pass."""
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and wanted.verb not in verbs:
        return False
    if not wanted.resource:
        return any(_url_matches(pattern, wanted.path) for pattern in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and wanted.group not in groups:
        return False
    names = rule.get("resourceNames") or ()
    if names and wanted.name not in names:
        return False
    resources = rule.get("resources") or ()
    if "*" in resources or wanted.full_resource in resources:
        return True
    return bool(wanted.subresource) and f"*/{wanted.subresource}" in resources


def _url_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern.rstrip("*")))


def uncovered(held: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """Of `wanted`, split into single rights, those that no rule of `held` gives."""
    return [right for rule in wanted for right in _rights(rule) if not any(_covers(each, right) for each in held)]


def _rights(rule: Rule) -> Iterator[Rule]:
    """One rule a combination of group, resource, name and verb."""
    verbs = rule.get("verbs") or ()
    names: Sequence[str | None] = rule.get("resourceNames") or (None,)
    for group, resource, verb in itertools.product(rule.get("apiGroups") or (), rule.get("resources") or (), verbs):
        for name in names:
            right: Rule = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
            yield right if name is None else {**right, "resourceNames": [name]}
    for url, verb in itertools.product(rule.get("nonResourceURLs") or (), verbs):
        yield {"nonResourceURLs": [url], "verbs": [verb]}


def _covers(held: Rule, right: Rule) -> bool:
    """`right` has one value a part, as `_rights` makes them."""
    if not _has(held, "verbs", right["verbs"][0]):
        return False
    if "nonResourceURLs" in right:
        url: str = right["nonResourceURLs"][0]
        return any(_url_matches(pattern, url) for pattern in held.get("nonResourceURLs") or ())
    names = held.get("resourceNames") or ()
    if names and (right.get("resourceNames") or [None])[0] not in names:
        return False
    resource: str = right["resources"][0]
    subresource = resource.partition("/")[2]
    named = _has(held, "resources", resource) or (subresource and f"*/{subresource}" in (held.get("resources") or ()))
    return _has(held, "apiGroups", right["apiGroups"][0]) and bool(named)


def _has(rule: Rule, part: str, value: str) -> bool:
    values = rule.get(part) or ()
    return "*" in values or value in values


def compact(rights: Iterable[Rule]) -> list[Rule]:
    """Rights that differ in their verb alone become one rule."""
    merged: dict[str, Rule] = {}
    for right in rights:
        key = json.dumps([right.get(part) for part in _PARTS if part != "verbs"])
        if "nonResourceURLs" in right:  # Kubernetes merges those of resources only
            key += right["verbs"][0]
        known = merged.setdefault(key, {**right, "verbs": []})
        known["verbs"] += [verb for verb in right["verbs"] if verb not in known["verbs"]]
    return list(merged.values())


def describe(rule: Rule) -> str:
    """A rule in the words of the API server: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`."""
    words = {"apiGroups": "APIGroups", "resources": "Resources", "nonResourceURLs": "NonResourceURLs",
             "resourceNames": "ResourceNames", "verbs": "Verbs"}  # fmt: skip
    return "{" + ", ".join(f"{words[part]}:{quoted(rule[part])}" for part in _PARTS if rule.get(part)) + "}"


def quoted(values: Iterable[str]) -> str:
    """A list of strings as Go prints it with %q."""
    return "[" + " ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"
