"""One hook, from its creation to its result: attempts, waiting, logs, and what is remembered of it."""

from __future__ import annotations

import asyncio
import time

from steersman.errors import AlreadyExists, HookFailed, KubernetesError, NoMatchingKind, NotFound
from steersman.kube import apply as applying
from steersman.kube.apply import ApplyOptions
from steersman.kube.interface import Object, ObjectRef, PatchType
from steersman.kube.logs import LogLine
from steersman.kube.wait import wait_deleted
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.events import HookDeleted, HookFinished, HookLog, HookSkipped, HookStarted, ReleaseWarning
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.hook_watch import CANCELLED, STORED, HookEnd, LogReader, await_end, exit_code_of
from steersman.lifecycle.hooks import LEFTOVER, RUN_KINDS
from steersman.lifecycle.kinds import unserved
from steersman.lifecycle.plan import DeleteHook, RunHook, SkipHook
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.record_steps import rewrite
from steersman.lifecycle.redact import Redactor, redactor_for
from steersman.lifecycle.resource_steps import placed
from steersman.lifecycle.runs import SKIPPED, HookRun
from steersman.lifecycle.unbroken import unbroken
from steersman.manifest.hooks import DeletePolicy, HookExecution, HookPhase
from steersman.record import replace
from steersman.release.record import go_time

if TYPE_CHECKING:
    from typing import Literal

FIRST_RETRY, LONGEST_RETRY = 1.0, 30.0
HOOK_LABEL = "steersman.dev/hook"

# Helm takes all other kinds for finished as soon as they are stored.
_HELM_WAITS_FOR = frozenset({("batch/v1", "Job"), ("v1", "Pod")})


async def delete_hook(step: DeleteHook, execution: Execution) -> None:
    """Delete a hook's object; awaited, "already exists" and a result of the old run cannot happen any more."""
    ref = step.hook.resource.ref
    kube = execution.kube
    try:
        await _require_served(step, execution, f"for deleting hook {step.hook.hook.path}")
        if step.awaited:
            live = await kube.get(ref)
            if not await kube.delete(ref, uid=live["metadata"]["uid"]):
                await wait_deleted(execution.watches, [live], timeout=step.hook.timeout)
        else:
            await kube.delete(ref)
    except NotFound:
        return
    if step.policy == LEFTOVER:
        what = f"{ref.kind} {ref.name} of an earlier run"
        execution.emit(ReleaseWarning(message=f"{what} was deleted, for the hook could not run beside it"))
    execution.emit(HookDeleted(step=step.id, hook=step.hook.hook.name, ref=ref, policy=step.policy))


async def run_hook(step: RunHook, execution: Execution) -> None:
    """Run a hook until it succeeds or its attempts are used up. Raises HookFailed, and KubernetesErrors where it cannot be
    created."""
    await _require_served(step, execution, f"for {step.hook.event} hook {step.hook.hook.path}")
    attempts = step.hook.retries + 1
    for attempt in range(1, attempts + 1):
        end = await _attempt(step, execution, attempt, attempts)
        if end.succeeded:
            return
        if attempt == attempts:
            raise _failure(step, execution, end)
        await asyncio.sleep(min(LONGEST_RETRY, FIRST_RETRY * 2 ** (attempt - 1)))
        before = DeleteHook(phase=step.phase, hook=step.hook, policy=DeletePolicy.BEFORE_HOOK_CREATION, awaited=True)
        await delete_hook(before, execution)
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _require_served(step: DeleteHook | RunHook, execution: Execution, intention: str) -> None:
    """Raise NoMatchingKind where the cluster does not serve a hook's kind."""
    resource = step.hook.resource
    try:
        await execution.kube.resource(resource.ref.api_version, resource.ref.kind)
    except NoMatchingKind:
        raise unserved(f"unable to build kubernetes object {intention}", [resource]) from None


async def skip_hook(step: SkipHook, execution: Execution) -> None:
    """Tell of a hook that need not run, and put that on record."""
    hook, now = step.hook.hook, go_time()
    run = HookRun(
        event=str(step.hook.event),
        hook=hook.name,
        kind=hook.kind,
        revision=execution.plan.release.version,
        attempt=0,
        started=now,
        ended=now,
        result=SKIPPED,
        reason="Unchanged",
        message=f"unchanged since revision {step.since}",
        digest=step.hook.digest,
        since=step.since,
    )
    execution.runs.append(run)
    execution.emit(
        HookSkipped(
            step=step.id,
            event=step.hook.event,
            hook=hook.name,
            kind=hook.kind,
            weight=step.hook.weight,
            since=step.since,
            message=run.message,
        )
    )


