"""Reading objects: one, many, and as they change."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from steersman.cluster import selectors, status
from steersman.cluster.history import Change, EventType, Record
from steersman.cluster.kinds.conversion import converts, from_storage
from steersman.cluster.options import Admission, Check, Reviewer, WatchEvent, Written
from steersman.cluster.resources import Registry, Resource
from steersman.cluster.store import Store

Json = dict[str, Any]


class Reading:
    """The reading half of `machinery.Objects`."""

    def __init__(self, store: Store, registry: Registry | None = None) -> None:
        self.store = store
        self.registry = registry or Registry()
        self.admission: list[Admission] = []
        self.checks: list[Check] = []
        self.reviewer: Reviewer | None = None
        self.within_controller = False  # which can come back to a write later
        self.written: list[Written] = []

    @contextlib.contextmanager
    def by_controller(self) -> Iterator[None]:
        """Writes in this block are a controller's: webhooks have a say in them, and ReviewNeeded may be raised."""
        self.within_controller = True
        try:
            yield
        finally:
            self.within_controller = False

    def get(self, resource: str | Resource, name: str, namespace: str | None = None) -> Json:
        """Raises NotFound."""
        found = self._resource(resource)
        return self.decode(found, self.record(found, name, namespace))

    def find(self, resource: str | Resource, name: str, namespace: str | None = None) -> Json | None:
        """As `get`, but None where there is no such object."""
        found = self._resource(resource)
        record = self.store.get(found.storage, namespace or "", name)
        return None if record is None else self.decode(found, record)

    def list(
        self, resource: str | Resource, namespace: str | None = None, *, labels: str | Json = "", fields: str = ""
    ) -> list[Json]:
        """In order of namespace and name. `labels` is a selector text or a LabelSelector object."""
        found = self._resource(resource)
        test = selectors.label_test(labels) if isinstance(labels, str) else selectors.match_labels(labels)
        records = self.store.list(found.storage, namespace)
        out = [self.decode(found, record) for record in records if test is None or test(record.labels)]
        by_field = selectors.field_test(fields, found.storage)
        return out if by_field is None else [obj for obj in out if by_field(obj)]

    async def watch(
        self,
        resource: str | Resource | None,
        namespace: str | None = None,
        *,
        labels: str = "",
        since: str | None = None,
    ) -> AsyncIterator[WatchEvent]:
        """Changes for ever; first an ADDED for every object that is there, unless `since` names a resourceVersion.

        `resource` None watches every kind. An object that stops matching `labels` is told as DELETED. Raises Gone where
        `since`, or a watcher that has fallen behind, is older than the history.
        """
        found = None if resource is None else self._resource(resource)
        storage = "" if found is None else found.storage
        test = selectors.label_test(labels)
        if since is None:
            since = str(self.store.revision)
            for name in self.store.resources() if found is None else [storage]:
                for record in self.store.list(name, namespace):
                    if test is None or test(record.labels):
                        yield WatchEvent("ADDED", self.decode(self._resource(name), record), name)
        cursor = self.store.history.cursor(storage, int(since))
        while await cursor.wait():
            for change in cursor.take():
                kind = selected(change, test)
                name = change.record.resource
                if kind is None or (namespace is not None and change.record.namespace != namespace):
                    continue
                if name in self.registry.names():
                    yield WatchEvent(kind, self.decode(self._resource(name), change.record), name)

    def record(self, resource: Resource, name: str, namespace: str | None) -> Record:
        """Raises NotFound."""
        record = self.store.get(resource.storage, namespace or "", name)
        if record is None:
            raise status.not_found(resource, name)
        return record

    def decode(self, resource: Resource, record: Record) -> Json:
        obj = json.loads(record.body)
        if converts(resource):
            obj = from_storage(resource, obj)
        return {"kind": resource.kind, "apiVersion": resource.api_version, **obj}

    def _resource(self, resource: str | Resource) -> Resource:
        return resource if isinstance(resource, Resource) else self.registry.named(resource)


def selected(change: Change, test: selectors.LabelTest | None) -> EventType | None:
    """How a watcher with a label selector sees a change: an object that starts to match is ADDED, one that stops DELETED."""
    if test is None:
        return change.type
    before = change.previous is not None and test(change.previous.labels)
    after = change.type != "DELETED" and test(change.record.labels)
    if after:
        return "MODIFIED" if before else "ADDED"
    return "DELETED" if before else None
