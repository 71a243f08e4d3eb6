"""Deployments: rolling from one ReplicaSet to the next, revisions, and how far a roll-out has come.

Source: kubernetes.io "Deployments", the apps/v1 API reference and pkg/controller/deployment; conditions as 1.36 gives them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any

from steersman.cluster.controllers import deployment_conditions as conditions
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of, owner_reference
from steersman.cluster.machinery import Json, now
from steersman.errors import AlreadyExists

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
FORMER = "deployment.kubernetes.io/revision-history"  # the numbers that a ReplicaSet had before, on its own annotations
DESIRED, MAXIMUM = "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", REVISION, FORMER, DESIRED, MAXIMUM,
               "deprecated.deployment.rollback.to"}  # fmt: skip


def whole(value: Any, total: int, *, up: bool) -> int:
    """An int-or-percent of `total`."""
    if isinstance(value, str) and value.endswith("%"):
        share = total * int(value[:-1]) / 100
        return math.ceil(share) if up else math.floor(share)
    return int(value)


def limits(deployment: Json) -> tuple[int, int]:
    """(maxSurge, maxUnavailable) in Pods; never both 0, or nothing could ever roll."""
    wanted = _wanted(deployment)
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, wanted
    rolling = strategy.get("rollingUpdate") or {}
    surge = whole(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = whole(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return surge, (1 if surge == 0 and unavailable == 0 else unavailable)


def _wanted(owner: Json) -> int:
    value = owner["spec"].get("replicas")
    return 1 if value is None else int(value)


def _count(owner: Json, field: str) -> int:
    return int((owner.get("status") or {}).get(field, 0))


def _revision(owner: Json) -> int:
    text = (owner["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


class DeploymentController(Controller):
    name = "deployment-controller"
    watches = ("deployments.apps", "replicasets.apps", "pods")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "deployments.apps":
            return [key_of(obj)]
        if resource == "pods":
            # Only Recreate waits for Pods themselves; all else shows in the ReplicaSets.
            owner = controller_of(obj) if kind == "DELETED" else None
            if owner is None or owner["kind"] != "ReplicaSet":
                return []
            found = self.objects.find("replicasets.apps", owner["name"], obj["metadata"]["namespace"])
            if found is None:
                return []
            obj = found
        owner = controller_of(obj)
        return [(obj["metadata"]["namespace"], owner["name"])] if owner and owner["kind"] == "Deployment" else []

    def reconcile(self, namespace: str, name: str) -> float | None:
        deployment = self.objects.find("deployments.apps", name, namespace)
        if deployment is None:
            return None
        sets = self._claim(deployment)
        if deployment["metadata"].get("deletionTimestamp"):
            self._write(deployment, self._current(deployment, sets), sets)
            return None
        self._note_pause(deployment)
        if deployment["spec"].get("paused"):
            new = self._current(deployment, sets)
            self._scale_to(deployment, sets)
            self._write(deployment, new, sets)
            return None
        recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
        new = self._current(deployment, sets)
        old = [each for each in sets if new is None or each["metadata"]["uid"] != new["metadata"]["uid"]]
        if recreate and self._stop_old(deployment, old):
            self._write(deployment, new, sets)
            return None
        if new is None:
            new = self._make(deployment, sets)
            sets = [*sets, new]
        else:
            new = self._revise(deployment, new, sets)
        if recreate:
            self._scale(deployment, new, _wanted(deployment))
        else:
            self._roll(deployment, new, old)
        sets = [self.objects.get("replicasets.apps", each["metadata"]["name"], namespace) for each in sets]
        new = next(each for each in sets if each["metadata"]["uid"] == new["metadata"]["uid"])
        again = self._write(deployment, new, sets)
        self._clean_up(deployment, new, sets)
        return again

    # --- ReplicaSets ------------------------------------------------------------------------------------------------

    def _claim(self, deployment: Json) -> list[Json]:
        namespace, uid = deployment["metadata"]["namespace"], deployment["metadata"]["uid"]
        mine = []
        for each in self.objects.list("replicasets.apps", namespace, labels=deployment["spec"]["selector"]):
            owner = controller_of(each)
            if owner is None and not deployment["metadata"].get("deletionTimestamp"):
                change = {"metadata": {"ownerReferences": [owner_reference(deployment)]}}
                mine.append(self.objects.patch("replicasets.apps", each["metadata"]["name"], change, namespace))
            elif owner is not None and owner["uid"] == uid:
                mine.append(each)
        return sorted(mine, key=lambda each: (each["metadata"]["creationTimestamp"], _revision(each)))

    def _current(self, deployment: Json, sets: list[Json]) -> Json | None:
        """The ReplicaSet of the template as it is now."""
        wanted = pods.without_hash(deployment["spec"]["template"])
        for each in sets:
            if pods.without_hash(each["spec"]["template"]) == wanted:
                return each
        return None

    def _make(self, deployment: Json, sets: list[Json]) -> Json:
        metadata, spec = deployment["metadata"], deployment["spec"]
        collisions = int((deployment.get("status") or {}).get("collisionCount", 0))
        digest = pods.template_hash(spec["template"], str(collisions or ""))
        template = copy.deepcopy(spec["template"])
        labels = {**((template.get("metadata") or {}).get("labels") or {}), HASH: digest}
        template.setdefault("metadata", {})["labels"] = labels
        selector = copy.deepcopy(spec["selector"])
        selector.setdefault("matchLabels", {})[HASH] = digest
        revision = str(max([_revision(each) for each in sets], default=0) + 1)
        body: Json = {
            "metadata": {
                "name": f"{metadata['name']}-{digest}", "namespace": metadata["namespace"], "labels": labels,
                "annotations": self._annotations(deployment) | {REVISION: revision},
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        }  # fmt: skip
        if spec.get("minReadySeconds"):
            body["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        surge, _ = limits(deployment)
        present = sum(_wanted(each) for each in sets)
        recreate = (spec.get("strategy") or {}).get("type") == "Recreate"
        wanted = _wanted(deployment)
        first = wanted if recreate else min(wanted, max(wanted + surge - present, 0))
        body["spec"]["replicas"] = first
        try:
            made = self.objects.create("replicasets.apps", body, metadata["namespace"])
        except AlreadyExists:
            deployment.setdefault("status", {})["collisionCount"] = collisions + 1
            self.objects.update_status("deployments.apps", deployment)
            raise
        self._set_revision(deployment, revision)
        words = f'Created new replica set "{made["metadata"]["name"]}"'
        self._progress(deployment, True, "NewReplicaSetCreated", words)
        if first:
            self._scaled(deployment, made, 0, first)
        return made

    def _annotations(self, deployment: Json) -> Json:
        own = deployment["metadata"].get("annotations") or {}
        surge, _ = limits(deployment)
        wanted = _wanted(deployment)
        copied = {key: value for key, value in own.items() if key not in _NOT_COPIED}
        return copied | {DESIRED: str(wanted), MAXIMUM: str(wanted + surge)}

    def _set_revision(self, deployment: Json, revision: str) -> None:
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) == revision:
            return
        change = {"metadata": {"annotations": {REVISION: revision}}}
        metadata = deployment["metadata"]
        patched = self.objects.patch(
            "deployments.apps", metadata["name"], change, metadata["namespace"], subresource="status"
        )
        deployment["metadata"] = patched["metadata"]

    def _revise(self, deployment: Json, new: Json, sets: list[Json]) -> Json:
        """Going back to an older template makes its ReplicaSet the newest revision."""
        newest = max(_revision(each) for each in sets)
        number = _revision(new)
        others = [_revision(each) for each in sets if each["metadata"]["uid"] != new["metadata"]["uid"]]
        if others and number <= max(others):
            number = newest + 1
        wanted: Json = self._annotations(deployment) | {REVISION: str(number)}
        if (before := _revision(new)) and before < number:
            former = (new["metadata"].get("annotations") or {}).get(FORMER, "")
            wanted[FORMER] = ",".join(filter(None, (former, str(before))))
        change: Json = {}
        if not wanted.items() <= (new["metadata"].get("annotations") or {}).items():
            change["metadata"] = {"annotations": wanted}
        minimum = deployment["spec"].get("minReadySeconds") or 0
        if (new["spec"].get("minReadySeconds") or 0) != minimum:
            change["spec"] = {"minReadySeconds": minimum}
        if change:
            new = self.objects.patch("replicasets.apps", new["metadata"]["name"], change, new["metadata"]["namespace"])
        self._set_revision(deployment, str(number))
        if not any(each["type"] == "Progressing" for each in (deployment.get("status") or {}).get("conditions") or ()):
            self._progress(deployment, True, "FoundNewReplicaSet", f'Found new replica set "{new["metadata"]["name"]}"')
        return new

    def _scale(self, deployment: Json, replica_set: Json, count: int) -> None:
        before = _wanted(replica_set)
        if before == count:
            return
        metadata = replica_set["metadata"]
        changed = self.objects.patch(
            "replicasets.apps", metadata["name"], {"spec": {"replicas": count}}, metadata["namespace"]
        )
        replica_set["spec"], replica_set["metadata"] = changed["spec"], changed["metadata"]
        self._scaled(deployment, replica_set, before, count)

    def _scaled(self, deployment: Json, replica_set: Json, before: int, after: int) -> None:
        word = "up" if after > before else "down"
        text = f"Scaled {word} replica set {replica_set['metadata']['name']} from {before} to {after}"
        self.events.normal(deployment, "ScalingReplicaSet", text)

    def _scale_to(self, deployment: Json, sets: list[Json]) -> None:
        """While paused only the number of the newest set follows the Deployment."""
        if len(live := [each for each in sets if _wanted(each)]) == 1:
            self._scale(deployment, live[0], _wanted(deployment))

    def _stop_old(self, deployment: Json, old: list[Json]) -> bool:
        """Recreate: whether Pods of former sets are still there."""
        for each in old:
            self._scale(deployment, each, 0)
        return any(
            not pods.is_finished(pod)
            for each in old
            for pod in pods.owned_pods(self.objects, each, each["spec"]["selector"])
        )

    def _roll(self, deployment: Json, new: Json, old: list[Json]) -> None:
        """One step of a rolling update: as many more new Pods as may surge, as many fewer old ones as may be missing."""
        wanted = _wanted(deployment)
        surge, unavailable = limits(deployment)
        present = sum(_wanted(each) for each in [*old, new])
        if _wanted(new) > wanted:
            self._scale(deployment, new, wanted)
        elif _wanted(new) < wanted:
            room = wanted + surge - present
            if room > 0:
                self._scale(deployment, new, min(wanted, _wanted(new) + room))
        live = [each for each in old if _wanted(each)]
        if not live:
            return
        # Pods that never became ready serve nobody: they go first and cost no availability.
        least = wanted - unavailable
        not_available_new = _wanted(new) - _count(new, "availableReplicas")
        spare = sum(_wanted(each) for each in [*live, new]) - least - not_available_new
        if spare <= 0:
            return  # also while the counts in the sets' statuses lag behind what was asked of them
        for each in live:
            unhealthy = max(_wanted(each) - _count(each, "availableReplicas"), 0)
            cut = min(unhealthy, spare)
            if cut > 0:
                self._scale(deployment, each, _wanted(each) - cut)
                spare -= cut
        total_available = sum(_count(each, "availableReplicas") for each in [*live, new])
        free = total_available - least
        for each in live:
            cut = min(_wanted(each), free)
            if cut > 0:
                self._scale(deployment, each, _wanted(each) - cut)
                free -= cut

    def _clean_up(self, deployment: Json, new: Json, sets: list[Json]) -> None:
        keep = deployment["spec"].get("revisionHistoryLimit")
        keep = 10 if keep is None else int(keep)
        empty = [
            each for each in sets
            if each["metadata"]["uid"] != new["metadata"]["uid"] and not _wanted(each) and not _count(each, "replicas")
        ]  # fmt: skip
        if not self._complete(deployment):
            return
        for each in sorted(empty, key=_revision)[: max(len(empty) - keep, 0)]:
            self.objects.delete("replicasets.apps", each["metadata"]["name"], each["metadata"]["namespace"])

    # --- status -----------------------------------------------------------------------------------------------------

    def _note_pause(self, deployment: Json) -> None:
        """While paused, and until something moves after that, nobody can say whether the roll-out comes along."""
        current = conditions.condition(deployment.get("status") or {}, "Progressing")
        known = current.get("reason") == "DeploymentPaused"
        if not conditions.has_deadline(deployment) or current.get("reason") == "ProgressDeadlineExceeded":
            return
        if deployment["spec"].get("paused") and not known:
            self._progress(deployment, "Unknown", "DeploymentPaused", "Deployment is paused")
        elif known and not deployment["spec"].get("paused"):
            self._progress(deployment, "Unknown", "DeploymentResumed", "Deployment is resumed")

    def _progress(self, deployment: Json, status: bool | str, reason: str, message: str) -> None:
        if conditions.has_deadline(deployment):
            conditions.set_condition(deployment.setdefault("status", {}), "Progressing", status, reason, message)

    def _complete(self, deployment: Json) -> bool:
        wanted, status = _wanted(deployment), deployment.get("status") or {}
        same = all(status.get(field, 0) == wanted for field in ("replicas", "updatedReplicas", "availableReplicas"))
        return same and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 1)

    def _write(self, deployment: Json, new: Json | None, sets: list[Json]) -> float | None:
        old = copy.deepcopy(
            self.objects.get("deployments.apps", deployment["metadata"]["name"], deployment["metadata"]["namespace"])
        )
        before: Json = old.get("status") or {}
        wanted = _wanted(deployment)
        total, available = (sum(_count(each, field) for each in sets) for field in ("replicas", "availableReplicas"))
        updated = _count(new, "replicas") if new is not None else 0
        status: Json = {"observedGeneration": deployment["metadata"].get("generation", 1)}
        for field, count in (
            ("replicas", total), ("updatedReplicas", updated),
            ("readyReplicas", sum(_count(each, "readyReplicas") for each in sets)), ("availableReplicas", available),
            ("unavailableReplicas", max(max(total, wanted) - available, 0)),
        ):  # fmt: skip
            if count:
                status[field] = count
        status["terminatingReplicas"] = sum(_count(each, "terminatingReplicas") for each in sets)
        if collisions := (deployment.get("status") or {}).get("collisionCount"):
            status["collisionCount"] = collisions
        status["conditions"] = (deployment.get("status") or {}).get("conditions") or []
        deployment["status"] = status
        self._availability(deployment, available, wanted)
        again = self._judge_progress(deployment, new, before)
        conditions.note_failure(status, [*([new] if new else []), *sets])
        if status != before:
            old["status"] = status
            deployment["metadata"] = self.objects.update_status("deployments.apps", old)["metadata"]
        return again

    def _availability(self, deployment: Json, available: int, wanted: int) -> None:
        _, unavailable = limits(deployment)
        enough = available >= wanted - unavailable
        words = "Deployment has minimum availability." if enough else "Deployment does not have minimum availability."
        reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
        conditions.set_condition(deployment["status"], "Available", enough, reason, words)

    def _judge_progress(self, deployment: Json, new: Json | None, before: Json) -> float | None:
        """Sets Progressing; says when the progress deadline would pass."""
        if deployment["spec"].get("paused") or new is None:
            return None
        if not conditions.has_deadline(deployment):
            kept = deployment["status"]["conditions"]
            deployment["status"]["conditions"] = [each for each in kept if each["type"] != "Progressing"]
            return None
        name = new["metadata"]["name"]
        status = deployment["status"]
        current: Json = next((each for each in status["conditions"] if each["type"] == "Progressing"), {})
        if self._complete(deployment):
            if current.get("reason") != "NewReplicaSetAvailable":
                words = f'ReplicaSet "{name}" has successfully progressed.'
                self._progress(deployment, True, "NewReplicaSetAvailable", words)
            return None
        if current.get("reason") == "NewReplicaSetAvailable" and before.get("updatedReplicas", 0) == status.get(
            "updatedReplicas", 0
        ):
            return None  # a Pod that fell over later is no new roll-out
        moved = any(
            status.get(field, 0) > before.get(field, 0)
            for field in ("updatedReplicas", "readyReplicas", "availableReplicas")
        ) or status.get("replicas", 0) - status.get("updatedReplicas", 0) < before.get("replicas", 0) - before.get(
            "updatedReplicas", 0
        )
        if moved:
            stamp = now()
            kept = [each for each in status["conditions"] if each["type"] != "Progressing"]
            since = current.get("lastTransitionTime", stamp) if current.get("status") == "True" else stamp
            status["conditions"] = [
                *kept,
                {"type": "Progressing", "status": "True", "lastUpdateTime": stamp, "lastTransitionTime": since,
                 "reason": "ReplicaSetUpdated", "message": f'ReplicaSet "{name}" is progressing.'},
            ]  # fmt: skip
            current = status["conditions"][-1]
        deadline = deployment["spec"].get("progressDeadlineSeconds")
        if deadline is None or current.get("reason") == "ProgressDeadlineExceeded" or not current:
            return None
        left = float(deadline) - pods.seconds_since(current.get("lastUpdateTime"))
        if left > 0:
            return left + 0.01
        self._progress(deployment, False, "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
        return None
