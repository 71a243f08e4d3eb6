"""The rows of what runs Pods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from steersman.cluster.selectors import format_selector
from steersman.cluster.tables.ages import age, human_duration, parse_time
from steersman.cluster.tables.printer import (
    NONE,
    Json,
    Printer,
    columns,
    condition,
    containers,
    join_labels,
    name,
    obj_age,
)


def _deployment(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [
        name(obj),
        ready,
        *counts,
        obj_age(obj),
        *containers(spec["template"]),
        format_selector(spec.get("selector")),
    ]


def _replicaset(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    selector = spec.get("selector")
    shown = join_labels(selector) if obj["kind"] == "ReplicationController" else format_selector(selector)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [name(obj), *counts, obj_age(obj), *containers(spec["template"]), shown]


def _statefulset(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [name(obj), ready, obj_age(obj), *containers(spec["template"])]


def _daemonset(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    counts = [
        status.get(key, 0)
        for key in (
            "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable"
        )
    ]  # fmt: skip
    nodes = join_labels(spec["template"]["spec"].get("nodeSelector"))
    shown = format_selector(spec.get("selector"))
    return [name(obj), *counts, nodes, obj_age(obj), *containers(spec["template"]), shown]


def job_status(job: Json) -> str:
    """The state of a Job in one word."""
    for kind, word in (("Complete", "Complete"), ("Failed", "Failed")):
        if condition(job, kind):
            return word
    if job["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if condition(job, kind):
            return kind
    return "Running"


def _job(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    done = status.get("succeeded", 0)
    if spec.get("completions") is not None:
        completions = f"{done}/{spec['completions']}"
    else:
        parallel = spec.get("parallelism", 0)
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    duration = ""
    if status.get("startTime"):
        end = parse_time(status["completionTime"]) if status.get("completionTime") else datetime.now(UTC)
        duration = human_duration((end - parse_time(status["startTime"])).total_seconds())
    shown = format_selector(spec.get("selector"))
    return [name(obj), job_status(obj), completions, duration, obj_age(obj), *containers(spec["template"]), shown]


def _cronjob(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    last = age(status["lastScheduleTime"]) if status.get("lastScheduleTime") else NONE
    job = spec["jobTemplate"]["spec"]
    return [
        name(obj),
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        bool(spec.get("suspend")),
        len(status.get("active", ())),
        last,
        obj_age(obj),
        *containers(job["template"]),
        format_selector(job.get("selector")),
    ]


def _revision(obj: Json) -> list[Any]:
    owner = next((item for item in obj["metadata"].get("ownerReferences", ()) if item.get("controller")), None)
    shown = NONE
    if owner is not None:
        group = owner["apiVersion"].rpartition("/")[0]
        shown = (
            f"{owner['kind'].lower()}.{group}/{owner['name']}" if group else f"{owner['kind'].lower()}/{owner['name']}"
        )
    return [name(obj), shown, obj.get("revision", 0), obj_age(obj)]


def _autoscaler(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    reference = f"{spec['scaleTargetRef']['kind']}/{spec['scaleTargetRef']['name']}"
    minimum = str(spec["minReplicas"]) if "minReplicas" in spec else "<unset>"
    counts = [minimum, spec.get("maxReplicas", 0), status.get("currentReplicas", 0)]
    return [name(obj), reference, _targets(spec, status), *counts, obj_age(obj)]


def _targets(spec: Json, status: Json) -> str:
    """What each metric is and should be; unknown until something measures it."""
    shown: list[str] = []
    for metric in spec.get("metrics", ()):
        kind = metric["type"][:1].lower() + metric["type"][1:]
        found = metric.get(kind, {})
        target = found.get("target", {})
        if "averageUtilization" in target:
            shown.append(f"{found.get('name', '')}: <unknown>/{target['averageUtilization']}%")
        else:
            shown.append(f"<unknown>/{target.get('averageValue') or target.get('value') or '<auto>'}")
    return ", ".join(shown) or NONE


def _budget(obj: Json) -> list[Any]:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    bounds = [str(spec[key]) if key in spec else "N/A" for key in ("minAvailable", "maxUnavailable")]
    return [name(obj), *bounds, status.get("disruptionsAllowed", 0), obj_age(obj)]


_REPLICAS = columns("Name|Desired:integer|Current:integer|Ready:integer|Age|Containers*|Images*|Selector*")

PRINTERS = {
    "deployments.apps": Printer(
        columns("Name|Ready|Up-to-date|Available|Age|Containers*|Images*|Selector*"), _deployment
    ),
    "replicasets.apps": Printer(_REPLICAS, _replicaset),
    "replicationcontrollers": Printer(_REPLICAS, _replicaset),
    "statefulsets.apps": Printer(columns("Name|Ready|Age|Containers*|Images*"), _statefulset),
    "daemonsets.apps": Printer(
        columns(
            "Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age"
            "|Containers*|Images*|Selector*"
        ),
        _daemonset,
    ),
    "jobs.batch": Printer(columns("Name|Status|Completions|Duration|Age|Containers*|Images*|Selector*"), _job),
    "cronjobs.batch": Printer(
        columns(
            "Name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age|Containers*|Images*|Selector*"
        ),
        _cronjob,
    ),
    "controllerrevisions.apps": Printer(columns("Name|Controller|Revision|Age"), _revision),
    "horizontalpodautoscalers.autoscaling": Printer(
        columns("Name|Reference|Targets|MinPods|MaxPods|Replicas|Age"), _autoscaler
    ),
    "poddisruptionbudgets.policy": Printer(
        columns("Name|Min Available|Max Unavailable|Allowed Disruptions|Age"), _budget
    ),
}
