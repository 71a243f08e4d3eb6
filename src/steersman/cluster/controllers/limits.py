"""LimitRanges: defaults for the resources of containers, and bounds for those of containers, Pods and claims.

Source: kubernetes.io "Limit Ranges"; the words are those of the LimitRanger admission plugin.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from steersman.cluster import status
from steersman.cluster.kubelet import quantity
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.resources import Resource

_NOTE = "kubernetes.io/limit-ranger"
_CLAIM = "PersistentVolumeClaim"


class LimitAdmission:
    """An admission hook (`objects.admission`)."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        if operation != "CREATE" or resource.storage not in ("pods", "persistentvolumeclaims"):
            return
        ranges = self._objects.list("limitranges", new["metadata"].get("namespace") or "default")
        items = [item for each in ranges for item in (each.get("spec") or {}).get("limits") or ()]
        if not items:
            return
        if resource.storage == "pods":
            _set_defaults(new, items)
            problems = [problem for item in items for problem in _pod_problems(item, new)]
        else:
            problems = [problem for item in items if item["type"] == _CLAIM for problem in _claim_problems(item, new)]
        if problems:
            meta = new["metadata"]
            why = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
            raise status.forbidden(resource, meta.get("name") or meta.get("generateName", ""), why)


def _set_defaults(pod: Json, items: list[Json]) -> None:
    """Give containers what they do not say themselves, and note it in an annotation."""
    notes = []
    for kind, key in (("container", "containers"), ("init container", "initContainers")):
        for container in pod["spec"].get(key) or ():
            for word, part, given in (("request", "requests", "defaultRequest"), ("limit", "limits", "default")):
                set_here = _fill(
                    container, part, [item.get(given) or {} for item in items if item["type"] == "Container"]
                )
                if set_here:
                    notes.append(f"{', '.join(sorted(set_here))} {word} for {kind} {container['name']}")
    if notes:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations[_NOTE] = f"LimitRanger plugin set: {'; '.join(notes)}"


def _fill(container: Json, part: str, defaults: list[Json]) -> list[str]:
    have: Json = (container.get("resources") or {}).get(part) or {}
    missing = {name: amount for each in reversed(defaults) for name, amount in each.items() if name not in have}
    if missing:
        resources = container.get("resources") or {}
        container["resources"] = {**resources, part: {**have, **missing}}
    return list(missing)


def _pod_problems(item: Json, pod: Json) -> Iterator[str]:
    spec = pod["spec"]
    if item["type"] == "Container":
        for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
            resources = container.get("resources") or {}
            yield from _problems(item, resources.get("requests") or {}, resources.get("limits") or {})
    elif item["type"] == "Pod":
        yield from _problems(item, _total(spec, "requests"), _total(spec, "limits"))


def _claim_problems(item: Json, claim: Json) -> Iterator[str]:
    asked = ((claim.get("spec") or {}).get("resources") or {}).get("requests") or {}
    for word, key in (("minimum", "min"), ("maximum", "max")):
        for name, bound in (item.get(key) or {}).items():
            text = f"{word} {name} usage per {_CLAIM} is {bound}"
            if name not in asked:
                yield f"{text}.  No request is specified"
            elif _beyond(key, asked[name], bound):
                yield f"{text}, but request is {asked[name]}"


def _problems(item: Json, requests: Json, limits: Json) -> Iterator[str]:
    kind = item["type"]
    for word, key, first, second in (
        ("minimum", "min", ("request", requests), ("limit", limits)),
        ("maximum", "max", ("limit", limits), ("request", requests)),
    ):
        for name, bound in (item.get(key) or {}).items():
            text = f"{word} {name} usage per {kind} is {bound}"
            if name not in first[1]:
                yield f"{text}.  No {first[0]} is specified"
                continue
            for what, amounts in (first, second):
                if name in amounts and _beyond(key, amounts[name], bound):
                    yield f"{text}, but {what} is {amounts[name]}"
                    break
    for name, most in (item.get("maxLimitRequestRatio") or {}).items():
        if problem := _ratio_problem(name, most, requests, limits):
            yield f"{name} max limit to request ratio per {kind} is {most}, but {problem}"


def _beyond(key: str, amount: str, bound: str) -> bool:
    found, wanted = quantity.parse(amount), quantity.parse(bound)
    return found < wanted if key == "min" else found > wanted


def _ratio_problem(name: str, most: str, requests: Json, limits: Json) -> str:
    amounts = [quantity.parse(each.get(name, 0)) for each in (requests, limits)]
    for what, amount in zip(("request", "limit"), amounts, strict=True):
        if not amount:
            return f"no {what} is specified or {what} is 0"
    ratio = amounts[1] / amounts[0]
    return f"provided ratio is {ratio:.6f}" if ratio > quantity.parse(most) else ""


def _total(spec: Json, part: str) -> Json:
    """The sum over the containers of what all of them name, at least what one init container needs."""
    lists = [(each.get("resources") or {}).get(part) or {} for each in spec.get("containers") or ()]
    found = {
        name: sum((quantity.parse(each[name]) for each in lists), Decimal(0))
        for name in (lists[0] if lists else {})
        if all(name in each for each in lists)
    }
    for container in spec.get("initContainers") or ():
        for name, amount in ((container.get("resources") or {}).get(part) or {}).items():
            found[name] = max(found.get(name, Decimal(0)), quantity.parse(amount))
    return {name: quantity.cores(amount) if name == "cpu" else str(int(amount)) for name, amount in found.items()}
