"""What a hook is: events, weight, policies, read from a manifest's annotations.

Source: Helm's docs/topics/charts_hooks and the behaviour of helm 4.3.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


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


@dataclass(slots=True)
class HookExecution:
    """A hook's last run; times are RFC 3339 strings as Go prints them, "" where not yet known."""

    started_at: str = ""
    completed_at: str = ""
    phase: HookPhase = HookPhase.UNKNOWN


@dataclass(slots=True)
class Hook:
    """One hook of a release, with the fields of Helm's release record.

    `path` is the template it came from, `manifest` its YAML text. `delete_policies` and `output_log_policies` hold the
    annotation's words (lower-cased) as Helm keeps them, unknown ones included; checking them is the planner's.
    """

    name: str
    kind: str
    path: str
    manifest: str
    events: list[HookEvent]
    weight: int = 0
    delete_policies: list[str] = field(default_factory=list)
    output_log_policies: list[str] = field(default_factory=list)
    last_run: HookExecution = field(default_factory=HookExecution)
