"""ReplicaSets (and ReplicationControllers): so many Pods of a template, and their counts in the status."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of, owner_reference
from steersman.cluster.machinery import Json, now
from steersman.errors import ApiError, NotFound


class ReplicaSetController(Controller):
    name = "replicaset-controller"
    watches = ("replicasets.apps", "pods")
    resource = "replicasets.apps"
    kind = "ReplicaSet"

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == self.resource:
            return [key_of(obj)]
        owner = controller_of(obj)
        if owner is not None:
            return [(obj["metadata"]["namespace"], owner["name"])] if owner["kind"] == self.kind else []
        # An orphan concerns every set whose selector matches it.
        labels = obj["metadata"].get("labels") or {}
        sets = self.objects.list(self.resource, obj["metadata"]["namespace"]) if labels else []
        return [key_of(each) for each in sets if _matches(self.selector(each), labels)]

    def selector(self, replicas: Json) -> Json:
        selector: Json = replicas["spec"].get("selector") or {}
        return selector

    def reconcile(self, namespace: str, name: str) -> float | None:
        replica_set = self.objects.find(self.resource, name, namespace)
        if replica_set is None:
            return None
        spec = replica_set["spec"]
        mine = self._claim(replica_set)
        active = [pod for pod in mine if pods.is_active(pod)]
        wanted = spec.get("replicas")
        wanted = 1 if wanted is None else int(wanted)
        failure = ""
        if not replica_set["metadata"].get("deletionTimestamp"):
            if len(active) < wanted:
                active, failure = self._create(replica_set, active, wanted - len(active))
            elif len(active) > wanted:
                active = self._delete(replica_set, active, len(active) - wanted)
        return self._write(replica_set, active, mine, failure)

    def _claim(self, replica_set: Json) -> list[Json]:
        """Its Pods, after adopting orphans that its selector matches and letting go those it matches no longer."""
        namespace, uid = replica_set["metadata"]["namespace"], replica_set["metadata"]["uid"]
        mine = []
        for pod in self.objects.list("pods", namespace, labels=self.selector(replica_set)):
            owner = controller_of(pod)
            if owner is None and not pods.is_terminating(pod) and not replica_set["metadata"].get("deletionTimestamp"):
                references = [*(pod["metadata"].get("ownerReferences") or ()), owner_reference(replica_set)]
                change = {"metadata": {"ownerReferences": references}}
                mine.append(self.objects.patch("pods", pod["metadata"]["name"], change, namespace))
            elif owner is not None and owner["uid"] == uid:
                mine.append(pod)
        return mine

    def _create(self, replica_set: Json, active: list[Json], count: int) -> tuple[list[Json], str]:
        for _ in range(count):
            pod = pods.from_template(replica_set, replica_set["spec"]["template"])
            try:
                made = self.objects.create("pods", pod, replica_set["metadata"]["namespace"])
            except ApiError as error:
                self.events.warning(replica_set, "FailedCreate", f"Error creating: {error}")
                self.enqueue_after(key_of(replica_set), 1.0)
                return active, str(error)
            self.events.normal(replica_set, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
            active = [*active, made]
        return active, ""

    def _delete(self, replica_set: Json, active: list[Json], count: int) -> list[Json]:
        doomed = sorted(active, key=pods.deletion_rank)[:count]
        for pod in doomed:
            name = pod["metadata"]["name"]
            try:
                self.objects.delete("pods", name, pod["metadata"]["namespace"])
            except NotFound:
                continue
            self.events.normal(replica_set, "SuccessfulDelete", f"Deleted pod: {name}")
        return [pod for pod in active if pod not in doomed]

    def _write(self, replica_set: Json, active: list[Json], mine: list[Json], failure: str) -> float | None:
        spec = replica_set["spec"]
        minimum = float(spec.get("minReadySeconds") or 0)
        waits = [pods.available_in(pod, minimum) for pod in active]
        labels = (spec["template"].get("metadata") or {}).get("labels") or {}
        full = [pod for pod in active if labels.items() <= (pod["metadata"].get("labels") or {}).items()]
        status: Json = {"replicas": len(active)}
        for field, count in (
            ("fullyLabeledReplicas", len(full)),
            ("readyReplicas", sum(wait is not None for wait in waits)),
            ("availableReplicas", sum(wait == 0 for wait in waits)),
        ):
            if count:
                status[field] = count
        if self.resource == "replicasets.apps":
            status["terminatingReplicas"] = sum(pods.is_terminating(pod) and not pods.is_finished(pod) for pod in mine)
        status["observedGeneration"] = replica_set["metadata"].get("generation", 1)
        if failure:
            known = (replica_set.get("status") or {}).get("conditions") or []
            status["conditions"] = pods.set_condition(
                known, "ReplicaFailure", True, "FailedCreate", failure, lastTransitionTime=now()
            )
        if status != replica_set.get("status"):
            replica_set["status"] = status
            self.objects.update_status(self.resource, replica_set)
        pending = [wait for wait in waits if wait]
        return min(pending) if pending else None


class ReplicationControllerController(ReplicaSetController):
    """The same for the older kind, whose selector is a plain map."""

    name = "replication-controller"
    watches = ("replicationcontrollers", "pods")
    resource = "replicationcontrollers"
    kind = "ReplicationController"

    def selector(self, replicas: Json) -> Json:
        return {"matchLabels": replicas["spec"].get("selector") or {}}


def _matches(selector: Json, labels: Json) -> bool:
    from steersman.cluster import selectors

    test = selectors.match_labels(selector)
    return test is not None and test(labels)
