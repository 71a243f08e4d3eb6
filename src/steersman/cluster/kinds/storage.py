"""PersistentVolumes, claims, StorageClasses, ConfigMaps and Secrets."""

from __future__ import annotations

import base64
import json
from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.kinds.volume_rules import host_path, nfs
from steersman.cluster.patch.json_patch import same
from steersman.cluster.schema import quantity
from steersman.cluster.status import Cause, bad_value, forbidden_field, required, unsupported

Json = dict[str, Any]

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_SOURCES = ("hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "nfs", "rbd", "cinder", "cephfs", "fc",
            "flocker", "azureFile", "vsphereVolume", "quobyte", "photonPersistentDisk", "azureDisk", "portworxVolume",
            "scaleIO", "local", "storageos", "csi", "iscsi", "flexVolume")  # fmt: skip
# Nobody loses what is in use: these go when no Pod has the claim, no claim the volume.
CLAIM_PROTECTION, VOLUME_PROTECTION = "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"
LIMIT = 1024 * 1024  # bytes of data in one ConfigMap or Secret
_TOO_LONG = f"Too long: may not be more than {LIMIT} bytes"
_WHEN_IMMUTABLE = "field is immutable when `immutable` is set"


def _default_secret(secret: Json) -> None:
    plain = secret.pop("stringData", None)
    if plain:
        data = secret.setdefault("data", {})
        for key, value in plain.items():
            data[key] = base64.b64encode(value.encode()).decode()
    if not secret.get("type"):
        secret["type"] = "Opaque"


def _keys(obj: Json, field: str) -> list[Cause]:
    return [bad_value(f"{field}[{key}]", key, wrong) for key in obj.get(field, {}) if (wrong := names.config_key(key))]


