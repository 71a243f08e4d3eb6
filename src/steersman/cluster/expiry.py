"""Events are kept for an hour after they were last written, as etcd's lease has it in a real cluster."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from steersman.cluster.machinery import Objects
from steersman.errors import NotFound

Json = dict[str, Any]

KEPT = timedelta(hours=1)
LOOK_EVERY = 60.0  # seconds


async def forget_old_events(objects: Objects) -> None:
    """Work for ever."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        forget_events_before(objects, datetime.now(UTC) - KEPT)


def forget_events_before(objects: Objects, moment: datetime) -> None:
    oldest = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    for event in objects.list("events"):
        if last_written(event) < oldest:
            meta = event["metadata"]
            with contextlib.suppress(NotFound):
                objects.delete("events", meta["name"], meta["namespace"], grace=0)


def last_written(event: Json) -> str:
    times = [entry.get("time", "") for entry in event["metadata"].get("managedFields", ())]
    return str(max([event["metadata"]["creationTimestamp"], *times]))
