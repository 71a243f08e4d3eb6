"""DaemonSets: one Pod on the one node."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.cluster.controllers import pods, revisions
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of
from steersman.cluster.controllers.scheduling import fits_node
from steersman.cluster.kinds.workloads import TEMPLATE_GENERATION
from steersman.cluster.machinery import Json
from steersman.errors import ApiError

_REVISION, _GENERATION = "controller-revision-hash", "pod-template-generation"


class DaemonSetController(Controller):
    name = "daemonset-controller"
    watches = ("daemonsets.apps", "pods")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "daemonsets.apps":
            return [key_of(obj)]
        owner = controller_of(obj)
        return [(obj["metadata"]["namespace"], owner["name"])] if owner and owner["kind"] == "DaemonSet" else []

    def reconcile(self, namespace: str, name: str) -> float | None:
        daemons = self.objects.find("daemonsets.apps", name, namespace)
        if daemons is None:
            return None
        template = daemons["spec"]["template"]
        node = next(iter(self.objects.list("nodes")), None)
        wanted = 1 if node is not None and fits_node(template["spec"], node) is None else 0
        current = revisions.current(self.objects, daemons, _REVISION)["metadata"]
        revision: str = current["labels"][_REVISION]
        mine = pods.owned_pods(self.objects, daemons, daemons["spec"]["selector"])
        if not daemons["metadata"].get("deletionTimestamp"):
            rolling = (daemons["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate"
            for pod in mine:
                old = rolling and (pod["metadata"].get("labels") or {}).get(_REVISION) != revision
                if (old or pods.is_finished(pod) or not wanted) and not pods.is_terminating(pod):
                    self.objects.delete("pods", pod["metadata"]["name"], namespace)
                    self.events.normal(daemons, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")
            if wanted and not any(not pods.is_finished(pod) for pod in mine):
                self._create(daemons, revision)
            mine = pods.owned_pods(self.objects, daemons, daemons["spec"]["selector"])
        in_use = {f"{name}-{(pod['metadata'].get('labels') or {}).get(_REVISION)}" for pod in mine}
        revisions.clean_up(self.objects, daemons, {current["name"], *in_use})
        return self._write(daemons, [pod for pod in mine if pods.is_active(pod)], wanted, revision)

    def _create(self, daemons: Json, revision: str) -> None:
        pod = pods.from_template(daemons, daemons["spec"]["template"])
        generation = (daemons["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1")
        pod["metadata"].setdefault("labels", {}).update({_REVISION: revision, _GENERATION: generation})
        tolerations = pod["spec"].setdefault("tolerations", [])
        for key in ("not-ready", "unreachable"):
            tolerations.append({"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute"})
        for key in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable"):
            tolerations.append({"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoSchedule"})
        try:
            made = self.objects.create("pods", pod, daemons["metadata"]["namespace"])
        except ApiError as error:
            self.events.warning(daemons, "FailedCreate", f"Error creating: {error}")
            self.enqueue_after(key_of(daemons), 1.0)
            return
        self.events.normal(daemons, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")

    def _write(self, daemons: Json, active: list[Json], wanted: int, revision: str) -> float | None:
        minimum = float(daemons["spec"].get("minReadySeconds") or 0)
        waits = [pods.available_in(pod, minimum) for pod in active]
        updated = sum((pod["metadata"].get("labels") or {}).get(_REVISION) == revision for pod in active)
        available = sum(wait == 0 for wait in waits)
        status: Json = {
            "currentNumberScheduled": min(len(active), wanted), "numberMisscheduled": 0, "desiredNumberScheduled": wanted,
            "numberReady": sum(wait is not None for wait in waits),
            "observedGeneration": daemons["metadata"].get("generation", 1),
        }  # fmt: skip
        for field, count in (
            ("updatedNumberScheduled", updated), ("numberAvailable", available), ("numberUnavailable", wanted - available)
        ):  # fmt: skip
            if count > 0:
                status[field] = count
        if status != daemons.get("status"):
            daemons["status"] = status
            self.objects.update_status("daemonsets.apps", daemons)
        pending = [wait for wait in waits if wait]
        return min(pending) if pending else None
