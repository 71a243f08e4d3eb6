"""Owner references: what is owned goes with its last owner, before it (foreground) or after it (background), or is let go.

Source: kubernetes.io "Garbage Collection" and "Use Cascading Deletion".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict

from steersman.cluster.controllers.controller import Controller
from steersman.cluster.machinery import Json, Objects, WatchEvent
from steersman.errors import Conflict, Gone, NotFound

_NOT_WATCHED = {"events", "events.events.k8s.io"}
ObjectKey = tuple[str, str, str]
"""(resource, namespace, name)."""


class GarbageCollector(Controller):
    """Follows every kind. Keys are uids: of owners that are gone or going, and of objects whose owners may be gone."""

    name = "garbage-collector"
    watches = ()

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects)
        self._places: dict[str, ObjectKey] = {}
        self._owned: dict[str, set[str]] = defaultdict(set)
        self._owners: dict[str, set[str]] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._work())

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(Gone):
                async for event in self.objects.watch(None):
                    if event.resource not in _NOT_WATCHED:
                        self._seen(event)

    def _seen(self, event: WatchEvent) -> None:
        metadata = event.object["metadata"]
        uid = metadata["uid"]
        owners = {each["uid"] for each in metadata.get("ownerReferences") or ()}
        for former in self._owners.get(uid, set()) - owners:
            self._owned[former].discard(uid)
        if event.type == "DELETED":
            self._places.pop(uid, None)
            self._owners.pop(uid, None)
            for owner in owners:
                self._owned[owner].discard(uid)
                self.enqueue(("", owner))  # may be waiting for its dependents
            for dependent in self._owned.pop(uid, set()):
                self.enqueue(("", dependent))
            return
        self._places[uid] = (event.resource, metadata.get("namespace", ""), metadata["name"])
        self._owners[uid] = owners
        for owner in owners:
            self._owned[owner].add(uid)
        if owners or metadata.get("deletionTimestamp"):
            self.enqueue(("", uid))

    def reconcile(self, namespace: str, name: str) -> float | None:
        uid = name
        place = self._places.get(uid)
        if place is None:
            return None
        obj = self.objects.find(place[0], place[2], place[1] or None)
        if obj is None or obj["metadata"]["uid"] != uid:
            return None
        if obj["metadata"].get("deletionTimestamp"):
            self._deleting(place, obj)
        elif obj["metadata"].get("ownerReferences"):
            return self._check_owners(place, obj)
        return None

    def _deleting(self, place: ObjectKey, obj: Json) -> None:
        finalizers = obj["metadata"].get("finalizers") or ()
        uid = obj["metadata"]["uid"]
        if "orphan" in finalizers:
            for dependent in list(self._owned.get(uid, ())):
                self._drop_reference(dependent, uid)
            self._remove_finalizer(place, obj, "orphan")
        elif "foregroundDeletion" in finalizers:
            blocking = False
            for dependent in list(self._owned.get(uid, ())):
                blocking = self._delete_dependent(dependent, uid) or blocking
            if not blocking:
                self._remove_finalizer(place, obj, "foregroundDeletion")

    def _find(self, uid: str) -> tuple[ObjectKey, Json] | None:
        place = self._places.get(uid)
        if place is None:
            return None
        obj = self.objects.find(place[0], place[2], place[1] or None)
        return None if obj is None or obj["metadata"]["uid"] != uid else (place, obj)

    def _delete_dependent(self, uid: str, owner: str) -> bool:
        """Deletes what that owner owns, in the foreground too; says whether it is there and blocks the owner's end."""
        found = self._find(uid)
        if found is None:
            return False
        place, obj = found
        others = [each for each in obj["metadata"].get("ownerReferences") or () if each["uid"] != owner]
        if any(self._find(each["uid"]) for each in others):
            self._drop_reference(uid, owner)
            return False
        if not obj["metadata"].get("deletionTimestamp"):
            with contextlib.suppress(NotFound, Conflict):
                foreground = bool(self._owned.get(uid))
                self.objects.delete(
                    place[0], place[2], place[1] or None, propagation="Foreground" if foreground else None, uid=uid
                )
        mine = [each for each in obj["metadata"]["ownerReferences"] if each["uid"] == owner]
        return bool(mine and mine[0].get("blockOwnerDeletion")) and self._find(uid) is not None

    def _drop_reference(self, uid: str, owner: str) -> None:
        found = self._find(uid)
        if found is None:
            return
        place, obj = found
        rest = [each for each in obj["metadata"].get("ownerReferences") or () if each["uid"] != owner]
        with contextlib.suppress(NotFound, Conflict):
            self.objects.patch(place[0], place[2], {"metadata": {"ownerReferences": rest or None}}, place[1] or None)

    def _remove_finalizer(self, place: ObjectKey, obj: Json, name: str) -> None:
        rest = [each for each in obj["metadata"].get("finalizers") or () if each != name]
        with contextlib.suppress(NotFound, Conflict):
            self.objects.patch(place[0], place[2], {"metadata": {"finalizers": rest}}, place[1] or None)

    def _check_owners(self, place: ObjectKey, obj: Json) -> float | None:
        """Background deletion: an object whose owners are all gone goes too."""
        gone: list[Json] = []
        there: list[Json] = []
        for reference in obj["metadata"]["ownerReferences"]:
            (there if self._owner_exists(reference, place[1]) else gone).append(reference)
        if not gone:
            return None
        if there:
            self._drop_references(place, {each["uid"] for each in gone}, obj)
            return None
        with contextlib.suppress(NotFound, Conflict):
            self.objects.delete(
                place[0], place[2], place[1] or None, uid=obj["metadata"]["uid"], propagation="Background"
            )
        return None

    def _drop_references(self, place: ObjectKey, uids: set[str], obj: Json) -> None:
        rest = [each for each in obj["metadata"]["ownerReferences"] if each["uid"] not in uids]
        self.objects.patch(place[0], place[2], {"metadata": {"ownerReferences": rest}}, place[1] or None)

    def _owner_exists(self, reference: Json, namespace: str) -> bool:
        if self._find(reference["uid"]) is not None:
            return True
        # Not seen (yet): ask by name, as the reference does. An unknown kind counts as there, so nothing is lost by it.
        resource = self.objects.registry.of_kind(reference["apiVersion"], reference["kind"])
        if resource is None:
            return True
        found = self.objects.find(resource, reference["name"], namespace if resource.namespaced else None)
        return found is not None and found["metadata"]["uid"] == reference["uid"]
