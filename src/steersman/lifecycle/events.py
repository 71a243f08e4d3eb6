"""The stream of events that an action yields: all that a terminal, a JSON log, a report or a test ever sees of it.

Every event is a frozen dataclass; `to_json` makes one line of JSON of it, `{"type": "HookStarted", "time": …, …}`.
"""

from __future__ import annotations

from enum import StrEnum
from time import time

from steersman.kube.interface import ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.policy import Action, Policy
from steersman.manifest.hooks import HookEvent
from steersman.plain_json import dumps
from steersman.record import field, field_names, record
from steersman.release.record import Status

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any, Literal


class Outcome(StrEnum):
    """How an action ended. DEGRADED: it completed, though a hook that may fail did."""

    SUCCEEDED = "succeeded"
    DEGRADED = "degraded"
    FAILED = "failed"


@record(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events; `at` is when it happened, in seconds since 1970."""

    at: float = field(default_factory=time, compare=False)

    @property
    def time(self) -> datetime:
        """When it happened (UTC)."""
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self.at, UTC)


# --- the action as a whole ----------------------------------------------------------------------------------------


@record(frozen=True, slots=True, kw_only=True)
class ReleaseStarted(Event):
    """An action begins. `steps` are the ids of what is planned, in order."""

    action: Action
    release: str
    namespace: str
    revision: int
    policy: Policy
    steps: tuple[str, ...] = ()


@record(frozen=True, slots=True, kw_only=True)
class RevisionRecorded(Event):
    """A revision was written to the storage."""

    release: str
    revision: int
    status: Status
    description: str


@record(frozen=True, slots=True, kw_only=True)
class RemedyStarted(Event):
    """Something failed, and what the policy prescribes begins: `steps` are the ids of the way back.

    `remedy` is the policy's word for it, `reason` what failed.
    """

    remedy: str
    reason: str
    steps: tuple[str, ...] = ()


@record(frozen=True, slots=True, kw_only=True)
class ReleaseDegraded(Event):
    """The release completes although `hooks` (names) failed."""

    release: str
    revision: int
    event: HookEvent
    hooks: tuple[str, ...]
    message: str


@record(frozen=True, slots=True, kw_only=True)
class ReleaseWarning(Event):
    """Something that a person should know and that stops nothing."""

    message: str


@record(frozen=True, slots=True, kw_only=True)
class ReleaseFinished(Event):
    """The last event of every action.

    `error` is the one line to print after `Error: ` ("" when nothing failed), `lines` what to print below it or, without an
    error, instead (`Release "my-app" rolled back`, `WARNING: post-upgrade hook failed`). `exit_code` takes `--strict` into
    account. `status` is the release's after all (None when it is gone), `revision` the one that carries it.
    `interrupted`: a signal or a cancelled task ended it.
    """

    action: Action
    release: str
    namespace: str
    outcome: Outcome
    status: Status | None
    revision: int
    exit_code: int
    error: str = ""
    lines: tuple[str, ...] = ()
    failed_step: str = ""
    hint: str = ""
    interrupted: bool = False
    seconds: float = 0.0


# --- steps --------------------------------------------------------------------------------------------------------


@record(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """A step of the plan begins; `title` is it in words."""

    step: str
    title: str


@record(frozen=True, slots=True, kw_only=True)
class StepFinished(Event):
    """A step of the plan ended after `seconds`; `message` says why it failed or was skipped."""

    step: str
    result: Literal["done", "failed", "skipped", "cancelled"]
    seconds: float
    message: str = ""


# --- hooks --------------------------------------------------------------------------------------------------------


@record(frozen=True, slots=True, kw_only=True)
class HookStarted(Event):
    """One attempt of a hook begins; its object is created now."""

    step: str
    event: HookEvent
    hook: str
    kind: str
    weight: int
    attempt: int = 1
    attempts: int = 1


@record(frozen=True, slots=True, kw_only=True)
class HookSkipped(Event):
    """A hook is left out: nothing that it depends on has changed since its successful run in revision `since`."""

    step: str
    event: HookEvent
    hook: str
    kind: str
    weight: int
    since: int
    message: str


@record(frozen=True, slots=True, kw_only=True)
class HookLog(Event):
    """One line (without its end) that a hook's container printed.

    Where `left_out` is not 0, the line is none of the container's: it stands for so many that came faster than they were read.
    """

    step: str
    hook: str
    pod: str
    container: str
    line: str
    left_out: int = 0


@record(frozen=True, slots=True, kw_only=True)
class HookFinished(Event):
    """One attempt of a hook ended.

    `reason` is Kubernetes' word (BackoffLimitExceeded, DeadlineExceeded, ImagePullBackOff, …) or `Timeout`, `Cancelled`,
    `Deleted`; `exit_code` the failed container's, where there is one; `will_retry` that another attempt follows;
    `output_log` that `helm.sh/hook-output-log-policy` asks for its log to be shown, with this result.
    """

    step: str
    event: HookEvent
    hook: str
    kind: str
    weight: int
    result: Literal["Succeeded", "Failed"]
    seconds: float
    attempt: int = 1
    attempts: int = 1
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    log_tail: tuple[str, ...] = ()
    will_retry: bool = False
    output_log: bool = False


@record(frozen=True, slots=True, kw_only=True)
class HookDeleted(Event):
    """A hook's object was deleted, by which delete policy."""

    step: str
    hook: str
    ref: ObjectRef
    policy: str


# --- resources ----------------------------------------------------------------------------------------------------


@record(frozen=True, slots=True, kw_only=True)
class ResourceApplied(Event):
    step: str
    ref: ObjectRef
    change: Literal["created", "configured", "unchanged", "replaced"]


@record(frozen=True, slots=True, kw_only=True)
class ResourcePruned(Event):
    """A resource that the new revision no longer has was deleted, or `kept` says why not."""

    step: str
    ref: ObjectRef
    kept: str = ""


@record(frozen=True, slots=True, kw_only=True)
class ResourceDeleted(Event):
    """A resource was deleted by uninstall or by the way back from a failed install, or `kept` says why not."""

    step: str
    ref: ObjectRef
    kept: str = ""


@record(frozen=True, slots=True, kw_only=True)
class ResourceWaiting(Event):
    """A resource that is waited for changed its state: `status` in kstatus' words, `message` what it waits for."""

    step: str
    ref: ObjectRef
    status: str
    message: str
    ready: int
    total: int


@record(frozen=True, slots=True, kw_only=True)
class ResourceReady(Event):
    step: str
    ref: ObjectRef
    ready: int
    total: int


# --- one writer at a time -----------------------------------------------------------------------------------------


@record(frozen=True, slots=True, kw_only=True)
class LeaseWaiting(Event):
    """Another live process works on the release; `since` is when it began (RFC 3339)."""

    release: str
    holder: str
    since: str
    action: str
    step: str


@record(frozen=True, slots=True, kw_only=True)
class RecoveryStarted(Event):
    """A process died in the middle of an action; what it left is put in order first."""

    release: str
    holder: str
    action: Action
    revision: int
    step: str
    message: str


def _plain(value: Any) -> Any:
    if isinstance(value, ObjectRef):
        return {
            "apiVersion": value.api_version,
            "kind": value.kind,
            "name": value.name,
            **({} if value.namespace is None else {"namespace": value.namespace}),
        }
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def to_dict(event: Event) -> dict[str, Any]:
    """An event as plain JSON data."""
    names = [name for name in field_names(event) if name != "at"]
    return {
        "type": type(event).__name__,
        "time": event.time.isoformat().replace("+00:00", "Z"),
        **{name: _plain(getattr(event, name)) for name in names},
    }


def to_json(event: Event) -> str:
    """An event as one line of JSON, without the line's end."""
    return dumps(to_dict(event), ensure_ascii=False)
