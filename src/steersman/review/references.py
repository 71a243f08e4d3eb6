"""What a Pod names of other objects: Secrets, ConfigMaps, their keys, claims, its ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steersman.review.lines import Path
from steersman.review.shapes import Json, as_object, as_text, entries
from steersman.review.subject import Item

SECRET, CONFIG_MAP = "Secret", "ConfigMap"


@dataclass(frozen=True, slots=True)
class Reference:
    """`key` "" means the object as a whole; `path` is where it is named; `optional` as Kubernetes means it."""

    kind: str
    name: str
    path: Path
    key: str = ""
    optional: bool = False

    @property
    def title(self) -> str:
        return f"{self.kind}/{self.name}"


def references(item: Item) -> Iterator[Reference]:
    """Everything that must be there before the Pod's containers can start."""
    for found in _all(item):
        if found.name:
            yield found


def _all(item: Item) -> Iterator[Reference]:
    spec, base = item.pod_spec, item.pod_path
    account = "serviceAccountName" if spec.get("serviceAccountName") else "serviceAccount"
    yield Reference("ServiceAccount", as_text(spec.get(account)), (*base, account))
    for container in item.containers:
        for at, entry in entries(container.spec.get("env")):
            source = as_object(entry.get("valueFrom"))
            for field, kind in (("secretKeyRef", SECRET), ("configMapKeyRef", CONFIG_MAP)):
                yield _reference(kind, as_object(source.get(field)), (*container.path, "env", at, "valueFrom", field))
        for at, entry in entries(container.spec.get("envFrom")):
            for field, kind in (("secretRef", SECRET), ("configMapRef", CONFIG_MAP)):
                yield _reference(kind, as_object(entry.get(field)), (*container.path, "envFrom", at, field))
    for at, volume in entries(spec.get("volumes")):
        yield from _volume(volume, (*base, "volumes", at))


def _volume(volume: Json, path: Path) -> Iterator[Reference]:
    claim = as_object(volume.get("persistentVolumeClaim"))
    yield Reference("PersistentVolumeClaim", as_text(claim.get("claimName")), (*path, "persistentVolumeClaim"))
    yield from _files(SECRET, as_object(volume.get("secret")), (*path, "secret"), name="secretName")
    yield from _files(CONFIG_MAP, as_object(volume.get("configMap")), (*path, "configMap"))
    for at, source in entries(as_object(volume.get("projected")).get("sources")):
        for field, kind in (("secret", SECRET), ("configMap", CONFIG_MAP)):
            yield from _files(kind, as_object(source.get(field)), (*path, "projected", "sources", at, field))


def _files(kind: str, source: Json, path: Path, *, name: str = "name") -> Iterator[Reference]:
    """The object that a volume holds, and the keys that it picks."""
    optional = source.get("optional") is True
    yield Reference(kind, as_text(source.get(name)), path, optional=optional)
    for at, entry in entries(source.get("items")):
        yield Reference(kind, as_text(source.get(name)), (*path, "items", at), as_text(entry.get("key")), optional)


def _reference(kind: str, source: Json, path: Path) -> Reference:
    return Reference(
        kind, as_text(source.get("name")), path, as_text(source.get("key")), optional=source.get("optional") is True
    )