def _validate_secret(secret: Json) -> list[Cause]:
    causes = _keys(secret, "data")
    if sum(len(value) * 3 // 4 for value in secret.get("data", {}).values()) > LIMIT:
        causes.append(Cause("data", "Too long", _TOO_LONG))
    data = secret.get("data", {})
    match secret.get("type"):
        case "kubernetes.io/tls":
            causes += [required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data]
        case "kubernetes.io/dockerconfigjson":
            causes += _json_entry(data, ".dockerconfigjson")
        case "kubernetes.io/dockercfg":
            causes += _json_entry(data, ".dockercfg")
        case "kubernetes.io/basic-auth":
            if "username" not in data and "password" not in data:
                # The API server's own paths, with a formatting verb that it forgot to fill in.
                causes += [required(f"data[%s][{key}]") for key in ("username", "password")]
        case "kubernetes.io/ssh-auth":
            if not data.get("ssh-privatekey"):
                causes.append(required("data[%s][ssh-privatekey]"))
        case "kubernetes.io/service-account-token":
            if not (secret["metadata"].get("annotations") or {}).get("kubernetes.io/service-account.name"):
                causes.append(required("metadata.annotations[kubernetes.io/service-account.name]"))
    return causes


def _json_entry(data: Json, key: str) -> list[Cause]:
    """An entry that has to be there and to be JSON; what it holds is not shown."""
    if key not in data:
        return [required(f"data[{key}]")]
    text = base64.b64decode(data[key]).decode(errors="replace").strip()
    try:
        json.loads(text)
    except ValueError as error:
        at = getattr(error, "pos", 0)
        detail = (
            f"invalid character {text[at]!r} looking for beginning of value"
            if at < len(text)
            else "unexpected end of JSON input"
        )
        return [bad_value(f"data[{key}]", "<secret contents redacted>", detail)]
    return []


def _validate_secret_update(secret: Json, old: Json) -> list[Cause]:
    causes: list[Cause] = []
    if secret.get("type") != old.get("type"):
        causes.append(bad_value("type", secret.get("type"), "field is immutable"))
    return causes + _frozen(secret, old, ("data",))


def _frozen(obj: Json, old: Json, fields: tuple[str, ...]) -> list[Cause]:
    if not old.get("immutable"):
        return []
    causes = [] if obj.get("immutable") else [forbidden_field("immutable", _WHEN_IMMUTABLE)]
    return causes + [
        forbidden_field(field, _WHEN_IMMUTABLE) for field in fields if not same(obj.get(field), old.get(field))
    ]


def _validate_configmap(obj: Json) -> list[Cause]:
    causes = _keys(obj, "data") + _keys(obj, "binaryData")
    total = sum(len(value.encode()) for value in obj.get("data", {}).values())
    total += sum(len(value) * 3 // 4 for value in obj.get("binaryData", {}).values())
    if total > LIMIT:
        causes.append(Cause("", "Too long", _TOO_LONG))
    both = set(obj.get("data", {})) & set(obj.get("binaryData", {}))
    causes += [bad_value(f"data[{key}]", key, "duplicate of key present in binaryData") for key in sorted(both)]
    return causes


def _validate_configmap_update(obj: Json, old: Json) -> list[Cause]:
    return _frozen(obj, old, ("data", "binaryData"))


def _default_claim(claim: Json) -> None:
    claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


def _protect(obj: Json, finalizer: str) -> None:
    meta = obj["metadata"]
    meta["finalizers"] = [*(each for each in meta.get("finalizers") or () if each != finalizer), finalizer]


def _create_claim(claim: Json) -> None:
    _protect(claim, CLAIM_PROTECTION)
    claim["status"] = {"phase": "Pending"}


def _validate_claim(claim: Json) -> list[Cause]:
    spec = claim["spec"]
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(required("spec.accessModes", "at least 1 access mode is required"))
    causes += _modes(spec)
    asked = spec.get("resources", {}).get("requests", {}).get("storage")
    if asked is None:
        causes.append(required("spec.resources[storage]"))
    elif quantity.value(asked) <= 0:
        causes.append(bad_value("spec.resources[storage]", asked, "must be greater than zero"))
    if spec.get("storageClassName") and (wrong := names.subdomain(spec["storageClassName"])):
        causes.append(bad_value("spec.storageClassName", spec["storageClassName"], wrong))
    return [*causes, *checks.one_of(spec, "spec", "volumeMode", ("Block", "Filesystem"))]


def _modes(spec: Json) -> list[Cause]:
    modes = spec.get("accessModes") or ()
    return [unsupported("spec.accessModes", mode, _ACCESS_MODES) for mode in modes if mode not in _ACCESS_MODES]


def _validate_claim_update(claim: Json, old: Json) -> list[Cause]:
    """Binding fills in the volume; growing is allowed once it is bound; nothing else changes."""
    bound = (old.get("status") or {}).get("phase") == "Bound"
    ignored = ("resources", "volumeAttributesClassName") if bound else ()
    new = {key: value for key, value in claim["spec"].items() if key not in ignored}
    before = {key: value for key, value in old["spec"].items() if key not in ignored}
    for key in ("volumeName", "storageClassName"):
        if not before.get(key):
            before.pop(key, None)
            new.pop(key, None)
    if same(new, before):
        return []
    detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
    return [forbidden_field("spec", detail)]


def _default_volume(volume: Json) -> None:
    spec = volume.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if "hostPath" in spec:
        spec["hostPath"].setdefault("type", "")


def _create_volume(volume: Json) -> None:
    _protect(volume, VOLUME_PROTECTION)
    volume["status"] = {"phase": "Pending"}


def _validate_volume(volume: Json) -> list[Cause]:
    spec = volume["spec"]
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(required("spec.accessModes"))
    causes += _modes(spec)
    if "storage" not in spec.get("capacity", {}):
        causes.append(required("spec.capacity"))
    sources = [key for key, value in spec.items() if key in _SOURCES and value is not None]
    if not sources:
        causes.append(required("spec", "must specify a volume type"))
    causes += [forbidden_field(f"spec.{key}", "may not specify more than 1 volume type") for key in sources[1:]]
    if sources[:1] == ["hostPath"]:
        causes += host_path(spec["hostPath"], "spec.hostPath")
    elif sources[:1] == ["nfs"]:
        causes += nfs(spec["nfs"], "spec.nfs")
    return causes


def _default_class(found: Json) -> None:
    found.setdefault("reclaimPolicy", "Delete")
    found.setdefault("volumeBindingMode", "Immediate")


def _validate_class(found: Json) -> list[Cause]:
    causes = [] if found.get("provisioner") else [required("provisioner")]
    causes += checks.one_of(found, "", "reclaimPolicy", ("Delete", "Retain"))
    return [*causes, *checks.one_of(found, "", "volumeBindingMode", ("Immediate", "WaitForFirstConsumer"))]


STRATEGIES = {
    "secrets": Strategy(default=_default_secret, validate=_validate_secret, validate_update=_validate_secret_update),
    "configmaps": Strategy(validate=_validate_configmap, validate_update=_validate_configmap_update),
    "persistentvolumeclaims": Strategy(
        default=_default_claim,
        prepare_create=_create_claim,
        validate=_validate_claim,
        validate_update=_validate_claim_update,
    ),
    "persistentvolumes": Strategy(default=_default_volume, prepare_create=_create_volume, validate=_validate_volume),
    "storageclasses.storage.k8s.io": Strategy(default=_default_class, validate=_validate_class),
}
