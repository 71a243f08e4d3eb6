"""An action from its beginning to its end: lease, recovery of what a dead process left, plan, execution, aftermath, result."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from steersman.errors import ClusterUnreachable, LeaseLost, OutcomeUnknown, RecoveryFailed, ServerBusy, SteersmanError
from steersman.kube.interface import Kubernetes
from steersman.kube.retry import each_within
from steersman.kube.watches import Watches
from steersman.lifecycle import ending
from steersman.lifecycle.aftermath import Fallen
from steersman.lifecycle.events import ReleaseFinished, ReleaseStarted, ReleaseWarning
from steersman.lifecycle.execute import PlanStopped, run_groups
from steersman.lifecycle.execution import Emit, Execution
from steersman.lifecycle.hooks import event_of
from steersman.lifecycle.journal import Journal, remembered
from steersman.lifecycle.lease import Lease
from steersman.lifecycle.left_by_helm import left_by_helm
from steersman.lifecycle.locking import lock
from steersman.lifecycle.plan import Plan, RunHook
from steersman.lifecycle.policy import Action, Phase, Policy, interruptible, rule
from steersman.lifecycle.recovery import one_deployed, recover, unfinished
from steersman.lifecycle.remedy import put_in_order
from steersman.lifecycle.request import Interrupted, Request, unless_interrupted
from steersman.lifecycle.settling import owed
from steersman.lifecycle.situation import Situation, look
from steersman.release.record import Release
from steersman.release.storage import Storage

# Seconds for which the way back waits while the caller looks at what failed.
EXAMINATION = 15.0
# Seconds that each request of the way back gets from a server that has just let a request wait for the whole --timeout.
SECOND_CHANCE = 10.0


async def perform(
    request: Request, kube: Kubernetes, watches: Watches, storage: Storage, emit: Emit
) -> ReleaseFinished:
    """Do it all. A release that failed is a result, not an exception.

    Raises what planning raises, ReleaseLocked, and KubernetesErrors from before anything was touched.
    """
    clock = time.monotonic()
    try:
        lease, found = await unless_interrupted(request, lock(request, kube, emit))
    except Interrupted:
        return ending.not_begun(request.action, request.release, request.namespace)
    leave = found.journal if found is not None else None
    execution: Execution | None = None
    try:
        if found is not None and found.journal is not None:
            try:
                await unless_interrupted(request, recover(found, kube, watches, storage, emit, lease, request.options))
            except Interrupted:
                leave = unfinished(found, lease)
                raise
        leave = None
        situation = await look(storage, request.release)
        if request.options.ignore_not_found and request.action is Action.UNINSTALL and not situation.history:
            return ending.nothing_to_uninstall(request.release, request.namespace)
        plan = await unless_interrupted(request, request.make_plan(situation))
        if plan.release.version == situation.next_revision:
            storage.check_size(plan.release)
        execution = _execution(plan, situation, kube, watches, storage, emit, lease)
        finished = await _run(request, execution, situation)
        return ending.timed(finished, time.monotonic() - clock)
    except Interrupted:
        recovering = leave is not None
        return ending.not_begun(request.action, request.release, request.namespace, recovering=recovering)
    except LeaseLost as lost:
        if execution is None:
            raise
        return ending.timed(ending.broken_off(execution, lost), time.monotonic() - clock)
    except SteersmanError:
        if execution is not None:
            execution.unfinished = True
        raise
    finally:
        if execution is not None:
            leave = await owed(execution)
        if lease is not None:
            await lease.release_it(leave=leave)


async def perform_recovery(
    request: Request, kube: Kubernetes, watches: Watches, storage: Storage, emit: Emit
) -> ReleaseFinished:
    """Recover a release that a dead process left, be it ours (by its journal) or Helm (by its record).

    Raises ReleaseNotFound, ReleaseLocked.
    """
    clock = time.monotonic()
    try:
        lease, found = await unless_interrupted(request, lock(request, kube, emit))
    except Interrupted:
        return ending.not_begun(request.action, request.release, request.namespace)
    leave = found.journal if found is not None else None
    try:
        situation = await look(storage, request.release)
        if found is None or found.journal is None:
            found = await left_by_helm(situation, kube)
        if found is not None:
            work = recover(found, kube, watches, storage, emit, lease, request.options)
            problem, leave = await unless_interrupted(request, work)
            if problem:
                raise RecoveryFailed(
                    f"release {request.release!r} could not be put in order: {problem}",
                    release=request.release,
                    hint=f"`steer rollback` or `upgrade` goes on from what is there: `steer status {request.release}`",
                )
        situation = await one_deployed(await look(storage, request.release), storage)
    except Interrupted:
        leave = unfinished(found, lease)
        return ending.not_begun(request.action, request.release, request.namespace, recovering=True)
    finally:
        if lease is not None:
            await lease.release_it(leave=leave)
    return ending.timed(
        ending.recovered(request.release, request.namespace, situation, found), time.monotonic() - clock
    )


def _execution(
    plan: Plan,
    situation: Situation,
    kube: Kubernetes,
    watches: Watches,
    storage: Storage,
    emit: Emit,
    lease: Lease | None,
) -> Execution:
    previous = before(plan, situation)
    journal = Journal(
        action=plan.action,
        policy=plan.policy,
        release=plan.release.name,
        revision=plan.release.version,
        previous=previous.version if previous else 0,
        previous_status=str(previous.status) if previous else "",
        previous_description=previous.info.description if previous else "",
        options=remembered(plan.options),
        stamp=plan.release.info.last_deployed,
    )
    return Execution(plan=plan, kube=kube, watches=watches, storage=storage, emit=emit, journal=journal, lease=lease)


def before(plan: Plan, situation: Situation) -> Release | None:
    """The revision that stands if this action comes to nothing."""
    if plan.action in (Action.UNINSTALL, Action.TEST):
        return plan.release
    deployed = situation.deployed
    return deployed.release() if deployed is not None else plan.current


async def _run(request: Request, execution: Execution, situation: Situation) -> ReleaseFinished:
    plan = execution.plan
    execution.emit(
        ReleaseStarted(
            action=plan.action,
            release=plan.release.name,
            namespace=plan.release.namespace,
            revision=plan.release.version,
            policy=plan.policy,
            steps=tuple(step.id for step in plan.steps),
        )
    )
    for warning in plan.warnings:
        execution.emit(ReleaseWarning(message=warning))
    try:
        interrupted = await _until_done_or_interrupted(request, execution)
    except PlanStopped as stopped:
        if _is_away(stopped.cause):
            with each_within(min(SECOND_CHANCE, request.options.timeout)):
                return await _after_failure(execution, situation, stopped)
        await _examine(request, execution, stopped)
        return await _after_failure(execution, situation, stopped)
    if interrupted:
        return await _after_interruption(execution, situation)
    return ending.completed(execution)


def _is_away(cause: SteersmanError | None) -> bool:
    """Whether the server has not done its work for as long as it was given; a 500 is an answer, for instance of a webhook."""
    if isinstance(cause, ServerBusy):
        return cause.code != 500
    return isinstance(cause, ClusterUnreachable | OutcomeUnknown)


async def _until_done_or_interrupted(request: Request, execution: Execution) -> bool:
    """Raises PlanStopped and LeaseLost; the answer is whether the work was broken off."""
    work = asyncio.create_task(run_groups(execution, execution.plan.groups))
    signal = asyncio.create_task(request.interrupt.wait())
    try:
        await asyncio.wait((work, signal), return_when=asyncio.FIRST_COMPLETED)
        if not work.done() and not execution.closing:
            work.cancel()
            await asyncio.wait((work,))
        await asyncio.wait((work,))
    finally:
        signal.cancel()
    if work.cancelled():
        return True
    work.result()
    return False


async def _examine(request: Request, execution: Execution, stopped: PlanStopped) -> None:
    """Let the caller look at what failed. Whatever comes of that, it must not stand in the way of putting things in order."""
    if request.examine is None or stopped.cause is None:
        return
    with suppress(SteersmanError, TimeoutError):
        async with asyncio.timeout(EXAMINATION):
            await request.examine(execution.release, stopped.step, stopped.cause)


async def _after_failure(execution: Execution, situation: Situation, stopped: PlanStopped) -> ReleaseFinished:
    plan, cause = execution.plan, stopped.cause
    if plan.action in (Action.INSTALL, Action.UPGRADE, Action.ROLLBACK) and not execution.journal.began:
        return ending.refused(execution, stopped)
    if stopped.step.phase is Phase.RECORD and execution.closing:
        execution.unfinished = True  # all is done but the books: the next command closes them
        return ending.unrecorded(execution, stopped)
    event = stopped.step.hook.event if isinstance(stopped.step, RunHook) else event_of(plan.action, stopped.step.phase)
    fallen = Fallen(
        plan=plan,
        release=execution.release,
        previous=before(plan, situation),
        rule=stopped.rule,
        cause=str(cause),
        event=str(event),
        override=stopped.step.hook.on_failure if isinstance(stopped.step, RunHook) else None,
        adopted=frozenset(execution.adopted),
    )
    problem = await put_in_order(execution, fallen)
    return ending.failed(execution, fallen, stopped.step.id, problem, hint=cause.hint if cause else "")


async def _after_interruption(execution: Execution, situation: Situation) -> ReleaseFinished:
    plan = execution.plan
    if execution.lease is not None and execution.lease.loss is not None:
        raise execution.lease.loss
    if not interruptible(plan.policy, plan.action):
        return ending.interrupted(execution, None)
    phase = execution.phase if execution.phase is not Phase.RECORD else Phase.PRE_HOOKS
    if plan.action is Action.TEST:
        phase = Phase.TESTS
    elif not execution.journal.began and plan.action is not Action.UNINSTALL:
        return ending.interrupted(execution, None)
    elif plan.policy is Policy.HELM:
        phase = Phase.RESOURCES  # helm says and does the same wherever it is called off
    found = rule(plan.policy, plan.action, phase, rollback_on_failure=plan.options.rollback_on_failure)
    event = event_of(plan.action, phase)
    if found.completes:
        ending.degrade_unfinished(execution, event)
        try:
            await run_groups(execution, ending.closing_groups(plan))
        except PlanStopped as stopped:
            execution.unfinished = True
            return ending.unrecorded(execution, stopped)
        return ending.interrupted(execution, None)
    fallen = Fallen(
        plan=plan,
        release=execution.release,
        previous=before(plan, situation),
        rule=found,
        cause="context canceled" if plan.policy is Policy.HELM else "interrupted",
        event=str(event),
        adopted=frozenset(execution.adopted),
    )
    problem = await put_in_order(execution, fallen)
    return ending.interrupted(execution, fallen, problem)
