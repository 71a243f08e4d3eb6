"""A process died in the middle of an action: the release is put in order as the failure table prescribes.

The next command finds the dead holder's lease and in it the journal: which action, which revision, how far. From that and the
records the same aftermath is planned that the dead process would have run, had it lived to see its step fail:

- before the resources: the attempt is `failed`, nothing was touched;
- in the resources or the waiting: the phase's remedy (what was created is removed, or the release goes back);
- in the post hooks: the release is deployed, degraded;
- in the last records: they are written;
- an uninstall that had begun to delete is finished; before that, the release is deployed again;
- in a remedy: the remedy is done again.

Every step of it may be done twice, so a process may die in the middle of a recovery as well.
"""

from __future__ import annotations

import asyncio
from functools import partial

from steersman.errors import RecoveryFailed
from steersman.kube.interface import Kubernetes
from steersman.kube.watches import Watches
from steersman.lifecycle.aftermath import Fallen, verdict
from steersman.lifecycle.common import closing
from steersman.lifecycle.events import RecoveryStarted, ReleaseWarning
from steersman.lifecycle.execute import PlanStopped, run_groups
from steersman.lifecycle.execution import Degraded, Emit, Execution
from steersman.lifecycle.journal import Journal, newly_said
from steersman.lifecycle.kinds import informed
from steersman.lifecycle.lease import Found, Lease
from steersman.lifecycle.left_by_helm import PRE_EVENT
from steersman.lifecycle.plan import Options, Plan, RecordRevision
from steersman.lifecycle.policy import Action, Phase, Policy, rule
from steersman.lifecycle.remedy import undo
from steersman.lifecycle.runs import add_runs, from_dict
from steersman.lifecycle.settling import owed
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.steadily import steadily
from steersman.lifecycle.uninstall import plan_uninstall, superseded
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import Release, Status
from steersman.release.storage import Storage
from steersman.release.stored import Stored


async def recover(
    found: Found,
    kube: Kubernetes,
    watches: Watches,
    storage: Storage,
    emit: Emit,
    lease: Lease | None,
    options: Options,
) -> tuple[str, Journal | None]:
    """Finish what the journal in `found` describes, in the time that `options` give where they say so.

    The answer: what went wrong on the way back ("": nothing), and the journal of what is still to be finished after that.
    Raises RecoveryFailed, LeaseLost and KubernetesError.
    """
    journal = found.journal
    assert journal is not None, "without a journal nothing had begun"
    history = tuple(await storage.history(journal.release))
    situation = await informed(kube, Situation(journal.release, storage.namespace, history), journal.policy)
    await add_runs(kube, journal.release, storage.namespace, [from_dict(run) for run in journal.runs])
    written = next((stored.release() for stored in situation.history if stored.version == journal.revision), None)
    if written is None or journal.action is Action.TEST or journal.settled:
        return "", None
    what = f"{journal.action} at step {journal.step or 'record'}"
    emit(
        RecoveryStarted(
            release=journal.release,
            holder=found.holder,
            action=journal.action,
            revision=journal.revision,
            step=journal.step,
            message=f"{found.holder} died during {what}"
            if found.holder
            else f"an earlier command did not finish its {what}",
        )
    )
    for run in journal.runs:
        if run.get("result") == "Interrupted":
            message = f"{run['event']} hook {run['hook']} was started at {run['started']} and nobody saw it end; it may run again"
            emit(ReleaseWarning(message=message))
    execution = Execution(
        plan=_plan(journal, written, situation, options),
        kube=kube,
        watches=watches,
        storage=storage,
        emit=emit,
        journal=journal,
        lease=lease,
        adopted=set(journal.adopted),
    )
    problem = ""
    try:
        if _taken_over(journal, written, situation):
            await _leave_it(execution)
        elif journal.action is Action.UNINSTALL:
            await _recover_uninstall(execution, situation)
        else:
            problem = await _recover_attempt(execution, situation)
    except PlanStopped as stopped:
        await owed(execution)
        raise RecoveryFailed(
            f"an interrupted {journal.action} of release {journal.release!r} could not be put in order: {stopped}",
            release=journal.release,
            step=stopped.step.id,
            hint="nothing else was done; the next command tries it again",
        ) from stopped.cause
    except asyncio.CancelledError:
        execution.unfinished = True
        journal = await owed(execution) or journal
        if lease is not None:
            await lease.write(journal)
        raise
    return problem, await owed(execution)


def unfinished(found: Found | None, lease: Lease | None) -> Journal | None:
    """What an interrupted recovery of `found` leaves for the next one. What Helm left has its record, which tells it again."""
    known = found.journal if found is not None else None
    return (lease.journal if lease is not None else None) or known


def _taken_over(journal: Journal, written: Release, situation: Situation) -> bool:
    """Whether somebody who knows no journal (Helm) has changed the release since: what he made of it stands."""
    if journal.stamp and written.info.last_deployed != journal.stamp:
        return True  # removed, and installed anew under the same number
    later = [stored for stored in situation.history if stored.version > journal.revision]
    if journal.cause and journal.action in (Action.UPGRADE, Action.ROLLBACK):
        # Our own way back writes later revisions, too, once it has written its cause.
        return any(stored.release().info.rollback_revision != journal.previous for stored in later)
    return bool(later)


