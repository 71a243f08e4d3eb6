"""As much of Kubernetes as a storage driver uses, in memory."""

from __future__ import annotations

import copy
from typing import Any, cast

from steersman.errors import AlreadyExists, NotFound
from steersman.kube.interface import Kubernetes, Object, ObjectList, ObjectRef
from steersman.release.selector import matches


class Store:
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}

    def as_kubernetes(self) -> Kubernetes:
        return cast(Kubernetes, self)

    async def list(self, _: str, kind: str, *, namespace: str | None = None, label_selector: str = "") -> ObjectList:
        found = [
            copy.deepcopy(obj)
            for (found_kind, found_namespace, _), obj in self.objects.items()
            if found_kind == kind
            and namespace in (None, found_namespace)
            and matches(label_selector, obj["metadata"]["labels"])
        ]
        return ObjectList(found, "1")

    async def create(self, obj: Object, **_: Any) -> Object:
        if self._key(obj) in self.objects:
            raise AlreadyExists("already exists", code=409, reason="AlreadyExists")
        self.objects[self._key(obj)] = copy.deepcopy(obj)
        return obj

    async def replace(self, obj: Object, **_: Any) -> Object:
        if self._key(obj) not in self.objects:
            raise NotFound("not found", code=404, reason="NotFound")
        self.objects[self._key(obj)] = copy.deepcopy(obj)
        return obj

    async def delete(self, ref: ObjectRef, **_: Any) -> bool:
        if self.objects.pop((ref.kind, str(ref.namespace), ref.name), None) is None:
            raise NotFound("not found", code=404, reason="NotFound")
        return True

    def _key(self, obj: Object) -> tuple[str, str, str]:
        return obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]
