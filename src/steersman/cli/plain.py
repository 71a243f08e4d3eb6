"""The event stream as plain lines on stderr: what a person reads in a CI log, or anywhere that is not a terminal.

Results go to stdout (see `results`); this is only the telling of what happens.
"""

from __future__ import annotations

import sys

from steersman.kube.interface import ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle import events
from steersman.lifecycle.policy import Action

if TYPE_CHECKING:
    from typing import TextIO

STARTED = {
    Action.INSTALL: "Installing {release} (revision {revision}) in namespace {namespace}",
    Action.UPGRADE: "Upgrading {release} to revision {revision} in namespace {namespace}",
    Action.ROLLBACK: "Rolling back {release} (revision {revision}) in namespace {namespace}",
    Action.UNINSTALL: "Uninstalling {release} from namespace {namespace}",
    Action.TEST: "Testing {release} in namespace {namespace}",
}


def short(ref: ObjectRef) -> str:
    """An object as kubectl names it: Kind/name."""
    return f"{ref.kind}/{ref.name}"


class PlainView:
    """Prints one line per event worth one.

    `hook_logs` is `all` (as they come), `failed` (the tail of a failed hook's log) or `none`.
    """

    def __init__(self, stream: TextIO | None = None, *, hook_logs: str = "all", debug: bool = False) -> None:
        self.stream = stream or sys.stderr
        self.hook_logs = hook_logs
        self.debug = debug
        self.told: set[str] = set()  # steps whose failure has been told already, as a hook's

    def say(self, line: str) -> None:
        print(line, file=self.stream, flush=True)

    def show(self, event: events.Event) -> None:
        match event:
            case events.ReleaseStarted():
                self.say(
                    STARTED[event.action].format_map(
                        {name: getattr(event, name) for name in ("release", "revision", "namespace")}
                    )
                )
            case events.HookStarted():
                attempt = f", attempt {event.attempt} of {event.attempts}" if event.attempt > 1 else ""
                self.say(f"  {event.event} hook {event.kind}/{event.hook} (weight {event.weight}{attempt}) started")
            case events.HookSkipped():
                self.say(f"  {event.event} hook {event.kind}/{event.hook} skipped: {event.message}")
            case events.HookLog() if self.hook_logs == "all":
                self.say(f"    {event.hook} | {event.line}")
            case events.HookFinished():
                self.hook_finished(event)
            case events.HookDeleted() if self.debug:
                self.say(f"  deleted hook {event.hook} ({event.policy})")
            case events.ResourceApplied():
                self.say(f"  {short(event.ref)} {event.change}")
            case events.ResourcePruned() | events.ResourceDeleted():
                self.say(f"  {short(event.ref)} " + (f"kept ({event.kept})" if event.kept else "deleted"))
            case events.ResourceWaiting():
                self.say(f"  waiting for {short(event.ref)}: {event.message or event.status}")
            case events.ResourceReady():
                self.say(f"  {short(event.ref)} ready ({event.ready}/{event.total})")
            case events.RemedyStarted():
                self.say(f"  {event.reason}; putting things in order: {event.remedy}")
            case events.ReleaseWarning():
                self.say(f"WARNING: {event.message}")
            case events.LeaseWaiting():
                self.say(
                    f"  waiting: {event.holder} works on {event.release} since {event.since} ({event.action}, at {event.step})"
                )
            case events.RecoveryStarted():
                self.say(f"  recovering first: {event.message}")
            case events.StepStarted() if self.debug:
                self.say(f"  [{event.step}] {event.title}")
            case events.StepFinished() if self.debug or (
                event.result == "failed" and event.message and event.step not in self.told
            ):
                self.say(f"  [{event.step}] {event.result} after {event.seconds:.1f}s {event.message}".rstrip())
            case _:
                pass

    def untold_failure(self, event: events.StepFinished) -> bool:
        return event.result == "failed" and bool(event.message) and event.step not in self.told

    def hook_finished(self, event: events.HookFinished) -> None:
        if event.result == "Succeeded":
            self.say(f"  {event.event} hook {event.kind}/{event.hook} succeeded in {event.seconds:.1f}s")
            return
        self.told.add(event.step)
        code = f" (exit code {event.exit_code})" if event.exit_code is not None else ""
        reason = ": ".join(part for part in (event.reason, event.message) if part) or "failed"
        self.say(f"  {event.event} hook {event.kind}/{event.hook} FAILED after {event.seconds:.1f}s: {reason}{code}")
        if event.will_retry:
            self.say(f"  trying again (attempt {event.attempt + 1} of {event.attempts})")
            return
        if event.log_tail and self.hook_logs == "failed":
            self.say("  its last words:")
            for line in event.log_tail:
                self.say(f"    {event.hook} | {line}")

    def close(self) -> None:
        """Nothing is left open."""
