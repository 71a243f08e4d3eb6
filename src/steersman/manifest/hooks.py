"""What a hook is: events, weight, policies, read from a manifest's annotations.

Source: Helm's docs/topics/charts_hooks and the behaviour of helm 4.3.1.
"""

from __future__ import annotations

from enum import StrEnum

from steersman.lazy import pattern
from steersman.record import field, record

from .documents import EVENT_ANNOTATION as EVENT_ANNOTATION
from .documents import Document


class HookEvent(StrEnum):
    """The nine points in a release's life at which hooks run."""

    PRE_INSTALL = "pre-install"
    POST_INSTALL = "post-install"
    PRE_DELETE = "pre-delete"
    POST_DELETE = "post-delete"
    PRE_UPGRADE = "pre-upgrade"
    POST_UPGRADE = "post-upgrade"
    PRE_ROLLBACK = "pre-rollback"
    POST_ROLLBACK = "post-rollback"
    TEST = "test"


class DeletePolicy(StrEnum):
    """When a hook's object is deleted."""

    HOOK_SUCCEEDED = "hook-succeeded"
    HOOK_FAILED = "hook-failed"
    BEFORE_HOOK_CREATION = "before-hook-creation"


class HookPhase(StrEnum):
    """The result of a hook's last run, as release records spell it."""

    UNKNOWN = "Unknown"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@record(slots=True)
class HookExecution:
    """A hook's last run; times are RFC 3339 strings as Go prints them, "" where not yet known."""

    started_at: str = ""
    completed_at: str = ""
    phase: HookPhase = HookPhase.UNKNOWN


@record(slots=True)
class Hook:
    """One hook of a release, with the fields of Helm's release record.

    `path` is the template it came from, `manifest` its YAML text. `delete_policies` and `output_log_policies` hold the
    annotation's words (lower-cased) as Helm keeps them, unknown ones included; checking them is the planner's.
    """

    name: str
    kind: str
    path: str
    manifest: str = field(repr=False)
    events: list[HookEvent]
    weight: int = 0
    delete_policies: list[str] = field(default_factory=list)
    output_log_policies: list[str] = field(default_factory=list)
    last_run: HookExecution = field(default_factory=HookExecution)


WEIGHT_ANNOTATION = "helm.sh/hook-weight"
DELETE_ANNOTATION = "helm.sh/hook-delete-policy"
OUTPUT_LOG_ANNOTATION = "helm.sh/hook-output-log-policy"

_EVENT_ALIASES = {"test-success": HookEvent.TEST}
_INTEGER = pattern(r"[-+]?[0-9]+")


def read_hook(document: Document) -> Hook | None:
    """The hook that a manifest with a `helm.sh/hook` annotation is; None if it is none or names an unknown event.

    Helm's own leniency: an unknown event drops the whole manifest, a weight that is no integer counts as 0, unknown
    policies are kept. Raises YamlError.
    """
    annotations = document.annotations
    if EVENT_ANNOTATION not in annotations:
        return None
    events = [_event(word) for word in _words(annotations[EVENT_ANNOTATION])]
    if None in events:
        return None
    return Hook(
        name=document.name,
        kind=document.kind,
        path=document.path,
        manifest=document.text,
        events=[event for event in events if event is not None],
        weight=_weight(annotations.get(WEIGHT_ANNOTATION, "")) or 0,
        delete_policies=_words(annotations.get(DELETE_ANNOTATION)),
        output_log_policies=_words(annotations.get(OUTPUT_LOG_ANNOTATION)),
    )


def _words(value: str | None) -> list[str]:
    return [] if value is None else [word.strip().lower() for word in value.split(",")]


def _event(word: str) -> HookEvent | None:
    if word in _EVENT_ALIASES:
        return _EVENT_ALIASES[word]
    try:
        return HookEvent(word)
    except ValueError:
        return None


def _weight(text: str) -> int | None:
    """Go's Atoi: a decimal integer of 64 bits, nothing around it."""
    if not _INTEGER.fullmatch(text):
        return None
    weight = int(text)
    return weight if -(1 << 63) <= weight < 1 << 63 else None
