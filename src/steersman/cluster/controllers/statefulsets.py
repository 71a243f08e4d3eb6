"""StatefulSets: Pods with names and volumes of their own, one after the other.

Source: kubernetes.io "StatefulSets" and the apps/v1 API reference.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable

from steersman.cluster.controllers import pods, revisions
from steersman.cluster.controllers.controller import Controller, Key, controller_of, key_of, owner_reference
from steersman.cluster.machinery import Json
from steersman.errors import AlreadyExists, ApiError, NotFound

REVISION = "controller-revision-hash"
_ORDINAL = re.compile(r"(.*)-(\d+)")


class StatefulSetController(Controller):
    name = "statefulset-controller"
    watches = ("statefulsets.apps", "pods", "persistentvolumeclaims")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "statefulsets.apps":
            return [key_of(obj)]
        owner = controller_of(obj)
        return [(obj["metadata"]["namespace"], owner["name"])] if owner and owner["kind"] == "StatefulSet" else []

    def reconcile(self, namespace: str, name: str) -> float | None:
        stateful = self.objects.find("statefulsets.apps", name, namespace)
        if stateful is None:
            return None
        mine = {_ordinal(pod): pod for pod in pods.owned_pods(self.objects, stateful, stateful["spec"]["selector"])}
        update: str = revisions.current(self.objects, stateful, "controller.kubernetes.io/hash")["metadata"]["name"]
        current = (stateful.get("status") or {}).get("currentRevision") or update
        again = None
        if not stateful["metadata"].get("deletionTimestamp"):
            again = self._step(stateful, mine, current, update)
        mine = {_ordinal(pod): pod for pod in pods.owned_pods(self.objects, stateful, stateful["spec"]["selector"])}
        self._write(stateful, list(mine.values()), current, update)
        in_use = {(pod["metadata"].get("labels") or {}).get(REVISION, "") for pod in mine.values()}
        revisions.clean_up(self.objects, stateful, {current, update, *in_use})
        return again

    def _wanted(self, stateful: Json) -> range:
        value = stateful["spec"].get("replicas")
        first = int((stateful["spec"].get("ordinals") or {}).get("start", 0))
        return range(first, first + (1 if value is None else int(value)))

    def _step(self, stateful: Json, mine: dict[int, Json], current: str, update: str) -> float | None:
        """Makes, removes or replaces what may be now; one Pod at a time unless the set says Parallel."""
        spec = stateful["spec"]
        parallel = spec.get("podManagementPolicy") == "Parallel"
        minimum = float(spec.get("minReadySeconds") or 0)
        wanted = self._wanted(stateful)
        rolling = (spec.get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate"
        partition = int(((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition") or 0)
        again: float | None = None
        for ordinal in wanted:
            pod = mine.get(ordinal)
            if pod is None:
                old = current != update and (not rolling or ordinal < partition)
                if not self._create(stateful, ordinal, current if old else update):
                    return 1.0
                if not parallel:
                    return None
                continue
            if pods.is_finished(pod) and not pods.is_terminating(pod):
                self.events.warning(
                    stateful, "RecreatingFailedPod",
                    f"StatefulSet {stateful['metadata']['namespace']}/{stateful['metadata']['name']} is recreating failed Pod "
                    + pod["metadata"]["name"],
                )  # fmt: skip
                self._delete(stateful, pod)
                if not parallel:
                    return None
                continue
            wait = None if pods.is_terminating(pod) else pods.available_in(pod, minimum)
            if wait and (again is None or wait < again):
                again = wait
            if wait != 0 and not parallel:
                return again
        surplus = sorted((each for each in mine if each not in wanted), reverse=True)
        for ordinal in surplus:
            if not pods.is_terminating(mine[ordinal]):
                self._delete(stateful, mine[ordinal])
            if not parallel:
                return again
        if not rolling:
            return again
        for ordinal in reversed(wanted):
            pod = mine.get(ordinal)
            if ordinal < partition or pod is None:
                continue
            if (pod["metadata"].get("labels") or {}).get(REVISION) != update:
                if not pods.is_terminating(pod):
                    self._delete(stateful, pod)
                return again
            if pods.available_in(pod, minimum) != 0:
                return again
        return again

    def _create(self, stateful: Json, ordinal: int, revision: str) -> bool:
        metadata, spec = stateful["metadata"], stateful["spec"]
        name = f"{metadata['name']}-{ordinal}"
        template = revisions.template_of(self.objects, stateful, revision)
        pod = pods.from_template(stateful, template, name=name)
        labels = pod["metadata"].setdefault("labels", {})
        labels |= {
            REVISION: revision,
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        pod["spec"]["hostname"] = name
        if spec.get("serviceName"):
            pod["spec"]["subdomain"] = spec["serviceName"]
        volumes = list(pod["spec"].get("volumes") or ())
        for claim in spec.get("volumeClaimTemplates") or ():
            claim_name = f"{claim['metadata']['name']}-{name}"
            volumes = [each for each in volumes if each["name"] != claim["metadata"]["name"]]
            volumes.append({"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim_name}})
            if not self._claim(stateful, claim, claim_name, name):
                return False
        if volumes:
            pod["spec"]["volumes"] = volumes
        try:
            self.objects.create("pods", pod, metadata["namespace"])
        except AlreadyExists:
            return False
        except ApiError as error:
            words = f"create Pod {name} in StatefulSet {metadata['name']} failed error: {error}"
            self.events.warning(stateful, "FailedCreate", words)
            return False
        words = f"create Pod {name} in StatefulSet {metadata['name']} successful"
        self.events.normal(stateful, "SuccessfulCreate", words)
        return True

    def _claim(self, stateful: Json, template: Json, name: str, pod: str) -> bool:
        namespace = stateful["metadata"]["namespace"]
        if self.objects.find("persistentvolumeclaims", name, namespace) is not None:
            return True
        given = template["metadata"]
        labels = {**(given.get("labels") or {}), **((stateful["spec"]["selector"] or {}).get("matchLabels") or {})}
        body: Json = {
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": copy.deepcopy(template["spec"]),
        }
        if given.get("annotations"):
            body["metadata"]["annotations"] = given["annotations"]
        policy = stateful["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
        if policy.get("whenDeleted") == "Delete":
            body["metadata"]["ownerReferences"] = [owner_reference(stateful)]
        set_name = stateful["metadata"]["name"]
        try:
            self.objects.create("persistentvolumeclaims", body, namespace)
        except ApiError as error:
            words = f"create Claim {name} for Pod {pod} in StatefulSet {set_name} failed error: {error}"
            self.events.warning(stateful, "FailedCreate", words)
            return False
        words = f"create Claim {name} Pod {pod} in StatefulSet {set_name} success"
        self.events.normal(stateful, "SuccessfulCreate", words)
        return True

    def _delete(self, stateful: Json, pod: Json) -> None:
        name = pod["metadata"]["name"]
        try:
            self.objects.delete("pods", name, pod["metadata"]["namespace"], uid=pod["metadata"]["uid"])
        except NotFound:
            return
        words = f"delete Pod {name} in StatefulSet {stateful['metadata']['name']} successful"
        self.events.normal(stateful, "SuccessfulDelete", words)

    def _write(self, stateful: Json, mine: list[Json], current: str, update: str) -> None:
        live = [pod for pod in mine if not pods.is_finished(pod)]
        minimum = float(stateful["spec"].get("minReadySeconds") or 0)
        updated = [pod for pod in live if (pod["metadata"].get("labels") or {}).get(REVISION) == update]
        ready = [pod for pod in live if pods.is_ready(pod) and not pods.is_terminating(pod)]
        wanted = len(self._wanted(stateful))
        if len(updated) == len(live) == wanted and len(ready) == wanted:
            current = update
        status: Json = {"observedGeneration": stateful["metadata"].get("generation", 1), "replicas": len(live)}
        of_current = [pod for pod in live if (pod["metadata"].get("labels") or {}).get(REVISION) == current]
        for field, count in (
            ("readyReplicas", len(ready)),
            ("currentReplicas", len(of_current)),
            ("updatedReplicas", len(updated)),
        ):
            if count:
                status[field] = count
        status |= {"currentRevision": current, "updateRevision": update, "collisionCount": 0}
        status["availableReplicas"] = sum(pods.available_in(pod, minimum) == 0 for pod in ready)
        if status != stateful.get("status"):
            stateful["status"] = status
            self.objects.update_status("statefulsets.apps", stateful)


def _ordinal(pod: Json) -> int:
    match = _ORDINAL.fullmatch(pod["metadata"]["name"])
    return int(match.group(2)) if match else -1
