"""Answers as bytes: objects, lists, tables. Stored bodies are passed on without being parsed wherever that is possible."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from steersman.cluster.api.negotiate import Accepted
from steersman.cluster.history import Record
from steersman.cluster.kinds.conversion import converts
from steersman.cluster.machinery import Objects
from steersman.cluster.resources import Resource

Json = dict[str, Any]


def to_bytes(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace")


def head(resource: Resource) -> bytes:
    """What stands before a stored body to make it an object."""
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",'.encode()


def partial(obj: Json, version: str, kind: str = "PartialObjectMetadata") -> Json:
    return {"kind": kind, "apiVersion": f"meta.k8s.io/{version}", "metadata": obj["metadata"]}


class Encoder:
    """Objects of one resource in the form that one client accepts."""

    def __init__(self, objects: Objects, resource: Resource, accepted: Accepted, include_object: str = "") -> None:
        self.objects = objects
        self.resource = resource
        self.accepted = accepted
        self.include_object = include_object or "Metadata"
        self.plain = accepted.form == "object" and not converts(resource)
        self.key = f"{resource.api_version}/{accepted}/{self.include_object}"  # of what Change.lines may be shared by
        self._head = head(resource)

    def record(self, record: Record) -> bytes:
        if self.plain:
            return self._head + record.body[1:]
        return self.one(self.objects.decode(self.resource, record))

    def one(self, obj: Json) -> bytes:
        if self.accepted.form == "Table":
            return to_bytes(self.table([obj], {"resourceVersion": obj["metadata"].get("resourceVersion", "")}))
        if self.accepted.form == "PartialObjectMetadata":
            return to_bytes(partial(obj, self.accepted.version))
        return to_bytes(obj)

    def many(self, records: Iterable[Record], meta: Json) -> bytes:
        if self.accepted.form == "Table":
            return to_bytes(self.table([self.objects.decode(self.resource, record) for record in records], meta))
        if self.accepted.form in ("PartialObjectMetadataList", "PartialObjectMetadata"):
            items = [partial(self.objects.decode(self.resource, record), self.accepted.version) for record in records]
            kind, version = "PartialObjectMetadataList", f"meta.k8s.io/{self.accepted.version}"
            return to_bytes({"kind": kind, "apiVersion": version, "metadata": meta, "items": items})
        start = to_bytes({"kind": self.resource.list_kind, "apiVersion": self.resource.api_version, "metadata": meta})
        if self.resource.custom is not None:
            bodies = [self._head + record.body[1:] for record in records]
        elif self.plain:
            bodies = [record.body for record in records]
        else:
            bodies = [to_bytes(bare(self.objects.decode(self.resource, record))) for record in records]
        return start[:-1] + b',"items":[' + b",".join(bodies) + b"]}"

    def table(self, items: list[Json], meta: Json) -> Json:
        from steersman.cluster.tables import table

        return table(self.resource, items, meta, self.include_object)


def bare(obj: Json) -> Json:
    """As an item of a list, which says once of what kind they all are."""
    return {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
