"""Watch requests: a stream of JSON lines."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

from steersman.cluster import status
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
    timeout = float(query.get("timeoutSeconds") or random.randint(SHORTEST_DEFAULT, LONGEST_DEFAULT))
    bookmarks = query.get("allowWatchBookmarks") in ("true", "1")
    start_over = initial == "true" or (since in ("", "0") and initial != "false")
    revision = objects.store.revision if start_over or since in ("", "0") else int(since)
    if start_over:
        for record in objects.store.list(resource.storage, namespace):
            if selection.matches(record):
                yield line("ADDED", encoder.record(record))
        if initial == "true" and bookmarks:
            yield bookmark(resource, encoder, revision, initial=True)
    deadline = asyncio.get_running_loop().time() + timeout
    changes = objects.store.history.follow(resource.storage, revision)
    try:
        async for found in _changes_and_pauses(changes, deadline):
            if found is None:
                if bookmarks:
                    yield bookmark(resource, encoder, objects.store.revision)
            elif (namespace is None or found.record.namespace == namespace) and (
                text := _line(found, selection, encoder)
            ):
                yield text
    except ApiError as error:
        yield line("ERROR", to_bytes(status.to_status(error)))
    finally:
        await changes.aclose()


async def _changes_and_pauses(
    changes: AsyncGenerator[Change | None, None], deadline: float
) -> AsyncIterator[Change | None]:
    """The changes until the deadline; None when nothing has happened for a while, and at the end."""
    loop = asyncio.get_running_loop()
    pending: asyncio.Future[Change | None] | None = None
    try:
        while True:
            if pending is None:
                pending = asyncio.ensure_future(anext(changes))
            left = deadline - loop.time()
            if not pending.done():
                await asyncio.wait((pending,), timeout=max(0.0, min(left, BOOKMARK_SECONDS)))
            if pending.done():
                found, pending = pending.result(), None
                if found is not None:
                    yield found
            else:
                yield None
                if left <= BOOKMARK_SECONDS:
                    return
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.wait((pending,))


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
