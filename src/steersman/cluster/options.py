"""How a write is made and what comes of it; the hooks around writes."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from steersman.cluster.access.identity import User
from steersman.cluster.history import EventType
from steersman.cluster.resources import Resource

Json = dict[str, Any]
PatchKind = Literal["json", "merge", "strategic", "apply"]
Operation = Literal["CREATE", "UPDATE", "DELETE"]

NAMESPACE_MISMATCH = "the namespace of the provided object does not match the namespace sent on the request"
CONTROLLER = "kube-controller-manager"


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One change of one object. `resource` is the store's name of its kind (`jobs.batch`)."""

    type: EventType
    object: Json
    resource: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did: `gone` says that the object is away; else it is marked and waits (finalizers, grace)."""

    object: Json
    gone: bool


@dataclass(slots=True)
class WriteOptions:
    """How a write is made. `warnings` collects what the API sends as Warning headers."""

    field_manager: str = CONTROLLER
    dry_run: bool = False
    validation: Literal["Ignore", "Warn", "Strict"] = "Ignore"  # of fields that the kind does not have
    duplicates: list[str] = field(default_factory=list)  # paths of keys that the request's body has twice
    force: bool = False  # server-side apply: take over what others own
    subresource: str = ""  # named in managedFields where the write came through one that is not `status`
    patch: tuple[PatchKind, Any] | None = None  # what the object was made by, where that was a patch
    applied: bool = False  # managedFields have been settled by server-side apply
    warnings: list[str] = field(default_factory=list)
    user: User | None = None  # who asked; None for the cluster's own parts
    answers: dict[str, Any] = field(
        default_factory=dict
    )  # what webhooks have said about this write (`webhooks.admission`)
    key: str = ""  # what they know it by


# An admission hook sees (operation; resource; new object; old object or None), may change the new object, and raises Forbidden or
# Invalid to refuse.
Admission = Callable[[Operation, Resource, Json, Json | None], None]

# A check comes after it and changes nothing; it also sees who writes and how, and through which subresource ("": none).
Check = Callable[[Operation, Resource, Json, Json | None, WriteOptions, str], None]


class ReviewNeeded(Exception):
    """A webhook has to be asked before this can be written: await `settle`, and write once more. Nothing is stored yet."""

    def __init__(self, words: str, settle: Callable[[], Awaitable[None]]) -> None:
        super().__init__(words)
        self.settle = settle


class Reviewer(Protocol):
    """Asks admission webhooks; see `webhooks.admission`."""

    def resume(
        self,
        operation: Operation,
        resource: Resource,
        new: Json,
        old: Json | None,
        options: WriteOptions,
        subresource: str = "",
    ) -> bool: ...

    def review(
        self,
        phase: Literal["mutating", "validating"],
        operation: Operation,
        resource: Resource,
        new: Json,
        old: Json | None,
        options: WriteOptions,
        subresource: str = "",
    ) -> None: ...


# Called after every write that was stored, with the object as stored and whether it is gone.
Written = Callable[[Resource, Json, bool], None]


_NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # no vowels, so that no generated name spells a word
_RANDOM = random.SystemRandom()


def random_suffix() -> str:
    """The five letters that make a generated name one of its kind."""
    return "".join(_RANDOM.choices(_NAME_LETTERS, k=5))


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
