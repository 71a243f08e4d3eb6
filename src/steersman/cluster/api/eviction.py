"""`pods/eviction`: a deletion that PodDisruptionBudgets may refuse. `kubectl drain` uses it.

Source: kubernetes.io "API-initiated Eviction"; the words are those of a real API server.
"""

from __future__ import annotations

from typing import Any

from steersman.cluster import status
from steersman.cluster.api import negotiate
from steersman.cluster.api.encode import to_bytes
from steersman.cluster.api.verbs import Answer, Call, delete_arguments
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.disruptions import BUDGETS, allowed_condition, budgets_of
from steersman.cluster.machinery import Objects, now
from steersman.errors import ApiError

Json = dict[str, Any]

_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
_SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
_TOO_SOON = 10  # seconds after which to ask again while a budget has not been looked at


def evict(call: Call, objects: Objects) -> Answer:
    """Delete the Pod, if its budget allows it. Raises NotFound, Invalid (400), ApiError (429; 500 where there are several)."""
    target = call.target
    body, _ = negotiate.read_object(call.body, call.content_type, objects.registry)
    named = (body.get("metadata") or {}).get("name") or target.name
    if named != target.name:
        raise status.bad_request("name in URL does not match name in Eviction object")
    options = body.get("deleteOptions") or {}
    arguments = delete_arguments(Call("DELETE", target, call.query, body=to_bytes(options)), objects.registry)
    pod = objects.get("pods", target.name, target.namespace)
    dry_run = bool(arguments["dry_run"])
    if not _ignores_budgets(pod):
        _ask_budget(objects, pod, dry_run)
    if not dry_run:
        _mark(objects, pod)
    objects.delete("pods", target.name, target.namespace, **arguments)
    made = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return Answer(to_bytes(made), 201)


def _ignores_budgets(pod: Json) -> bool:
    return pods.phase(pod) in ("Succeeded", "Failed", "Pending") or pods.is_terminating(pod)


def _ask_budget(objects: Objects, pod: Json, dry_run: bool) -> None:
    budgets = budgets_of(objects, pod)
    if not budgets:
        return
    if len(budgets) > 1:
        raise ApiError(_SEVERAL, code=500)
    budget = budgets[0]
    found: Json = budget.get("status") or {}
    if not pods.is_ready(pod):
        healthy, desired = found.get("currentHealthy", 0), found.get("desiredHealthy", 0)
        always = budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow"
        if always or healthy >= desired > 0:
            return  # no healthy Pod is lost
    _take(objects, budget, pod, dry_run)


def _take(objects: Objects, budget: Json, pod: Json, dry_run: bool) -> None:
    """One of the disruptions that the budget allows. Raises ApiError (429)."""
    name, found = budget["metadata"]["name"], budget.get("status") or {}
    if found.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _refusal(f"The disruption budget {name} is still being processed by the server.", _TOO_SOON)
    if found.get("disruptionsAllowed", 0) <= 0:
        raise _refusal(_why(name, found))
    if dry_run:
        return
    found["disruptionsAllowed"] -= 1
    found["disruptedPods"] = {**(found.get("disruptedPods") or {}), pod["metadata"]["name"]: now()}
    if not found["disruptionsAllowed"]:
        allowed_condition(budget)
    objects.update_status(BUDGETS, budget)


def _why(name: str, found: Json) -> str:
    for each in found.get("conditions") or ():
        if each.get("reason") == "SyncFailed":
            reason = f"because it failed sync: {each.get('message', '')}"
            return f"The disruption budget {name} does not allow evicting pods currently {reason}"
    healthy, desired = found.get("currentHealthy", 0), found.get("desiredHealthy", 0)
    if healthy > desired:
        return f"The disruption budget {name} does not allow evicting pods currently"
    return f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"


def _refusal(message: str, seconds: int = 0) -> ApiError:
    details: dict[str, object] = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    if seconds:
        details["retryAfterSeconds"] = seconds
    return ApiError(_REFUSED, code=429, reason="TooManyRequests", details=details)


def _mark(objects: Objects, pod: Json) -> None:
    """What tells a Job's failure policy that the Pod did not fail by itself."""
    found: Json = pod.setdefault("status", {})
    found["conditions"] = pods.set_condition(
        found.get("conditions") or [], "DisruptionTarget", True, "EvictionByEvictionAPI", "Eviction API: evicting",
        lastTransitionTime=now(),
    )  # fmt: skip
    objects.update_status("pods", pod)
