"""What a Pod names of other objects: Secrets, ConfigMaps, their keys, claims, its ServiceAccount."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steersman.review.lines import Path
from steersman.review.subject import Item, Json

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
    yield Reference("ServiceAccount", _text(spec.get(account)), (*base, account))
    for container in item.containers:
        for at, entry in _entries(container.spec.get("env")):
            source = _object(entry.get("valueFrom"))
            for field, kind in (("secretKeyRef", SECRET), ("configMapKeyRef", CONFIG_MAP)):
                yield _reference(kind, _object(source.get(field)), (*container.path, "env", at, "valueFrom", field))
        for at, entry in _entries(container.spec.get("envFrom")):
            for field, kind in (("secretRef", SECRET), ("configMapRef", CONFIG_MAP)):
                yield _reference(kind, _object(entry.get(field)), (*container.path, "envFrom", at, field))
    for at, volume in _entries(spec.get("volumes")):
        yield from _volume(volume, (*base, "volumes", at))


def _volume(volume: Json, path: Path) -> Iterator[Reference]:
    claim = _object(volume.get("persistentVolumeClaim"))
    yield Reference("PersistentVolumeClaim", _text(claim.get("claimName")), (*path, "persistentVolumeClaim"))
    yield from _files(SECRET, _object(volume.get("secret")), (*path, "secret"), name="secretName")
    yield from _files(CONFIG_MAP, _object(volume.get("configMap")), (*path, "configMap"))
    for at, source in _entries(_object(volume.get("projected")).get("sources")):
        for field, kind in (("secret", SECRET), ("configMap", CONFIG_MAP)):
            yield from _files(kind, _object(source.get(field)), (*path, "projected", "sources", at, field))


def _files(kind: str, source: Json, path: Path, *, name: str = "name") -> Iterator[Reference]:
    """The object that a volume holds, and the keys that it picks."""
    optional = source.get("optional") is True
    yield Reference(kind, _text(source.get(name)), path, optional=optional)
    for at, entry in _entries(source.get("items")):
        yield Reference(kind, _text(source.get(name)), (*path, "items", at), _text(entry.get("key")), optional)


def _reference(kind: str, source: Json, path: Path) -> Reference:
    return Reference(
        kind, _text(source.get("name")), path, _text(source.get("key")), optional=source.get("optional") is True
    )


def _entries(value: Any) -> Iterator[tuple[int, Json]]:
    if isinstance(value, list):
        yield from ((at, entry) for at, entry in enumerate(value) if isinstance(entry, dict))


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
