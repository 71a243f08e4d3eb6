"""What has to be true of a Pod's volumes (pkg/apis/core/validation: ValidateVolumes)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.kinds.container_rules import FILE_FIELDS, field_reference, resource_reference
from steersman.cluster.schema import quantity
from steersman.cluster.status import Cause, bad_value, duplicate, forbidden_field, required, unsupported

Json = dict[str, Any]

_HOST_PATH_TYPES = ("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket")
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"
# In the order in which the API server looks at them: the second one that is there is one too many.
_KINDS = ("emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
          "glusterfs", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "flocker", "downwardAPI", "fc", "configMap",
          "azureFile", "flexVolume", "vsphereVolume", "quobyte", "azureDisk", "photonPersistentDisk", "portworxVolume",
          "scaleIO", "storageos", "projected", "csi", "ephemeral", "image")  # fmt: skip


def volumes(found: Any, path: str) -> Iterator[Cause]:
    """`path` is the list's."""
    seen: set[str] = set()
    for index, volume in enumerate(found):
        at = f"{path}[{index}]"
        yield from _source(volume, at)
        name = volume.get("name", "")
        if not name:
            yield required(f"{at}.name")
        elif wrong := names.label(name):
            yield bad_value(f"{at}.name", name, wrong)
        elif name in seen:
            yield duplicate(f"{at}.name", name)
        seen.add(name)


def _source(volume: Json, path: str) -> Iterator[Cause]:
    kinds = [kind for kind in _KINDS if kind in volume]
    for position, kind in enumerate(kinds):
        if position:
            yield forbidden_field(f"{path}.{kind}", "may not specify more than 1 volume type")
            continue
        source, at = volume[kind], f"{path}.{kind}"
        match kind:
            case "emptyDir":
                if "sizeLimit" in source and quantity.value(source["sizeLimit"]) < 0:
                    yield forbidden_field(f"{at}.sizeLimit", "SizeLimit field must be a valid resource quantity")
            case "hostPath":
                yield from host_path(source, at)
            case "secret":
                yield from _files(source, at, "secretName")
            case "configMap":
                yield from _files(source, at, "name")
            case "nfs":
                yield from nfs(source, at)
            case "persistentVolumeClaim":
                if not source.get("claimName"):
                    yield required(f"{at}.claimName")
            case "downwardAPI":
                yield from _mode(source, at, "defaultMode")
                yield from _downward(source.get("items") or (), at)
            case "projected":
                yield from _mode(source, at, "defaultMode")
                for number, each in enumerate(source.get("sources") or ()):
                    yield from _projected(each, f"{at}.sources[{number}]")


def host_path(source: Json, path: str) -> Iterator[Cause]:
    """Also of a PersistentVolume."""
    where = source.get("path", "")
    if not where:
        yield required(f"{path}.path")
    elif ".." in where.split("/"):
        yield bad_value(f"{path}.path", where, "must not contain '..'")
    if source.get("type", "") not in _HOST_PATH_TYPES:
        yield unsupported(f"{path}.type", source["type"], _HOST_PATH_TYPES)


def nfs(source: Json, path: str) -> Iterator[Cause]:
    """Also of a PersistentVolume."""
    if not source.get("server"):
        yield required(f"{path}.server")
    if not source.get("path"):
        yield required(f"{path}.path")
    if not source.get("path", "").startswith("/"):
        yield bad_value(f"{path}.path", source.get("path", ""), "must be an absolute path")


def _mode(source: Json, path: str, key: str) -> Iterator[Cause]:
    mode = source.get(key)
    if mode is not None and not 0 <= mode <= 0o777:
        yield bad_value(f"{path}.{key}", mode, _MODE)


def _files(source: Json, path: str, name: str) -> Iterator[Cause]:
    if not source.get(name):
        yield required(f"{path}.{name}")
    yield from _mode(source, path, "defaultMode")
    yield from _items(source, path)


def _items(source: Json, path: str) -> Iterator[Cause]:
    for index, item in enumerate(source.get("items") or ()):
        at = f"{path}.items[{index}]"
        if not item.get("key"):
            yield required(f"{at}.key")
        if not item.get("path"):
            yield required(f"{at}.path")
        else:
            yield from checks.descending_path(item["path"], f"{at}.path")
        yield from _mode(item, at, "mode")


def _downward(items: Any, path: str) -> Iterator[Cause]:
    for item in items:
        if not item.get("path"):
            yield required(f"{path}.path")
        else:
            yield from checks.descending_path(item["path"], f"{path}.path")
        if "fieldRef" in item:
            yield from field_reference(item["fieldRef"], f"{path}.fieldRef", FILE_FIELDS)
            if "resourceFieldRef" in item:
                detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
                yield bad_value(path, "resource", detail)
        elif "resourceFieldRef" in item:
            yield from resource_reference(item["resourceFieldRef"], f"{path}.resourceFieldRef", needs_container=True)
        else:
            yield required(path, "one of fieldRef and resourceFieldRef is required")
        yield from _mode(item, path, "mode")


def _projected(source: Json, path: str) -> Iterator[Cause]:
    for kind in ("secret", "configMap"):
        if kind in source:
            yield from _files(source[kind], f"{path}.{kind}", "name")
    if "downwardAPI" in source:
        yield from _downward(source["downwardAPI"].get("items") or (), f"{path}.downwardAPI")
    token = source.get("serviceAccountToken")
    if token is not None and not token.get("path"):
        yield required(f"{path}.serviceAccountToken.path")
