"""What all controllers share: watching, a queue of keys, another try after a failure, and reconciling later."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from typing import ClassVar

from steersman.cluster.machinery import Json, Objects, ReviewNeeded
from steersman.cluster.recorder import Recorder
from steersman.errors import AlreadyExists, Conflict, Gone, NotFound

Key = tuple[str, str]
"""(namespace, name)."""

log = logging.getLogger("steersman.cluster")

_FIRST_RETRY, _LONGEST_RETRY = 0.05, 30.0


def key_of(obj: Json) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def controller_of(obj: Json) -> Json | None:
    """The owner reference that manages the object."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            found: Json = reference
            return found
    return None


def owner_reference(owner: Json) -> Json:
    return {
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip


class Controller:
    """Subclasses say what they watch in `watches` and implement `keys` and `reconcile`."""

    name: ClassVar[str]
    watches: ClassVar[tuple[str, ...]]

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.events = Recorder(objects, self.name)
        self._queue: dict[Key, None] = {}
        self._wake = asyncio.Event()
        self._later: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._reviews: set[asyncio.Task[None]] = set()

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        """Whom a change concerns; `kind` is ADDED, MODIFIED or DELETED. By default the object itself."""
        return [key_of(obj)]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Brings one object's world closer to what it wants; a number asks to be called again in so many seconds."""
        raise NotImplementedError

    def enqueue(self, key: Key) -> None:
        self._queue[key] = None
        self._wake.set()

    def enqueue_after(self, key: Key, seconds: float) -> None:
        """Sooner wins where it is already due later."""
        loop = asyncio.get_running_loop()
        known = self._later.get(key)
        if known is not None:
            if known.when() <= loop.time() + seconds:
                return
            known.cancel()

        def due() -> None:
            self._later.pop(key, None)
            self.enqueue(key)

        self._later[key] = loop.call_later(max(seconds, 0.0), due)

    async def run(self) -> None:
        """Works until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for resource in self.watches:
                group.create_task(self._watch(resource))
            group.create_task(self._work())

    async def _watch(self, resource: str) -> None:
        while True:
            # Too slow for the history: everything is seen again.
            with contextlib.suppress(Gone):
                async for event in self.objects.watch(resource):
                    for key in self.keys(resource, event.object, event.type):
                        self.enqueue(key)

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                key = next(iter(self._queue))
                del self._queue[key]
                self._reconcile(key)
                # Others on this loop (requests, other controllers) get their turn between two keys.
                await asyncio.sleep(0)

    def _reconcile(self, key: Key) -> None:
        try:
            with self.objects.by_controller():
                again = self.reconcile(*key)
        except ReviewNeeded as needed:
            task = asyncio.ensure_future(self._settle(needed, key))
            self._reviews.add(task)
            task.add_done_callback(self._reviews.discard)
        except (Conflict, NotFound, AlreadyExists) as error:
            self._retry(key, error)
        except Exception as error:  # one broken object must not stop the others
            log.exception("%s: %s/%s", self.name, *key)
            self._retry(key, error)
        else:
            self._failures.pop(key, None)
            if again is not None:
                self.enqueue_after(key, again)

    async def _settle(self, needed: ReviewNeeded, key: Key) -> None:
        """Once the webhooks were asked that have a say in it, the key's turn comes again."""
        await needed.settle()
        self.enqueue(key)

    def _retry(self, key: Key, error: Exception) -> None:
        count = self._failures[key] = self._failures.get(key, 0) + 1
        log.debug("%s: %s/%s: %s (try %d)", self.name, *key, error, count)
        self.enqueue_after(key, min(_FIRST_RETRY * 2**count, _LONGEST_RETRY))
