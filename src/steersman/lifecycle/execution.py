"""What the steps of a running plan share: cluster, storage, the stream of events, the journal, and what is known so far."""

from __future__ import annotations

from collections.abc import Callable

from steersman.kube.apply import ApplyOptions
from steersman.kube.interface import Kubernetes, Object
from steersman.kube.moment import Moment
from steersman.kube.watches import Watches
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.events import Event
from steersman.lifecycle.journal import Journal
from steersman.lifecycle.lease import Lease
from steersman.lifecycle.plan import Plan
from steersman.lifecycle.policy import Phase, Policy
from steersman.lifecycle.runs import HookRun
from steersman.manifest.hooks import HookEvent
from steersman.record import field, record
from steersman.release.record import ApplyMethod, Release
from steersman.release.storage import Storage

if TYPE_CHECKING:
    from typing import Any

Emit = Callable[[Event], None]


@record(slots=True)
class Degraded:
    """A hook that failed without stopping the action."""

    event: HookEvent
    hook: str
    message: str
    error: str = ""
    lines: tuple[str, ...] = ()
    exit_code: int = 0


@record(slots=True)
class Execution:
    """The state of one running plan.

    `revisions` are the records as last written, by version; `written` what the server answered to each apply and `adopted` what
    was there before, both by the object's name as a string; `ending` what was deleted and may still be there;
    `marked` the metadata of the release's live objects, by kind and namespace, where it was asked for. `postponed`:
    readiness is still owed, after the post hooks. `remedial`: the plan is the way back from a failure. `phase` is the one that
    runs now. `unfinished`: the journal must outlive this process. `gone`: the release and its history are
    removed. `came_back` is the revision that a way back has deployed. `began`: when the
    revision's record was made, where that can be told. `mute`: it was told that hooks' logs may not be read.
    """

    plan: Plan
    kube: Kubernetes
    watches: Watches
    storage: Storage
    emit: Emit
    journal: Journal
    lease: Lease | None = None
    revisions: dict[int, Release] = field(default_factory=dict)
    written: dict[str, Object] = field(default_factory=dict)
    adopted: set[str] = field(default_factory=set)
    runs: list[HookRun] = field(default_factory=list)
    degraded: list[Degraded] = field(default_factory=list)
    marked: dict[tuple[str, str, str | None], dict[str, Object]] = field(default_factory=dict)
    ending: set[str] = field(default_factory=set)
    postponed: bool = False
    remedial: bool = False
    phase: Phase = Phase.RECORD
    unfinished: bool = False
    gone: bool = False
    came_back: Release | None = None
    began: Moment | None = None
    mute: bool = False

    @property
    def policy(self) -> Policy:
        return self.plan.policy

    @property
    def release(self) -> Release:
        """The revision that the plan is about, as it stands now."""
        return self.revisions.get(self.plan.release.version, self.plan.release)

    @property
    def closing(self) -> bool:
        """All that was to be done is done; only the books are still to be closed."""
        return self.phase is Phase.RECORD and self.journal.touched

    @property
    def apply_options(self) -> ApplyOptions:
        options = self.plan.options
        server_side = self.plan.release.apply_method == ApplyMethod.SSA
        return ApplyOptions(
            server_side=server_side,
            force_conflicts=options.force_conflicts and server_side,
            force_replace=options.force_replace and not server_side,
        )

    async def note(self, **changes: Any) -> None:
        """Bring the journal up to date; nothing is written when nothing changed. Raises LeaseLost."""
        changed = self.journal.at(**changes)
        if changed == self.journal:
            return
        self.journal = changed
        if self.lease is not None:
            await self.lease.write(changed)