async def _attempt(step: RunHook, execution: Execution, attempt: int, attempts: int) -> HookEnd:
    hook = step.hook.hook
    started, clock = go_time(), time.monotonic()
    run = HookRun(
        event=str(step.hook.event),
        hook=hook.name,
        kind=hook.kind,
        revision=execution.plan.release.version,
        attempt=attempt,
        started=started,
        digest=step.hook.digest,
    )
    await _remember_start(step, execution, run)
    execution.emit(
        HookStarted(
            step=step.id,
            event=step.hook.event,
            hook=hook.name,
            kind=hook.kind,
            weight=step.hook.weight,
            attempt=attempt,
            attempts=attempts,
        )
    )
    end = CANCELLED
    try:
        end = await _create_and_await(step, execution)
    except KubernetesError as error:
        end = HookEnd(False, "Failed", str(error), getattr(error, "reason", ""))
        raise
    finally:
        hook.last_run = HookExecution(
            started_at=started,
            completed_at=go_time(),
            phase=HookPhase.SUCCEEDED if end.succeeded else HookPhase.FAILED,
        )
        _finish(step, execution, run, end, time.monotonic() - clock, attempts)
    return end


async def _remember_start(step: RunHook, execution: Execution, run: HookRun) -> None:
    """Before it is created: a hook that ran is never forgotten, even if nobody lives to see its end."""
    hook = step.hook.hook
    hook.delete_policies = hook.delete_policies or [str(DeletePolicy.BEFORE_HOOK_CREATION)]
    if execution.policy is Policy.HELM:
        hook.last_run = HookExecution(started_at=run.started, phase=HookPhase.RUNNING)
        await rewrite(execution.release, execution)
        return
    known = tuple(past.without_log() for past in execution.runs)
    phase = execution.journal.phase if execution.journal.cause else step.phase
    await execution.note(phase=phase, step=step.id, runs=(*known, run.without_log()))


async def _create_and_await(step: RunHook, execution: Execution) -> HookEnd:
    ref = step.hook.resource.ref
    target = _labelled(placed(step.hook.resource), step)
    redact = Redactor()
    if ref.kind in RUN_KINDS and ref.namespace is not None:
        redact = await redactor_for(execution.kube, target, ref.namespace)
    created = await unbroken(_create(target, ref, step, execution))  # once it is there, it can be stopped
    if not _is_waited_for(ref, execution.policy):
        return STORED
    return await _await_end(created, step, execution, redact)


def _is_waited_for(ref: ObjectRef, policy: Policy) -> bool:
    return policy is Policy.ROLLBACK or (ref.api_version, ref.kind) in _HELM_WAITS_FOR


async def _create(target: Object, ref: ObjectRef, step: RunHook, execution: Execution) -> Object:
    """Under `rollback` an object that is a run is really created, never applied over one that is there: an old result
    would be read as the new one's."""
    if execution.policy is Policy.HELM or ref.kind not in RUN_KINDS:
        ours = execution.policy is Policy.ROLLBACK
        options = ApplyOptions(server_side=ours or execution.apply_options.server_side, force_conflicts=ours)
        return await applying.create(execution.kube, target, options)
    try:
        return await execution.kube.create(target, field_manager=applying.FIELD_MANAGER)
    except AlreadyExists:
        # Somebody made it since the deletion before the hook: the same again, once.
        await delete_hook(DeleteHook(phase=step.phase, hook=step.hook, policy=LEFTOVER, awaited=True), execution)
        return await execution.kube.create(target, field_manager=applying.FIELD_MANAGER)


def _labelled(target: Object, step: RunHook) -> Object:
    """With the labels by which kubectl finds a release's hooks, where the chart has not set them."""
    if not step.labels:
        return target
    metadata = target.get("metadata") or {}
    labels = {**step.labels, HOOK_LABEL: str(step.hook.event), **(metadata.get("labels") or {})}
    return {**target, "metadata": {**metadata, "labels": labels}}


