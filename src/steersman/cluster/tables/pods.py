"""The row of a Pod: readiness, status in one word, restarts (printers.go `printPod`)."""

from __future__ import annotations

from typing import Any

from steersman.cluster.tables.ages import age
from steersman.cluster.tables.printer import NONE, Json, Printer, columns, condition, join_labels, name, obj_age
from steersman.cluster.tables.printer import containers as container_columns

COMPLETED = {
    "Succeeded": ("Succeeded", "The pod has completed successfully."),
    "Failed": ("Failed", "The pod failed."),
}


def pod_conditions(pod: Json) -> list[Json]:
    """What a table row says of a Pod that has ended; kubectl greys it out."""
    found = COMPLETED.get(pod.get("status", {}).get("phase", ""))
    if found is None:
        return []
    return [{"type": "Completed", "status": "True", "reason": found[0], "message": found[1]}]


def _sidecar(container: Json) -> bool:
    return container.get("restartPolicy") == "Always"


def _terminated(state: Json) -> str:
    if state.get("reason"):
        return str(state["reason"])
    return f"Signal:{state['signal']}" if state.get("signal") else f"ExitCode:{state.get('exitCode', 0)}"


class _Row:
    """The counters that printing a Pod collects."""

    def __init__(self, pod: Json) -> None:
        self.pod = pod
        self.status: Json = pod.get("status", {})
        self.restarts = 0
        self.restarted = ""
        self.ready = 0
        self.reason = self.status.get("reason") or self.status.get("phase", "")
        inits = {container["name"]: container for container in pod["spec"].get("initContainers", ())}
        self.total = len(pod["spec"].get("containers") or ()) + sum(_sidecar(item) for item in inits.values())
        scheduled = [item for item in self.status.get("conditions", ()) if item["type"] == "PodScheduled"]
        if scheduled and scheduled[0].get("reason") == "SchedulingGated":
            self.reason = "SchedulingGated"
        if not self._initializing(inits) or condition(pod, "Initialized"):
            self._running()
        if pod["metadata"].get("deletionTimestamp"):
            if self.status.get("reason") == "NodeLost":
                self.reason = "Unknown"
            elif self.status.get("phase") not in ("Succeeded", "Failed"):
                self.reason = "Terminating"

    def _count(self, found: Json) -> None:
        self.restarts += found.get("restartCount", 0)
        ended = found.get("lastState", {}).get("terminated", {}).get("finishedAt") or ""
        self.restarted = max(self.restarted, ended)

    def _initializing(self, inits: dict[str, Json]) -> bool:
        for index, found in enumerate(self.status.get("initContainerStatuses", ())):
            self._count(found)
            state = found.get("state", {})
            terminated, waiting = state.get("terminated"), state.get("waiting")
            if terminated is not None and terminated.get("exitCode") == 0:
                continue
            if _sidecar(inits.get(found["name"], {})) and found.get("started"):
                self.ready += bool(found.get("ready"))
                continue
            if terminated is not None:
                self.reason = f"Init:{_terminated(terminated)}"
            elif waiting is not None and waiting.get("reason") not in (None, "", "PodInitializing"):
                self.reason = f"Init:{waiting['reason']}"
            else:
                self.reason = f"Init:{index}/{len(inits)}"
            return True
        return False

    def _running(self) -> None:
        self.restarts = self.restarts if any(_sidecar(c) for c in self.pod["spec"].get("initContainers", ())) else 0
        running = False
        for found in reversed(self.status.get("containerStatuses", ())):
            self._count(found)
            state = found.get("state", {})
            if state.get("waiting", {}).get("reason"):
                self.reason = state["waiting"]["reason"]
            elif "terminated" in state:
                self.reason = _terminated(state["terminated"])
            elif found.get("ready") and "running" in state:
                running = True
                self.ready += 1
        if self.reason == "Completed" and running:
            self.reason = "Running" if condition(self.pod, "Ready") else "NotReady"


def _cells(pod: Json) -> list[Any]:
    row = _Row(pod)
    restarts = f"{row.restarts} ({age(row.restarted)} ago)" if row.restarts and row.restarted else str(row.restarts)
    gates = pod["spec"].get("readinessGates", ())
    passed = sum(condition(pod, gate["conditionType"]) is not None for gate in gates)
    return [
        name(pod),
        f"{row.ready}/{row.total}",
        row.reason,
        restarts,
        obj_age(pod),
        row.status.get("podIP") or NONE,
        pod["spec"].get("nodeName") or NONE,
        row.status.get("nominatedNodeName") or NONE,
        f"{passed}/{len(gates)}" if gates else NONE,
    ]


def _template(obj: Json) -> list[Any]:
    names, images = container_columns(obj["template"])
    return [name(obj), names, images, join_labels(obj["template"].get("metadata", {}).get("labels"))]


PRINTERS = {
    "pods": Printer(columns("Name|Ready|Status|Restarts|Age|IP*|Node*|Nominated Node*|Readiness Gates*"), _cells),
    "podtemplates": Printer(columns("Name|Containers|Images|Pod Labels"), _template),
}
