"""Which objects a list or watch is about: the selectors of one request."""

from __future__ import annotations

import json
from collections.abc import Mapping

from steersman.cluster import selectors
from steersman.cluster.history import Change, EventType, Record
from steersman.cluster.resources import Resource

_BY_KEY = ("metadata.name", "metadata.namespace")


class Selection:
    """Label and field selector of a request; raises Invalid (400) at once for one that cannot be parsed."""

    def __init__(self, resource: Resource, query: Mapping[str, str]) -> None:
        labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
        extra = _selectable(resource)
        self.labels = selectors.label_test(labels)
        self.fields = selectors.field_test(fields, resource.storage, extra)
        # A name can be compared without parsing the object.
        self._by_key = all(part.lstrip().startswith(_BY_KEY) for part in fields.split(",") if part)
        self.all = self.labels is None and self.fields is None

    def matches(self, record: Record) -> bool:
        if self.labels is not None and not self.labels(record.labels):
            return False
        if self.fields is None:
            return True
        if self._by_key:
            return self.fields({"metadata": {"name": record.name, "namespace": record.namespace}})
        return self.fields(json.loads(record.body))

    def event(self, change: Change) -> EventType | None:
        """How a watcher with this selection sees a change: what starts to match is ADDED, what stops is DELETED."""
        if self.all:
            return change.type
        before = change.previous is not None and self.matches(change.previous)
        if change.type != "DELETED" and self.matches(change.record):
            return "MODIFIED" if before else "ADDED"
        return "DELETED" if before else None


def _selectable(resource: Resource) -> tuple[str, ...]:
    if resource.custom is None:
        return ()
    fields = resource.custom["version"].get("selectableFields") or ()
    return tuple(field["jsonPath"].lstrip(".") for field in fields)
