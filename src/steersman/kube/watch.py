"""A watch that goes on: it reconnects where it broke off, and lists again where the server has forgotten (410).

What changed while nobody looked is then told as if it had been watched: new objects as ADDED, changed ones as MODIFIED,
vanished ones as DELETED (with their metadata only). Memory stays bounded by one short entry per object.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from steersman.errors import ClusterUnreachable, Gone, ServerBusy
from steersman.kube.interface import Object, WatchEvent
from steersman.kube.network import ConnectionLost
from steersman.kube.retry import delay
from steersman.kube.session import Request
from steersman.kube.status import error_from_status
from steersman.plain_json import loads
from steersman.record import record

if TYPE_CHECKING:
    from steersman.kube.client import Client

# The server ends a watch after this long by itself; spread, so that many watches do not come back at once (by the clock, which
# is as good as `random` for that, and need not be imported).
WATCH_SECONDS = range(240, 301)
STEADY_SECONDS = 5.0  # a watch that lived this long was a good one: the next failure counts as the first


@record(frozen=True, slots=True)
class Watched:
    """Which objects to watch."""

    api_version: str
    kind: str
    namespace: str | None
    label_selector: str = ""
    field_selector: str = ""


@record(slots=True)
class _Seen:
    uid: str
    resource_version: str


async def watch(client: Client, watched: Watched, resource_version: str = "") -> AsyncGenerator[WatchEvent, None]:
    """The events of `Kubernetes.watch`. Raises Forbidden, NotFound and what else retrying cannot mend."""
    seen: dict[tuple[str, str], _Seen] = {}
    failures = 0
    while True:
        started = time.monotonic()
        try:
            if not resource_version:
                events, resource_version = await _relist(client, watched, seen)
                for event in events:
                    yield event
                yield WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": resource_version}})
            async with aclosing(_one_connection(client, watched, resource_version)) as connection:
                async for event in connection:
                    metadata = event.object.get("metadata") or {}
                    resource_version = str(metadata.get("resourceVersion") or resource_version)
                    _note(seen, event)
                    yield event
            failures = 0 if time.monotonic() - started > STEADY_SECONDS else failures + 1
        except Gone:
            resource_version = ""
            failures += 1
        except (ConnectionLost, ServerBusy):
            failures = 1 if time.monotonic() - started > STEADY_SECONDS else failures + 1
        except ClusterUnreachable:
            if not client.session.reached:
                raise
            failures += 1
        if failures:
            await asyncio.sleep(delay(min(failures, 8), None))


async def _one_connection(client: Client, watched: Watched, resource_version: str) -> AsyncGenerator[WatchEvent, None]:
    """The events of one connection, until it ends. Raises ConnectionLost or an ApiError."""
    from steersman.kube.client import collection_path, selectors

    seconds = WATCH_SECONDS[time.time_ns() % len(WATCH_SECONDS)]
    query = {
        **selectors(watched.label_selector, watched.field_selector),
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": resource_version,
        "timeoutSeconds": str(seconds),
    }
    path = collection_path(await client.resource(watched.api_version, watched.kind), watched.namespace)
    rest = b""
    # A little longer than the server was asked for: what has sent nothing by then is a dead connection.
    async with aclosing(client.session.stream(Request("GET", path, query), idle_seconds=seconds + 15)) as stream:
        async for piece in stream:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line.strip():
                    yield _event(line)
    # What is left in `rest` is a line that was cut off; the next connection brings that event whole.


def _event(line: bytes) -> WatchEvent:
    try:
        parsed = loads(line)
        kind, obj = parsed["type"], parsed["object"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConnectionLost("the watch sent a damaged line") from error
    if kind == "ERROR":
        raise error_from_status(obj)
    return WatchEvent(kind, obj)


async def _relist(client: Client, watched: Watched, seen: dict[tuple[str, str], _Seen]) -> tuple[list[WatchEvent], str]:
    """List, and return what differs from `seen` as events, with the resourceVersion to watch from. Updates `seen`."""
    listed = await client.list(
        watched.api_version,
        watched.kind,
        namespace=watched.namespace,
        label_selector=watched.label_selector,
        field_selector=watched.field_selector,
    )
    now = {_key(obj): obj for obj in listed.items}
    events: list[WatchEvent] = []
    for key, old in list(seen.items()):
        if key not in now or now[key]["metadata"].get("uid") != old.uid:
            events.append(WatchEvent("DELETED", _remains(watched, key, old, listed.resource_version)))
            del seen[key]
    for key, obj in now.items():
        if key not in seen:
            events.append(WatchEvent("ADDED", obj))
        elif seen[key].resource_version != obj["metadata"].get("resourceVersion"):
            events.append(WatchEvent("MODIFIED", obj))
    for event in events:
        if event.type != "DELETED":
            _note(seen, event)
    return events, listed.resource_version


def _note(seen: dict[tuple[str, str], _Seen], event: WatchEvent) -> None:
    if event.type == "BOOKMARK":
        return
    key, metadata = _key(event.object), event.object["metadata"]
    if event.type == "DELETED":
        seen.pop(key, None)
    else:
        seen[key] = _Seen(str(metadata.get("uid") or ""), str(metadata.get("resourceVersion") or ""))


def _key(obj: Object) -> tuple[str, str]:
    return str(obj["metadata"].get("namespace") or ""), str(obj["metadata"]["name"])


def _remains(watched: Watched, key: tuple[str, str], old: _Seen, resource_version: str) -> Object:
    namespace, name = key
    metadata = {"name": name, "uid": old.uid, "resourceVersion": resource_version}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": watched.api_version, "kind": watched.kind, "metadata": metadata}
