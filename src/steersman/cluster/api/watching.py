"""Watch requests: a stream of JSON lines."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from typing import Any

from steersman.cluster import status
from steersman.cluster.api import negotiate
from steersman.cluster.api.encode import Encoder, to_bytes
from steersman.cluster.api.selection import Selection
from steersman.cluster.history import Change, Record
from steersman.cluster.machinery import Objects
from steersman.cluster.resources import Resource
from steersman.errors import ApiError

Json = dict[str, Any]

BOOKMARK_SECONDS = 60.0
SHORTEST_DEFAULT, LONGEST_DEFAULT = 1800, 3600  # seconds, as the API server chooses where a client does not say


async def watch(
    objects: Objects, resource: Resource, namespace: str | None, encoder: Encoder, query: Mapping[str, str]
) -> AsyncIterator[bytes]:
    """The lines of one watch. Raises ApiError before the first line for a request that makes no sense."""
    selection = Selection(resource, query)
    since = query.get("resourceVersion", "")
    if since and not since.isdigit():
        raise status.bad_request(f'Invalid value: "{since}": resourceVersion: strconv.ParseUint: invalid syntax')
    initial = query.get("sendInitialEvents", "")
    timeout = float(negotiate.integer(query, "timeoutSeconds") or random.randint(SHORTEST_DEFAULT, LONGEST_DEFAULT))
    bookmarks = query.get("allowWatchBookmarks") in ("true", "1")
    start_over = initial == "true" or (since in ("", "0") and initial != "false")
    revision = objects.store.revision if start_over or since in ("", "0") else int(since)
    if start_over:
        for record in objects.store.list(resource.storage, namespace):
            if selection.matches(record):
                yield line("ADDED", encoder.record(record))
        if initial == "true" and bookmarks:
            yield bookmark(resource, encoder, revision, initial=True)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    try:
        cursor = objects.store.history.cursor(resource.storage, revision)
        while (left := deadline - loop.time()) > 0:
            changed = await cursor.wait(min(left, BOOKMARK_SECONDS))
            lines = [
                text
                for change in cursor.take()
                if (namespace is None or change.record.namespace == namespace)
                and (text := _line(change, selection, encoder))
            ]
            if lines:
                yield b"".join(lines)
            elif not changed and bookmarks:
                yield bookmark(resource, encoder, objects.store.revision)
    except ApiError as error:
        yield line("ERROR", to_bytes(status.to_status(error)))


def _line(change: Change, selection: Selection, encoder: Encoder) -> bytes | None:
    kind = selection.event(change)
    if kind is None:
        return None
    key = f"{kind}/{encoder.key}"
    found = change.lines.get(key)
    if found is None:
        record: Record = change.record
        found = change.lines[key] = line(kind, encoder.record(record))
    return found


def line(kind: str, obj: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + obj + b"}\n"


def bookmark(resource: Resource, encoder: Encoder, revision: int, *, initial: bool = False) -> bytes:
    """A bookmark carries no object, only its kind and how far the watch has come."""
    meta: Json = {"resourceVersion": str(revision), "creationTimestamp": None}
    if initial:
        meta["annotations"] = {"k8s.io/initial-events-end": "true"}
    form = encoder.accepted.form
    obj: Json = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}
    if form == "Table":
        obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": str(revision)}}
        obj |= {"columnDefinitions": None, "rows": [{"cells": [], "object": {"metadata": meta}}]}
    elif form != "object":
        obj = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
    return line("BOOKMARK", to_bytes(obj))