async def _leave_it(execution: Execution) -> None:
    """Only the record that nobody will ever finish is closed."""
    journal, written = execution.journal, execution.plan.release
    message = f"release {journal.release!r} was changed by another tool since then; nothing of it is undone"
    execution.emit(ReleaseWarning(message=message))
    if written.status.pending and written.info.last_deployed == journal.stamp:
        cause = f"interrupted at step {journal.step or 'record'}"
        await run_groups(execution, [(RecordRevision(release=written, status=Status.FAILED, description=cause),)])


async def one_deployed(situation: Situation, storage: Storage) -> Situation:
    """Mark all deployed revisions but the newest as superseded: a process without a journal may have died before it did."""
    deployed = [stored for stored in situation.history if stored.status is Status.DEPLOYED]
    for stored in deployed[:-1]:
        superseded = stored.release().with_status(Status.SUPERSEDED, None)
        await steadily(partial(storage.update, superseded))
    if len(deployed) < 2:
        return situation
    return replace(situation, history=tuple(await storage.history(situation.name)))


def _plan(journal: Journal, written: Release, situation: Situation, options: Options) -> Plan:
    previous = next((stored.release() for stored in situation.history if stored.version == journal.previous), None)
    return Plan(
        action=journal.action,
        policy=journal.policy,
        release=written,
        current=previous,
        options=Options(**{**journal.options, **newly_said(options)}),
        groups=(),
    )


async def _recover_attempt(execution: Execution, situation: Situation) -> str:
    """The answer is what went wrong on the way back."""
    journal, plan = execution.journal, execution.plan
    previous = plan.current
    if previous is not None:
        previous = previous.with_status(Status(journal.previous_status), journal.previous_description)
    cause = journal.cause or f"interrupted at step {journal.step or 'record'}"
    fallen = Fallen(
        plan=plan,
        release=plan.release,
        previous=previous,
        rule=rule(plan.policy, plan.action, _phase(journal), override=journal.override),
        cause=cause,
        event=str(PRE_EVENT[plan.action]),
        override=journal.override,
        adopted=frozenset(journal.adopted),
    )
    if journal.cause:
        await run_groups(execution, verdict(fallen))
        return await _repeat_remedy(execution, fallen)
    if _reached_post_hooks(journal):
        execution.degraded = [_degraded(name) for name in _failed_hooks(journal)]
        await run_groups(
            execution, closing(plan.action, plan.release, _unpended(situation, journal), plan.policy, plan.options)
        )
    elif plan.release.status is not Status.DEPLOYED:
        await execution.note(cause=cause)
        await run_groups(execution, verdict(fallen))
        return await _undo(execution, fallen)
    return ""


async def _repeat_remedy(execution: Execution, fallen: Fallen) -> str:
    """The failed attempt is on record. A rollback that was under way is marked as failed and begun anew."""
    history = await execution.storage.history(fallen.release.name)
    later = [stored for stored in history if stored.version > fallen.release.version]
    if later and later[-1].status is Status.DEPLOYED:  # the way back had arrived
        others = [stored for stored in history if stored.status is Status.DEPLOYED and stored is not later[-1]]
        await run_groups(execution, [(_record(stored, Status.SUPERSEDED),) for stored in others])
        return ""
    pending = [stored for stored in later if stored.status.pending]
    await run_groups(execution, [(_record(stored, Status.FAILED, " was interrupted"),) for stored in pending])
    return await _undo(execution, fallen)


def _record(stored: Stored, status: Status, suffix: str = "") -> RecordRevision:
    release = stored.release()
    return RecordRevision(release=release, status=status, description=release.info.description + suffix)


async def _undo(execution: Execution, fallen: Fallen) -> str:
    problem = await undo(execution, fallen)
    if problem:
        execution.emit(ReleaseWarning(message=f"the way back to an earlier revision failed: {problem}"))
    return problem


async def _recover_uninstall(execution: Execution, situation: Situation) -> None:
    journal, plan = execution.journal, execution.plan
    if plan.release.status is Status.UNINSTALLED and plan.options.keep_history:
        await run_groups(execution, superseded(situation))  # that is the last thing to be written
        return
    if not journal.touched:
        status = Status(journal.previous_status)
        record = RecordRevision(release=plan.release, status=status, description=journal.previous_description)
        await run_groups(execution, [(record,)])
        return
    whole = plan_uninstall(situation, Policy.ROLLBACK, plan.options)
    # Pre-delete hooks have run. What began to be deleted cannot come back, so it is finished.
    rest = [group for group in whole.groups if group[0].phase is not Phase.PRE_HOOKS]
    execution.plan = whole
    await run_groups(execution, rest)


def _phase(journal: Journal) -> Phase:
    if journal.phase is Phase.RECORD:
        return Phase.RESOURCES if journal.touched else Phase.PRE_HOOKS
    return journal.phase


def _reached_post_hooks(journal: Journal) -> bool:
    return journal.touched and journal.phase in (Phase.POST_HOOKS, Phase.RECORD)


def _failed_hooks(journal: Journal) -> list[str]:
    """`event/hook` of those that failed, and of the one that nobody saw end."""
    ended = {f"{run['event']}/{run['hook']}": run["result"] for run in journal.runs}
    lost = [name for name, result in ended.items() if result == "Interrupted" and name.startswith("post-")]
    return list(dict.fromkeys([*journal.degraded, *lost]))


def _degraded(name: str) -> Degraded:
    event, _, hook = name.partition("/")
    return Degraded(event=HookEvent(event), hook=hook, message="interrupted")


def _unpended(situation: Situation, journal: Journal) -> Situation:
    """The situation without the attempt itself: what it succeeds."""
    return replace(
        situation, history=tuple(stored for stored in situation.history if stored.version != journal.revision)
    )
