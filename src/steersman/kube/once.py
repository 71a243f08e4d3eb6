"""Writes that must not be done twice, and whose answer may never come: they are read back.

Each gets the time of one request (`retry.deadline`) for all of its attempts. What cannot be found out is OutcomeUnknown.
"""

from __future__ import annotations

import time

from steersman.errors import AlreadyExists, Conflict, KubernetesError, NotFound, OutcomeUnknown
from steersman.kube.interface import Object
from steersman.kube.retry import Repeat, delay, latest, one_budget, share
from steersman.kube.session import Query, Session, quote
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Part of the time that is left: the rest is for reading back what became of it.
FOR_THE_WRITE = 0.7


async def create_once(session: Session, path: str, query: Query, obj: Object, field_manager: str) -> Object:
    """POST until it is known whether it was done: what is there afterwards, and can only be ours, counts as ours."""
    unknown: OutcomeUnknown | None = None
    before = session.server_date
    with one_budget():
        pauses = _Pauses(session)
        while True:
            try:
                with share(FOR_THE_WRITE):
                    return await session.resource("POST", path, query, obj, repeat=Repeat.UNSAFE)
            except AlreadyExists:
                if unknown is None:
                    raise
                # The first POST may have been slow rather than lost.
                return await _ours(session, path, obj, field_manager, before, unknown)
            except OutcomeUnknown as error:
                unknown = error
            if not (obj.get("metadata") or {}).get("name"):
                raise unknown  # a generated name cannot be looked for
            try:
                return await _ours(session, path, obj, field_manager, before, unknown)
            except NotFound:
                await pauses.next_or_raise(unknown)  # the name is free: it was not done, and is sent again


async def replace_once(session: Session, path: str, query: Query, obj: Object) -> Object:
    """PUT of a certain version until it is known whether it was done."""
    with one_budget():
        pauses = _Pauses(session)
        while True:
            try:
                with share(FOR_THE_WRITE):
                    return await session.resource("PUT", path, query, obj, repeat=Repeat.UNSAFE)
            except OutcomeUnknown as error:
                unknown = error
            found = await _read_back(session, path, unknown)
            if found["metadata"].get("resourceVersion") != obj["metadata"]["resourceVersion"]:
                if contains(found, obj, ignore=("resourceVersion", "managedFields", "generation")):
                    return found
                raise Conflict(f"{path}: another writer changed it meanwhile", code=409, reason="Conflict")
            await pauses.next_or_raise(unknown)


async def delete_once(session: Session, path: str, options: dict[str, Any]) -> bool:
    """DELETE until it is known whether it was done, and never an object that has come to bear the name meanwhile.

    The answer is whether it is gone: the server says so with a Status, where it answers with the object that has still to be
    finalized, or to stop. (Of a few kinds it answers with the object in either case.)
    """
    unknown: OutcomeUnknown | None = None
    with one_budget():
        pauses = _Pauses(session)
        while True:
            try:
                with share(FOR_THE_WRITE):
                    answer = await session.object("DELETE", path, None, options, repeat=Repeat.UNSAFE)
                return answer.get("kind") == "Status"
            except (NotFound, Conflict) as error:
                if unknown is None or (isinstance(error, Conflict) and "preconditions" not in options):
                    raise
                return isinstance(error, NotFound)  # after a Conflict most likely too, if another has its name
            except OutcomeUnknown as error:
                unknown = error
            try:
                found = await _read_back(session, path, unknown)
            except NotFound:
                return True
            if found["metadata"].get("deletionTimestamp"):
                return False
            options.setdefault("preconditions", {"uid": found["metadata"]["uid"]})
            await pauses.next_or_raise(unknown)


class _Pauses:
    """The waits between the attempts, within the time that there is."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._until = latest()
        self._attempt = 0

    async def next_or_raise(self, unknown: OutcomeUnknown) -> None:
        self._attempt += 1
        pause = delay(self._attempt, None)
        if time.monotonic() + pause >= self._until:
            raise self._session.trouble.undone(unknown)
        await self._session.network.sleep(pause)


# --- reading back -------------------------------------------------------------------------------------------------


async def _read_back(session: Session, path: str, unknown: OutcomeUnknown) -> Object:
    """What stands there now. Raises NotFound, and `unknown` where it cannot be read: that it failed is not known either."""
    try:
        return await session.resource("GET", path)
    except NotFound:
        raise
    except KubernetesError as error:
        raise session.trouble.unread(unknown, error) from error


async def _ours(
    session: Session, path: str, obj: Object, field_manager: str, before: str, unknown: OutcomeUnknown
) -> Object:
    """The object of that name, if it is what we sent and not older than `before`. Raises NotFound, AlreadyExists."""
    name = obj["metadata"]["name"]
    found = await _read_back(session, f"{path}/{quote(name)}", unknown)
    if written_by(found, field_manager) and contains(found, obj) and not _is_older(found, before):
        return found
    plural = path.rsplit("/", 1)[1]
    raise AlreadyExists(f'{plural} "{name}" already exists', code=409, reason="AlreadyExists")


def _is_older(found: Object, before: str) -> bool:
    """Whether the object was there before the server's answer of that Date: a finished Job of the last time is not ours.

    Both times are the server's; several servers may be a moment apart.
    """
    from datetime import datetime, timedelta
    from email.utils import parsedate_to_datetime

    created = found["metadata"].get("creationTimestamp")
    if not before or not created:
        return False
    return datetime.fromisoformat(created.replace("Z", "+00:00")) < parsedate_to_datetime(before) - timedelta(seconds=2)


def written_by(obj: Object, manager: str) -> bool:
    """Whether `manager` is among the writers of the object's fields."""
    return any(entry.get("manager") == manager for entry in obj["metadata"].get("managedFields") or [])


def contains(live: Any, sent: Any, ignore: tuple[str, ...] = ()) -> bool:
    """Whether all that was sent stands in what is there (the server adds defaults, never takes away)."""
    if isinstance(sent, dict):
        return isinstance(live, dict) and all(
            key in ignore or value in (None, {}, [], "") or (key in live and contains(live[key], value, ignore))
            for key, value in sent.items()
        )
    if isinstance(sent, list):
        return (
            isinstance(live, list)
            and len(live) >= len(sent)
            and all(contains(there, value, ignore) for there, value in zip(live, sent, strict=False))
        )
    if live == sent:
        return True
    from steersman.kube.quantity import quantity

    return quantity(str(sent)) == quantity(str(live)) is not None  # 1000m comes back as 1
