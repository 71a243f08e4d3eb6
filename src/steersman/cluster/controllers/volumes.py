"""Claims become folders of this machine: the default StorageClass `local` makes a PersistentVolume for each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from steersman.cluster import folders
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, key_of
from steersman.cluster.kinds.storage import CLAIM_PROTECTION, VOLUME_PROTECTION
from steersman.cluster.kubelet import quantity
from steersman.cluster.kubelet.kubelet import NODE
from steersman.cluster.machinery import Json, Objects
from steersman.errors import NotFound

CLASS = "local"
PROVISIONER = "steersman.dev/local"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_NO_CLASS = "no persistent volumes available for this claim and no storage class is set"
_RESYNC = 15.0  # seconds after which a claim that found nothing is looked at, and complained of, again


def ensure_storage_class(objects: Objects) -> None:
    if objects.find("storageclasses.storage.k8s.io", CLASS) is None:
        body: Json = {
            "metadata": {"name": CLASS, "annotations": {_DEFAULT: "true"}}, "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate", "allowVolumeExpansion": True,
        }  # fmt: skip
        objects.create("storageclasses.storage.k8s.io", body)


class VolumeController(Controller):
    name = "persistentvolume-controller"
    watches = ("persistentvolumeclaims", "persistentvolumes", "pods")

    def __init__(self, objects: Objects, folder: Path) -> None:
        super().__init__(objects)
        self._folder = folder
        self._complained: dict[str, float] = {}  # when of a claim, by its uid

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "persistentvolumeclaims":
            return [key_of(obj)]
        if resource == "persistentvolumes":
            claim = obj["spec"].get("claimRef") or {}
            waiting = [key_of(each) for each in self.objects.list("persistentvolumeclaims") if not _bound(each)]
            return [*waiting, ("", obj["metadata"]["name"]), *([(claim["namespace"], claim["name"])] if claim else [])]
        if kind == "DELETED" or pods.is_finished(obj):  # the last user of a claim that is being deleted may be gone
            names = [each["persistentVolumeClaim"]["claimName"] for each in obj["spec"].get("volumes") or ()
                     if "persistentVolumeClaim" in each]  # fmt: skip
            return [(obj["metadata"]["namespace"], name) for name in names]
        if obj["spec"].get("nodeName"):
            return []
        self._ephemeral(obj)
        return []

    def reconcile(self, namespace: str, name: str) -> float | None:
        if not namespace:
            self._volume(name)
            return None
        claim = self.objects.find("persistentvolumeclaims", name, namespace)
        if claim is None:
            return None
        if claim["metadata"].get("deletionTimestamp"):
            self._let_go(claim)
        elif not _bound(claim):
            return self._bind(claim)
        self._complained.pop(claim["metadata"]["uid"], None)
        return None

    # --- claims -----------------------------------------------------------------------------------------------------

    def _bind(self, claim: Json) -> float | None:
        namespace, name = key_of(claim)
        volume = self._matching(claim)
        if volume is None:
            storage_class = self._class(claim)
            if storage_class is None:
                return _RESYNC
            if storage_class["provisioner"] != PROVISIONER:
                words = (
                    f"Waiting for a volume to be created either by the external provisioner '{storage_class['provisioner']}' or "
                    "manually by the system administrator. If volume creation is delayed, please verify that the provisioner is "
                    "running and correctly registered."
                )
                self._complain(claim, "ExternalProvisioning", words)
                return _RESYNC
            volume = self._provision(claim, storage_class)
        reference = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": namespace, "name": name,
                     "uid": claim["metadata"]["uid"]}  # fmt: skip
        if (volume["spec"].get("claimRef") or {}).get("uid") != claim["metadata"]["uid"]:
            volume = self.objects.patch(
                "persistentvolumes", volume["metadata"]["name"], {"spec": {"claimRef": reference}}
            )
        volume["status"] = {"phase": "Bound"}
        self.objects.update_status("persistentvolumes", volume)
        change: Json = {
            "spec": {"volumeName": volume["metadata"]["name"]},
            "metadata": {
                "annotations": {
                    "pv.kubernetes.io/bind-completed": "yes",
                    "pv.kubernetes.io/bound-by-controller": "yes",
                }
            },
        }
        claim = self.objects.patch("persistentvolumeclaims", name, change, namespace)
        claim["status"] = {
            "phase": "Bound", "accessModes": volume["spec"].get("accessModes"), "capacity": volume["spec"].get("capacity"),
        }  # fmt: skip
        self.objects.update_status("persistentvolumeclaims", claim)
        return None

    def _complain(self, claim: Json, reason: str, words: str, *, warning: bool = False) -> None:
        """An event, though no more than one in `_RESYNC` seconds: every volume that changes brings all waiting claims here."""
        uid, time = claim["metadata"]["uid"], asyncio.get_running_loop().time()
        if time - self._complained.get(uid, -_RESYNC) < _RESYNC:
            return
        self._complained[uid] = time
        (self.events.warning if warning else self.events.normal)(claim, reason, words)

    def _class(self, claim: Json) -> Json | None:
        """The claim's StorageClass (the default one's name is written into the claim); None where there is none."""
        name = claim["spec"].get("storageClassName")
        if name is None:
            classes = self.objects.list("storageclasses.storage.k8s.io")
            default = [each for each in classes if (each["metadata"].get("annotations") or {}).get(_DEFAULT) == "true"]
            if not default:
                self._complain(claim, "FailedBinding", _NO_CLASS)
                return None
            name = default[0]["metadata"]["name"]
            changed = self.objects.patch(
                "persistentvolumeclaims",
                claim["metadata"]["name"],
                {"spec": {"storageClassName": name}},
                claim["metadata"]["namespace"],
            )
            claim["spec"] = changed["spec"]
        if not name:
            self._complain(claim, "FailedBinding", _NO_CLASS)
            return None
        found = self.objects.find("storageclasses.storage.k8s.io", name)
        if found is None:
            words = f'storageclass.storage.k8s.io "{name}" not found'
            self._complain(claim, "ProvisioningFailed", words, warning=True)
        return found

    def _matching(self, claim: Json) -> Json | None:
        """A volume that is there and free, or made for this very claim; the smallest that is big enough."""
        spec = claim["spec"]
        wanted = quantity.parse(((spec.get("resources") or {}).get("requests") or {}).get("storage", "0"))
        fitting = []
        for volume in self.objects.list("persistentvolumes"):
            reference = volume["spec"].get("claimRef") or {}
            if reference.get("uid") == claim["metadata"]["uid"]:
                return volume
            mine = (reference.get("namespace"), reference.get("name")) == key_of(claim) and not reference.get("uid")
            if spec.get("volumeName") and spec["volumeName"] != volume["metadata"]["name"]:
                continue
            free = not reference and (volume.get("status") or {}).get("phase", "Available") in ("Available", "Pending")
            same_class = volume["spec"].get("storageClassName", "") == spec.get("storageClassName", "")
            modes = set(spec.get("accessModes") or ()) <= set(volume["spec"].get("accessModes") or ())
            size = quantity.parse((volume["spec"].get("capacity") or {}).get("storage", "0"))
            if (mine or (free and same_class)) and modes and size >= wanted:
                fitting.append((size, volume["metadata"]["name"], volume))
        return min(fitting, key=lambda each: each[:2])[2] if fitting else None

    def _provision(self, claim: Json, storage_class: Json) -> Json:
        namespace, name = key_of(claim)
        volume_name = f"pvc-{claim['metadata']['uid']}"
        spec = claim["spec"]
        body: Json = {
            "metadata": {"name": volume_name, "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER}},
            "spec": {
                "accessModes": spec.get("accessModes"), "volumeMode": "Filesystem",
                "capacity": {"storage": ((spec.get("resources") or {}).get("requests") or {}).get("storage", "1Gi")},
                "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": namespace, "name": name,
                             "uid": claim["metadata"]["uid"]},
                "local": {"path": str(self._folder / f"{namespace}_{name}_{claim['metadata']['uid']}")},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}]}]}},
                "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
                "storageClassName": storage_class["metadata"]["name"],
            },
        }  # fmt: skip
        made = self.objects.create("persistentvolumes", body)
        self.events.normal(claim, "ProvisioningSucceeded", f"Successfully provisioned volume {volume_name}")
        return made

    def _let_go(self, claim: Json) -> None:
        """Takes the protection off a claim that no Pod uses any more."""
        namespace, name = key_of(claim)
        for pod in self.objects.list("pods", namespace):
            used = any(
                (each.get("persistentVolumeClaim") or {}).get("claimName") == name
                for each in pod["spec"].get("volumes") or ()
            )
            if used and pod["spec"].get("nodeName") and not pods.is_finished(pod):
                return
        self._unprotect("persistentvolumeclaims", claim, CLAIM_PROTECTION)
        if volume := claim["spec"].get("volumeName"):
            self.enqueue(("", volume))

    # --- volumes ----------------------------------------------------------------------------------------------------

    def _volume(self, name: str) -> None:
        volume = self.objects.find("persistentvolumes", name)
        if volume is None:
            return
        reference = volume["spec"].get("claimRef") or {}
        status = (volume.get("status") or {}).get("phase", "Pending")
        if volume["metadata"].get("deletionTimestamp") and status != "Bound":
            self._unprotect("persistentvolumes", volume, VOLUME_PROTECTION)
            return
        if not reference.get("uid"):  # free, or kept for a claim that has not come for it
            if status == "Pending":
                volume["status"] = {"phase": "Available"}
                self.objects.update_status("persistentvolumes", volume)
            return
        claim = self.objects.find("persistentvolumeclaims", reference["name"], reference["namespace"])
        if claim is not None and claim["metadata"]["uid"] == reference["uid"]:
            return
        if volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete":
            if status != "Released":
                volume["status"] = {"phase": "Released"}
                self.objects.update_status("persistentvolumes", volume)
            return
        path = (volume["spec"].get("local") or {}).get("path")
        if path and Path(path).is_relative_to(self._folder):
            folders.remove(Path(path))
        try:
            self.objects.patch("persistentvolumes", name, {"metadata": {"finalizers": []}})
            self.objects.delete("persistentvolumes", name)
        except NotFound:
            return

    def _unprotect(self, resource: str, obj: Json, finalizer: str) -> None:
        left = [each for each in obj["metadata"].get("finalizers") or () if each != finalizer]
        if left != obj["metadata"].get("finalizers"):
            namespace, name = key_of(obj)
            self.objects.patch(resource, name, {"metadata": {"finalizers": left}}, namespace or None)

    def _ephemeral(self, pod: Json) -> None:
        """Generic ephemeral volumes are claims that the Pod owns."""
        for volume in pod["spec"].get("volumes") or ():
            if "ephemeral" not in volume:
                continue
            namespace, name = pod["metadata"]["namespace"], f"{pod['metadata']['name']}-{volume['name']}"
            if self.objects.find("persistentvolumeclaims", name, namespace) is not None:
                continue
            template = volume["ephemeral"]["volumeClaimTemplate"]
            owner = {"apiVersion": "v1", "kind": "Pod", "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"],
                     "controller": True, "blockOwnerDeletion": True}  # fmt: skip
            metadata = {**(template.get("metadata") or {}), "name": name, "ownerReferences": [owner]}
            self.objects.create("persistentvolumeclaims", {"metadata": metadata, "spec": template["spec"]}, namespace)


def _bound(claim: Json) -> bool:
    return (claim.get("status") or {}).get("phase") == "Bound"
