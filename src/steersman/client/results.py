"""What questions about releases are answered with, beside the records themselves."""

from __future__ import annotations

from steersman.lifecycle.runs import HookRun
from steersman.manifest.hooks import Hook, HookEvent
from steersman.record import record
from steersman.release.record import Release


@record(frozen=True, slots=True)
class ReleaseStatus:
    """`release` is the revision that stands for the release, `newest` the last attempt (often the same): under the policy
    `rollback` an attempt that failed before it touched anything does not hide what is deployed. Where a certain one was asked
    for, both are that one."""

    release: Release
    newest: Release

    @property
    def degraded(self) -> bool:
        return self.release.degraded

    @property
    def failed_attempt(self) -> Release | None:
        """The last attempt, where it is not what runs."""
        return self.newest if self.newest.version != self.release.version else None


@record(frozen=True, slots=True)
class HookInfo:
    """One hook for one of its events, with its last run: from the history where there is one, else from the record."""

    hook: Hook
    event: HookEvent
    runs: tuple[HookRun, ...] = ()

    @property
    def last_run(self) -> HookRun | None:
        return self.runs[-1] if self.runs else None


def hook_infos(release: Release, runs: list[HookRun]) -> list[HookInfo]:
    """Every hook of a release by event, in the order of events and then of running."""
    infos = []
    for event in HookEvent:
        for hook in sorted((h for h in release.hooks if event in h.events), key=lambda h: (h.weight, h.name)):
            mine = tuple(run for run in runs if (run.hook, run.kind, run.event) == (hook.name, hook.kind, event))
            infos.append(HookInfo(hook, event, mine))
    return infos
