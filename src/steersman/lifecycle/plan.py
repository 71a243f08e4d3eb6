"""An action as data: an ordered list of small steps, each with a stable, readable id.

`plan(action, current, wanted, policy, options)` is pure: it reads no clock and talks to nobody. `Plan.groups` are run one
after the other; the steps of one group have no order among themselves and may run together.
"""

from __future__ import annotations

from steersman.kube.interface import Object, ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.policy import Action, HookFailure, Phase, Policy
from steersman.manifest.hooks import Hook, HookEvent
from steersman.record import field, record
from steersman.release.record import Release, Status

if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

WaitStrategy: TypeAlias = 'Literal["watcher", "hookOnly", "legacy"]'


@record(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may ask of an action, in Helm's names. Durations are seconds.

    `wait` None is the policy's default, `server_side` None Helm's `auto`. `hook_patience` is how long readiness may stand
    still before post hooks that it may be waiting for are started.
    """

    timeout: float = 300.0
    wait: WaitStrategy | None = None
    wait_for_jobs: bool = False
    no_hooks: bool = False
    parallel_hooks: bool = False
    hooks_on_change: bool = False
    hook_patience: float = 30.0
    skip_crds: bool = False
    upgrade_crds: bool = False
    create_namespace: bool = False
    server_side: bool | None = None
    force_conflicts: bool = False
    force_replace: bool = False
    take_ownership: bool = False
    recreate_immutable: bool = False
    cleanup_on_fail: bool = False
    rollback_on_failure: bool = False
    history_max: int = 10
    description: str = ""
    keep_history: bool = False
    ignore_not_found: bool = False
    delete_hooks: bool = False
    cascade: Literal["background", "foreground", "orphan"] = "background"
    test_filters: tuple[str, ...] = ()
    strict: bool = False
    wait_lock: float = 0.0


@record(frozen=True, slots=True)
class Resource:
    """One object of a manifest. `source` is the template it came from."""

    ref: ObjectRef
    object: Object
    source: str = ""


@record(frozen=True, slots=True, kw_only=True)
class PlannedHook:
    """A hook as one event runs it: its object and all that its annotations say.

    `on_change`: whether it asks to be skipped where nothing changed (None: as the action says); `digest` is of what its run
    depends on, "" where that is not compared.
    """

    hook: Hook
    resource: Resource
    event: HookEvent
    weight: int
    delete_policies: frozenset[str]
    output_log_policies: frozenset[str] = frozenset()
    timeout: float
    retries: int = 0
    on_failure: HookFailure | None = None
    parallel: bool = False
    on_change: bool | None = None
    digest: str = ""

    @property
    def id(self) -> str:
        return f"{self.event}/{self.weight}/{self.hook.name}"


@record(frozen=True, slots=True, kw_only=True)
class Step:
    """Base of all steps. `phase` decides by which row of the failure table its failure is judged."""

    phase: Phase

    @property
    def id(self) -> str:
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The step in words, for people."""
        return self.id


@record(frozen=True, slots=True, kw_only=True)
class CreateNamespace(Step):
    phase: Phase = Phase.RECORD
    namespace: str

    @property
    def id(self) -> str:
        return f"namespace/{self.namespace}"

    @property
    def title(self) -> str:
        return f"create namespace {self.namespace}"


@record(frozen=True, slots=True, kw_only=True)
class InstallCrd(Step):
    """Create what one file of `crds/` holds; its CRDs are then waited for (Established).

    What is there already is left as it is, which is Helm's rule, or with `update` brought to what the file says.
    """

    phase: Phase = Phase.CRDS
    path: str
    resources: tuple[Resource, ...]
    update: bool = False

    @property
    def id(self) -> str:
        return f"crd/{self.path}"

    @property
    def title(self) -> str:
        return f"install {'or update ' if self.update else ''}CRDs of {self.path}"


@record(frozen=True, slots=True, kw_only=True)
class RecordRevision(Step):
    """Write a revision's state. `create`: it is new to the storage. None as `description` keeps what it has. `staged`: the
    state is only noted and written with the next write of that revision, which is when Helm writes it."""

    phase: Phase = Phase.RECORD
    release: Release
    status: Status
    description: str | None = None
    create: bool = False
    staged: bool = False

    @property
    def id(self) -> str:
        if self.staged:
            return f"stage/{self.release.version}/{self.status}"
        return f"record/{self.release.version}/{self.status}"

    @property
    def title(self) -> str:
        return f"record revision {self.release.version} as {self.status}"


@record(frozen=True, slots=True, kw_only=True)
class RemoveRecords(Step):
    """Remove revisions from the storage: all of a release (uninstall), or those beyond `--history-max`."""

    phase: Phase = Phase.RECORD
    versions: tuple[int, ...]
    reason: Literal["history-max", "uninstall"]

    @property
    def id(self) -> str:
        return f"remove-records/{self.reason}"

    @property
    def title(self) -> str:
        return "remove the release's records" if self.reason == "uninstall" else "remove old revisions"


@record(frozen=True, slots=True, kw_only=True)
class DeleteHook(Step):
    """Delete a hook's object by one of its policies; with `awaited`, until it is really gone."""

    hook: PlannedHook
    policy: str
    awaited: bool = False

    @property
    def id(self) -> str:
        return f"{self.hook.id}/{self.policy}"

    @property
    def title(self) -> str:
        return f"delete hook {self.hook.hook.name} ({self.policy})"


@record(frozen=True, slots=True, kw_only=True)
class RunHook(Step):
    """Create a hook's object and await its result; `labels` are added where the chart has not set them."""

    hook: PlannedHook
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.hook.id

    @property
    def title(self) -> str:
        return f"run {self.hook.event} hook {self.hook.hook.name}"


@record(frozen=True, slots=True, kw_only=True)
class SkipHook(Step):
    """Leave a hook out, for its last run, by revision `since`, did the same thing with success."""

    hook: PlannedHook
    since: int

    @property
    def id(self) -> str:
        return f"{self.hook.id}/skip"

    @property
    def title(self) -> str:
        return f"skip {self.hook.event} hook {self.hook.hook.name}: unchanged since revision {self.since}"


@record(frozen=True, slots=True, kw_only=True)
class CheckOwnership(Step):
    """Read what is there of the resources to be created: refuse what belongs to something else, before anything is
    touched, and note what was there already (it is not removed again if the action fails)."""

    phase: Phase = Phase.RECORD
    resources: tuple[Resource, ...]

    @property
    def id(self) -> str:
        return "check-ownership"

    @property
    def title(self) -> str:
        return "check who owns what is already there"


@record(frozen=True, slots=True, kw_only=True)
class Apply(Step):
    """Create or change one resource. `previous` is its object in the current revision (None: new in this one)."""

    phase: Phase = Phase.RESOURCES
    resource: Resource
    previous: Object | None = None

    @property
    def id(self) -> str:
        return f"apply/{self.resource.ref}"

    @property
    def title(self) -> str:
        return f"apply {self.resource.ref}"


@record(frozen=True, slots=True, kw_only=True)
class Prune(Step):
    """Delete a resource that the wanted revision no longer has."""

    phase: Phase = Phase.RESOURCES
    resource: Resource

    @property
    def id(self) -> str:
        return f"prune/{self.resource.ref}"

    @property
    def title(self) -> str:
        return f"prune {self.resource.ref}"


@record(frozen=True, slots=True, kw_only=True)
class Delete(Step):
    """Delete a resource: uninstall, or the way back from a failed install. `kept` says why it is left alone."""

    phase: Phase = Phase.RESOURCES
    resource: Resource
    kept: str = ""

    @property
    def id(self) -> str:
        return f"delete/{self.resource.ref}"

    @property
    def title(self) -> str:
        return f"keep {self.resource.ref}" if self.kept else f"delete {self.resource.ref}"


@record(frozen=True, slots=True, kw_only=True)
class AwaitDeletion(Step):
    phase: Phase = Phase.WAIT
    refs: tuple[ObjectRef, ...]

    @property
    def id(self) -> str:
        return "await-deletion"

    @property
    def title(self) -> str:
        return f"await the deletion of {len(self.refs)} resources"


@record(frozen=True, slots=True, kw_only=True)
class WaitReady(Step):
    """Wait until the resources are ready.

    With `patience` (seconds) and no progress for so long, the wait is put off until the post hooks have run: the second
    WaitReady (`after_hooks`) then requires it. Without a postponement the second one has nothing to do.
    """

    phase: Phase = Phase.WAIT
    resources: tuple[Resource, ...]
    patience: float | None = None
    after_hooks: bool = False

    @property
    def id(self) -> str:
        return "wait-ready/after-hooks" if self.after_hooks else "wait-ready"

    @property
    def title(self) -> str:
        return f"wait until {len(self.resources)} resources are ready"


@record(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one action will do. `release` is the revision it acts on: the new one, or for uninstall and test the newest."""

    action: Action
    policy: Policy
    release: Release
    current: Release | None
    options: Options
    groups: tuple[tuple[Step, ...], ...]
    warnings: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for group in self.groups for step in group)

    def to_dict(self) -> dict[str, Any]:
        """For `steer plan -o json`."""
        return {
            "action": self.action,
            "policy": self.policy,
            "release": self.release.name,
            "namespace": self.release.namespace,
            "revision": self.release.version,
            "warnings": list(self.warnings),
            "steps": [
                {"id": step.id, "phase": step.phase, "title": step.title, "group": number}
                for number, group in enumerate(self.groups)
                for step in group
            ],
        }
