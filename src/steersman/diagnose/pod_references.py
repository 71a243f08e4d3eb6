"""What a Pod's spec names of other objects: Secrets, ConfigMaps, their keys, claims, its ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.diagnose.facts import ReferenceFacts, containers_of


def references(spec: dict[str, Any]) -> list[ReferenceFacts]:
    """Each once, in the order in which the Pod's start needs them."""
    return list(dict.fromkeys(each for each in _all(spec) if each.name))


def _all(spec: dict[str, Any]) -> Iterator[ReferenceFacts]:
    account = spec.get("serviceAccountName") or spec.get("serviceAccount") or ""
    yield ReferenceFacts("ServiceAccount", str(account), where="serviceAccountName")
    for volume in spec.get("volumes") or []:
        where = f"volume {volume.get('name')}"
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName") or ""
        yield ReferenceFacts("PersistentVolumeClaim", str(claim), where=where)
        yield from _files("Secret", volume.get("secret"), "secretName", where)
        yield from _files("ConfigMap", volume.get("configMap"), "name", where)
        for source in (volume.get("projected") or {}).get("sources") or []:
            yield from _files("Secret", source.get("secret"), "name", where)
            yield from _files("ConfigMap", source.get("configMap"), "name", where)
    for container in containers_of(spec):
        for source in container.get("envFrom") or []:
            where = f"envFrom of container {container.get('name')}"
            yield from _files("Secret", source.get("secretRef"), "name", where)
            yield from _files("ConfigMap", source.get("configMapRef"), "name", where)
        for variable in container.get("env") or []:
            source = variable.get("valueFrom") or {}
            where = f"env {variable.get('name')} of container {container.get('name')}"
            yield from _key("Secret", source.get("secretKeyRef"), where)
            yield from _key("ConfigMap", source.get("configMapKeyRef"), where)


def _files(kind: str, source: dict[str, Any] | None, field: str, where: str) -> Iterator[ReferenceFacts]:
    source = source or {}
    name, optional = str(source.get(field) or ""), source.get("optional") is True
    yield ReferenceFacts(kind, name, optional=optional, where=where)
    for item in source.get("items") or []:
        yield ReferenceFacts(kind, name, str(item.get("key") or ""), optional, where=where)


def _key(kind: str, source: dict[str, Any] | None, where: str) -> Iterator[ReferenceFacts]:
    source = source or {}
    name, optional = str(source.get("name") or ""), source.get("optional") is True
    yield ReferenceFacts(kind, name, optional=optional, where=where)
    yield ReferenceFacts(kind, name, str(source.get("key") or ""), optional, where=where)
