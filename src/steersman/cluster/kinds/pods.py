"""Pods: quality of service, graceful deletion, and that a running one hardly changes."""

from __future__ import annotations

import copy
from typing import Any

from steersman.cluster.kinds.pod_defaults import default_pod_spec
from steersman.cluster.kinds.pod_rules import pod_spec_causes
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.patch.json_patch import same
from steersman.cluster.status import Cause, bad_value, forbidden_field

Json = dict[str, Any]

_FROZEN = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for key in ("not-ready", "unreachable")
]


EPHEMERAL = "ephemeralcontainers"
"""The subresource through which containers come to a Pod that runs."""


def added_ephemeral(pod: Json, old: Json) -> list[Cause]:
    """What is wrong with a Pod whose ephemeral containers alone were changed: those that are there stay as they are."""
    path, found = (
        "spec.ephemeralContainers",
        {each["name"]: each for each in pod["spec"].get("ephemeralContainers") or ()},
    )
    causes = []
    for known in old["spec"].get("ephemeralContainers") or ():
        if known["name"] not in found:
            causes.append(
                forbidden_field(path, f'existing ephemeral containers "{known["name"]}" may not be removed\n')
            )
        elif not same(found[known["name"]], known):
            words = f'existing ephemeral containers "{known["name"]}" may not be changed\n'
            causes.append(forbidden_field(path, words))
    return causes


def _default(pod: Json) -> None:
    spec = pod.setdefault("spec", {})
    for container in (*spec.get("initContainers", ()), *(spec.get("containers") or ())):
        resources = container.get("resources", {})
        if resources.get("limits"):
            requests = resources.setdefault("requests", {})
            for name, value in resources["limits"].items():
                requests.setdefault(name, value)
    spec.setdefault("enableServiceLinks", True)
    default_pod_spec(spec)


def _tolerate(spec: Json) -> None:
    """Every Pod stays a while where its node is in trouble."""
    tolerations = spec.setdefault("tolerations", [])
    for toleration in _TOLERATIONS:
        if not any(
            found.get("key") in (None, toleration["key"]) and found.get("effect") in (None, "NoExecute")
            for found in tolerations
        ):
            tolerations.append(dict(toleration))


def _prepare_update(pod: Json, old: Json) -> None:
    _tolerate(pod["spec"])


def _prepare_create(pod: Json) -> None:
    spec = pod.setdefault("spec", {})
    _tolerate(spec)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    pod["status"] = {"phase": "Pending", "qosClass": qos_class(spec)}


def qos_class(spec: Json) -> str:
    """BestEffort without any cpu or memory resource, Guaranteed where every container's limits equal its requests."""
    containers = [*spec.get("initContainers", ()), *(spec.get("containers") or ())]
    pairs = [
        (container.get("resources", {}).get("requests", {}), container.get("resources", {}).get("limits", {}))
        for container in containers
    ]
    if not any(name in requests or name in limits for requests, limits in pairs for name in ("cpu", "memory")):
        return "BestEffort"
    guaranteed = all(
        name in limits and requests.get(name, limits[name]) == limits[name]
        for requests, limits in pairs
        for name in ("cpu", "memory")
    )
    return "Guaranteed" if guaranteed else "Burstable"


def _validate(pod: Json) -> list[Cause]:
    return pod_spec_causes(pod["spec"], "spec")


def _validate_create(pod: Json) -> list[Cause]:
    if not pod["spec"].get("ephemeralContainers"):
        return []
    return [forbidden_field("spec.ephemeralContainers", "cannot be set on create")]


def _validate_update(pod: Json, old: Json) -> list[Cause]:
    new, before = copy.deepcopy(pod["spec"]), old["spec"]
    for kind in ("containers", "initContainers"):
        for container, known in zip(new.get(kind, ()), before.get(kind, ()), strict=False):
            container["image"] = known.get("image")
    for key in ("activeDeadlineSeconds", "tolerations"):
        if key in before:
            new[key] = before[key]
        else:
            new.pop(key, None)
    if not before.get("nodeName"):
        new.pop("nodeName", None)  # binding to a node
    causes = _deadline_causes(pod["spec"].get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    causes += _toleration_causes(pod["spec"].get("tolerations") or [], before.get("tolerations") or [])
    return causes if same(new, before) else [*causes, forbidden_field("spec", _FROZEN)]


def _deadline_causes(new: int | None, before: int | None) -> list[Cause]:
    path = "spec.activeDeadlineSeconds"
    if before is None or new == before:
        return []
    if new is None:
        return [bad_value(path, new, "must not update from a positive integer to nil value")]
    return [bad_value(path, new, "must be less than or equal to previous value")] if new > before else []


def _toleration_causes(new: list[Json], before: list[Json]) -> list[Cause]:
    def bare(toleration: Json) -> Json:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    left = [bare(each) for each in new]
    if all(bare(each) in left for each in before):
        return []
    detail = "existing toleration can not be modified except its tolerationSeconds"
    return [forbidden_field("spec.tolerations", detail)]


def _grace(pod: Json, requested: int | None) -> int:
    """A Pod that runs nowhere, or has ended, goes at once."""
    spec = pod["spec"]
    seconds = requested if requested is not None else spec.get("terminationGracePeriodSeconds", 0)
    if not spec.get("nodeName") or pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    return 1 if seconds < 0 else int(seconds)


STRATEGIES = {
    "pods": Strategy(
        default=_default,
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        validate=_validate,
        validate_create=_validate_create,
        validate_update=_validate_update,
        generation=True,
        grace=_grace,
    )
}