async def _await_end(created: Object, step: RunHook, execution: Execution, redact: Redactor) -> HookEnd:
    ref = step.hook.resource.ref

    def on_line(line: LogLine) -> None:
        hook = step.hook.hook.name
        told = HookLog(
            step=step.id, hook=hook, pod=line.pod, container=line.container, line=line.text, left_out=line.left_out
        )
        execution.emit(told)

    logs = LogReader(execution.watches, created, redact, on_line) if ref.kind in RUN_KINDS else None
    end = CANCELLED
    try:
        fail_fast = execution.policy is Policy.ROLLBACK
        end = await await_end(execution.watches, created, timeout=step.hook.timeout, fail_fast=fail_fast)
    finally:
        if not end.succeeded and end.state not in ("Failed", "NotFound"):
            await asyncio.shield(_stop(ref, created["metadata"]["uid"], execution))
        if logs is not None:
            await logs.finish(drain=end.succeeded or end.state == "Failed")
    if logs is not None and logs.refused is not None and not execution.mute:
        execution.mute = True
        execution.emit(ReleaseWarning(message=f"what hooks print cannot be shown: {logs.refused}"))
    if end.succeeded or logs is None:
        return replace(end, log_tail=tuple(logs.tail) if logs else ())
    return replace(end, log_tail=tuple(logs.tail), exit_code=await exit_code_of(execution.kube, created))


async def _stop(ref: ObjectRef, uid: str, execution: Execution) -> None:
    """Nothing may go on working behind a release that gave up on it; the object stays, to be looked at.

    Under policy `helm` it goes on, as with Helm; and who lost the lease has no say any more.
    """
    lost = execution.lease is not None and execution.lease.lost
    if execution.policy is Policy.HELM or ref.kind not in RUN_KINDS or lost:
        return
    try:
        await execution.kube.patch(
            ref, {"metadata": {"uid": uid}, "spec": {"activeDeadlineSeconds": 1}}, PatchType.MERGE
        )
    except KubernetesError as error:
        execution.emit(ReleaseWarning(message=f"{ref} could not be stopped and may still be running: {error}"))


def _finish(step: RunHook, execution: Execution, run: HookRun, end: HookEnd, seconds: float, attempts: int) -> None:
    result: Literal["Succeeded", "Failed"] = "Succeeded" if end.succeeded else "Failed"
    reason, message = ("", "") if end.succeeded else (end.reason, _message(end))
    execution.runs.append(
        replace(
            run,
            ended=go_time(),
            result=result,
            exit_code=end.exit_code,
            reason=reason,
            message=message,
            log_tail=end.log_tail,
        )
    )
    execution.emit(
        HookFinished(
            step=step.id,
            event=step.hook.event,
            hook=run.hook,
            kind=run.kind,
            weight=step.hook.weight,
            result=result,
            seconds=seconds,
            attempt=run.attempt,
            attempts=attempts,
            exit_code=end.exit_code,
            reason=reason,
            message=message,
            log_tail=end.log_tail,
            will_retry=not end.succeeded and end is not CANCELLED and run.attempt < attempts,
            output_log=f"hook-{result.lower()}" in step.hook.output_log_policies,
        )
    )


def _message(end: HookEnd) -> str:
    return "; ".join(dict.fromkeys(end.evidence)) or end.message


def _failure(step: RunHook, execution: Execution, end: HookEnd) -> HookFailed:
    ref = step.hook.resource.ref
    if execution.policy is Policy.HELM:
        place = f"{ref.kind}/{ref.namespace or ''}/{ref.name}"
        message = f"resource {place} not ready. status: {end.state}, message: {end.message}"
        message += "\ncontext deadline exceeded" if end.timed_out else ""
    else:
        code = f", exit code {end.exit_code}" if end.exit_code is not None else ""
        after = f" after {step.hook.timeout:g} s" if end.timed_out else ""
        message = f"{ref.kind} {ref.name}: {end.reason}{after}{code}"
    return HookFailed(
        message,
        release=execution.plan.release.name,
        step=step.id,
        hook=step.hook.hook.name,
        kind=ref.kind,
        event=str(step.hook.event),
        reason=end.reason,
        exit_code=end.exit_code,
        log_tail=end.log_tail,
        hint=_look_further(step.hook.resource.ref),
    )


def _look_further(ref: ObjectRef) -> str:
    target = f"-n {ref.namespace} {ref.kind.lower()}/{ref.name}"
    commands = [f"kubectl describe {target}"]
    if ref.kind in ("Job", "Pod"):
        commands.insert(0, f"kubectl logs {target}")
    return "To look further:\n" + "\n".join(f"  {command}" for command in commands)
