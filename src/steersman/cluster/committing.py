"""The last step of a write: the object into the store, and whoever wants to know of it told."""

from __future__ import annotations

import json
from typing import Any

from steersman.cluster.history import Record
from steersman.cluster.kinds.conversion import converts, to_storage
from steersman.cluster.options import WriteOptions
from steersman.cluster.reading import Reading
from steersman.cluster.resources import Resource

Json = dict[str, Any]


class Committing(Reading):
    """Storing and removing what all checks have let through."""

    def _commit(self, resource: Resource, obj: Json, previous: Record | None, options: WriteOptions) -> Json:
        obj = dict[str, Any](kind=resource.kind, apiVersion=resource.api_version) | obj
        if options.dry_run:
            if previous is None:
                obj["metadata"].pop("resourceVersion", None)
            return obj
        self.store.put(self._encode(resource, obj))
        for hook in self.written:
            hook(resource, obj, False)
        return obj

    def _remove(self, resource: Resource, obj: Json, record: Record | None, dry_run: bool) -> Json:
        if not dry_run and record is not None:
            self.store.delete(self._encode(resource, obj))
            for hook in self.written:
                hook(resource, obj, True)
        return obj

    def _encode(self, resource: Resource, obj: Json) -> Record:
        revision = self.store.revision + 1
        meta: Json = obj["metadata"]
        meta["resourceVersion"] = str(revision)
        body = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
        if converts(resource):
            body = to_storage(resource, body)
        encoded = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        labels = dict(meta.get("labels") or {})
        return Record(resource.storage, meta.get("namespace", ""), meta["name"], revision, encoded, labels)
