"""PodDisruptionBudgets: how many of their Pods may be evicted, in the status.

Source: kubernetes.io "Disruptions" and "Specifying a Disruption Budget for your Application".
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, datetime
from math import ceil
from typing import Any

from steersman.cluster import selectors
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of
from steersman.cluster.machinery import Json, Objects, now
from steersman.errors import NotFound

BUDGETS = "poddisruptionbudgets.policy"
_KEPT = 120.0  # seconds for which an evicted Pod counts as gone although it is still there
_CONDITION = "DisruptionAllowed"


class Uncountable(Exception):
    """How many Pods there should be cannot be known; `str()` says why."""


def selected_pods(objects: Objects, budget: Json) -> list[Json]:
    """The Pods of a budget: an empty selector means all of the namespace, none at all means none."""
    selector = budget["spec"].get("selector")
    return [] if selector is None else objects.list("pods", budget["metadata"]["namespace"], labels=selector)


def budgets_of(objects: Objects, pod: Json) -> list[Json]:
    """The budgets that a Pod counts to."""
    labels = pod["metadata"].get("labels") or {}
    found = []
    for budget in objects.list(BUDGETS, pod["metadata"]["namespace"]):
        selector = budget["spec"].get("selector")
        test = selectors.match_labels(selector) if selector is not None else None
        if selector is not None and (test is None or test(labels)):
            found.append(budget)
    return found


def allowed_condition(budget: Json) -> None:
    """Set the condition after `status.disruptionsAllowed`."""
    found = budget["status"]
    enough = found["disruptionsAllowed"] > 0
    reason = "SufficientPods" if enough else "InsufficientPods"
    _set(budget, enough, reason, "")


def _set(budget: Json, status: bool, reason: str, message: str) -> None:
    found = budget["status"]
    conditions = pods.set_condition(
        found.get("conditions") or [], _CONDITION, status, reason, message, lastTransitionTime=now()
    )
    generation = budget["metadata"].get("generation", 1)
    found["conditions"] = [{**each, "observedGeneration": generation} for each in conditions]


class DisruptionController(Controller):
    """Keeps the status of budgets."""

    name = "disruption-controller"
    watches = (BUDGETS, "pods", "replicasets.apps", "deployments.apps", "statefulsets.apps", "replicationcontrollers")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == BUDGETS:
            return [key_of(obj)]
        if resource == "pods":
            return [key_of(each) for each in budgets_of(self.objects, obj)]
        return [key_of(each) for each in self.objects.list(BUDGETS, obj["metadata"]["namespace"])]

    def reconcile(self, namespace: str, name: str) -> float | None:
        budget = self.objects.find(BUDGETS, name, namespace)
        if budget is None:
            return None
        before = copy.deepcopy(budget.get("status"))
        mine = selected_pods(self.objects, budget)
        status: Json = budget.setdefault("status", {})
        status["observedGeneration"] = budget["metadata"].get("generation", 1)
        gone, again = _still_going(status.get("disruptedPods") or {}, mine)
        if gone:
            status["disruptedPods"] = gone
        else:
            status.pop("disruptedPods", None)
        try:
            expected, desired = self._wanted(budget["spec"], mine)
        except Uncountable as error:
            self.events.warning(budget, "CalculateExpectedPodCountFailed",
                                f"Failed to calculate the number of expected pods: {error}")  # fmt: skip
            status["disruptionsAllowed"] = 0
            _set(budget, False, "SyncFailed", str(error))
        else:
            if not mine:
                self.events.normal(budget, "NoPods", "No matching pods found")
            healthy = sum(pods.is_ready(pod) for pod in mine if not pods.is_terminating(pod) and
                          pod["metadata"]["name"] not in gone)  # fmt: skip
            allowed = max(healthy - desired, 0) if expected > 0 else 0
            status |= {"expectedPods": expected, "desiredHealthy": desired, "currentHealthy": healthy}
            status["disruptionsAllowed"] = allowed
            allowed_condition(budget)
        if status != before:
            self.objects.update_status(BUDGETS, budget)
        return again

    def _wanted(self, spec: Json, mine: list[Json]) -> tuple[int, int]:
        """Pods expected, and of those how many have to be healthy."""
        if (most := spec.get("maxUnavailable")) is not None:
            expected = self._scale(mine)
            return expected, max(expected - _scaled(most, expected), 0)
        least = spec.get("minAvailable")
        if least is None:
            return len(mine), 0
        if isinstance(least, int):
            return len(mine), least
        expected = self._scale(mine)
        return expected, _scaled(least, expected)

    def _scale(self, mine: list[Json]) -> int:
        """The sum of the replicas that the Pods' controllers want. Raises Uncountable."""
        scales: dict[str, int] = {}
        for pod in mine:
            reference = controller_of(pod)
            if reference is not None and reference["uid"] not in scales:
                owner, scale = self._controller(reference, pod)
                scales[reference["uid"]] = 0
                scales[owner] = scale
        return sum(scales.values())

    def _controller(self, reference: Json, pod: Json) -> tuple[str, int]:
        """uid and replicas of a Pod's controller: of a ReplicaSet's Deployment, where it has one. Raises Uncountable."""
        namespace = pod["metadata"]["namespace"]
        resource = self.objects.registry.of_kind(reference["apiVersion"], reference["kind"])
        if resource is None or "scale" not in resource.subresources:
            named = resource.name if resource is not None else reference["kind"]
            raise Uncountable(f"{named} does not implement the scale subresource")
        try:
            owner = self.objects.get(resource, reference["name"], namespace)
        except NotFound as error:
            raise Uncountable(str(error)) from None
        above = controller_of(owner)
        if above is not None and (reference["kind"], above["kind"]) == ("ReplicaSet", "Deployment"):
            return self._controller(above, pod)
        wanted = owner["spec"].get("replicas")
        return owner["metadata"]["uid"], 1 if wanted is None else int(wanted)


def _scaled(value: Any, total: int) -> int:
    """A number, or a percentage of `total` rounded up."""
    return value if isinstance(value, int) else ceil(int(str(value).removesuffix("%")) * total / 100)


def _still_going(disrupted: Json, mine: list[Json]) -> tuple[Json, float | None]:
    """Of the evicted Pods those that are still there and unmarked, and in how many seconds the first of them counts again."""
    present = {pod["metadata"]["name"] for pod in mine if not pods.is_terminating(pod)}
    left: dict[str, str] = {}
    ages = []
    for name, stamp in disrupted.items():
        moment = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        age = (datetime.now(UTC) - moment).total_seconds()
        if name in present and age < _KEPT:
            left[name] = stamp
            ages.append(age)
    return left, _KEPT - max(ages) if ages else None
