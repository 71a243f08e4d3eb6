"""Deployments: rolling from one ReplicaSet to the next, revisions, and how far a roll-out has come.

Source: kubernetes.io "Deployments", the apps/v1 API reference and pkg/controller/deployment; conditions as 1.36 gives them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from steersman.cluster.controllers import deployment_conditions as conditions
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of, owner_reference
from steersman.cluster.controllers.deployment_numbers import HASH, REVISION, count_of, limits, replicas_of, revision_of
from steersman.cluster.machinery import Json
from steersman.errors import AlreadyExists

FORMER = "deployment.kubernetes.io/revision-history"  # the numbers that a ReplicaSet had before, on its own annotations
DESIRED, MAXIMUM = "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = {"kubectl.kubernetes.io/last-applied-configuration", REVISION, FORMER, DESIRED, MAXIMUM,
               "deprecated.deployment.rollback.to"}  # fmt: skip


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
        conditions.note_pause(deployment)
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
            self._scale(deployment, new, replicas_of(deployment))
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
        return sorted(mine, key=lambda each: (each["metadata"]["creationTimestamp"], revision_of(each)))

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
        revision = str(max([revision_of(each) for each in sets], default=0) + 1)
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
        present = sum(replicas_of(each) for each in sets)
        recreate = (spec.get("strategy") or {}).get("type") == "Recreate"
        wanted = replicas_of(deployment)
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
        conditions.progress(deployment, True, "NewReplicaSetCreated", words)
        if first:
            self._scaled(deployment, made, 0, first)
        return made

    def _annotations(self, deployment: Json) -> Json:
        own = deployment["metadata"].get("annotations") or {}
        surge, _ = limits(deployment)
        wanted = replicas_of(deployment)
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
        newest = max(revision_of(each) for each in sets)
        number = revision_of(new)
        others = [revision_of(each) for each in sets if each["metadata"]["uid"] != new["metadata"]["uid"]]
        if others and number <= max(others):
            number = newest + 1
        wanted: Json = self._annotations(deployment) | {REVISION: str(number)}
        if (before := revision_of(new)) and before < number:
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
            conditions.progress(
                deployment, True, "FoundNewReplicaSet", f'Found new replica set "{new["metadata"]["name"]}"'
            )
        return new

    def _scale(self, deployment: Json, replica_set: Json, count: int) -> None:
        before = replicas_of(replica_set)
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
        if len(live := [each for each in sets if replicas_of(each)]) == 1:
            self._scale(deployment, live[0], replicas_of(deployment))

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
        wanted = replicas_of(deployment)
        surge, unavailable = limits(deployment)
        present = sum(replicas_of(each) for each in [*old, new])
        if replicas_of(new) > wanted:
            self._scale(deployment, new, wanted)
        elif replicas_of(new) < wanted:
            room = wanted + surge - present
            if room > 0:
                self._scale(deployment, new, min(wanted, replicas_of(new) + room))
        live = [each for each in old if replicas_of(each)]
        if not live:
            return
        # Pods that never became ready serve nobody: they go first and cost no availability.
        least = wanted - unavailable
        not_available_new = replicas_of(new) - count_of(new, "availableReplicas")
        spare = sum(replicas_of(each) for each in [*live, new]) - least - not_available_new
        if spare <= 0:
            return  # also while the counts in the sets' statuses lag behind what was asked of them
        for each in live:
            unhealthy = max(replicas_of(each) - count_of(each, "availableReplicas"), 0)
            cut = min(unhealthy, spare)
            if cut > 0:
                self._scale(deployment, each, replicas_of(each) - cut)
                spare -= cut
        total_available = sum(count_of(each, "availableReplicas") for each in [*live, new])
        free = total_available - least
        for each in live:
            cut = min(replicas_of(each), free)
            if cut > 0:
                self._scale(deployment, each, replicas_of(each) - cut)
                free -= cut

    def _clean_up(self, deployment: Json, new: Json, sets: list[Json]) -> None:
        keep = deployment["spec"].get("revisionHistoryLimit")
        keep = 10 if keep is None else int(keep)
        empty = [
            each for each in sets
            if each["metadata"]["uid"] != new["metadata"]["uid"] and not replicas_of(each) and not count_of(each, "replicas")
        ]  # fmt: skip
        if not conditions.complete(deployment):
            return
        for each in sorted(empty, key=revision_of)[: max(len(empty) - keep, 0)]:
            self.objects.delete("replicasets.apps", each["metadata"]["name"], each["metadata"]["namespace"])

    # --- status -----------------------------------------------------------------------------------------------------

    def _write(self, deployment: Json, new: Json | None, sets: list[Json]) -> float | None:
        old = copy.deepcopy(
            self.objects.get("deployments.apps", deployment["metadata"]["name"], deployment["metadata"]["namespace"])
        )
        before: Json = old.get("status") or {}
        wanted = replicas_of(deployment)
        total, available = (sum(count_of(each, field) for each in sets) for field in ("replicas", "availableReplicas"))
        updated = count_of(new, "replicas") if new is not None else 0
        status: Json = {"observedGeneration": deployment["metadata"].get("generation", 1)}
        for field, count in (
            ("replicas", total), ("updatedReplicas", updated),
            ("readyReplicas", sum(count_of(each, "readyReplicas") for each in sets)), ("availableReplicas", available),
            ("unavailableReplicas", max(max(total, wanted) - available, 0)),
        ):  # fmt: skip
            if count:
                status[field] = count
        status["terminatingReplicas"] = sum(count_of(each, "terminatingReplicas") for each in sets)
        if collisions := (deployment.get("status") or {}).get("collisionCount"):
            status["collisionCount"] = collisions
        status["conditions"] = (deployment.get("status") or {}).get("conditions") or []
        deployment["status"] = status
        conditions.availability(deployment, available, wanted)
        again = conditions.judge_progress(deployment, new, before)
        conditions.note_failure(status, [*([new] if new else []), *sets])
        if status != before:
            old["status"] = status
            deployment["metadata"] = self.objects.update_status("deployments.apps", old)["metadata"]
        return again
