"""Runs a plan's steps, group after group, and knows what each failure means.

What is done *about* a failure is not here: `aftermath` plans it from the failure table, and `operation` runs it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress

from steersman.errors import ApiError, KubernetesError, LeaseLost, SteersmanError
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle import record_steps, resource_steps, wait_steps
from steersman.lifecycle.events import ReleaseDegraded, StepFinished, StepStarted
from steersman.lifecycle.execution import Degraded, Execution
from steersman.lifecycle.hooks import cleanup
from steersman.lifecycle.plan import (
    Apply,
    AwaitDeletion,
    CheckOwnership,
    CreateNamespace,
    Delete,
    DeleteHook,
    InstallCrd,
    Plan,
    PlannedHook,
    Prune,
    RecordRevision,
    RemoveRecords,
    RunHook,
    SkipHook,
    Step,
    WaitReady,
)
from steersman.lifecycle.policy import Action, HookFailure, Phase, Policy, Rule, rule
from steersman.lifecycle.unbroken import interrupted, unbroken
from steersman.manifest.hooks import DeletePolicy

if TYPE_CHECKING:
    from typing import Any

# How many independent resources are written at a time.
CONCURRENCY = 8


async def _hook_step(step: DeleteHook | RunHook | SkipHook, execution: Execution) -> None:
    # Imported here, for most charts have no hooks, and what follows a hook's Pods and logs is much to import.
    from steersman.lifecycle import hook_run

    if isinstance(step, DeleteHook):
        await hook_run.delete_hook(step, execution)
    elif isinstance(step, RunHook):
        await hook_run.run_hook(step, execution)
    else:
        await hook_run.skip_hook(step, execution)


_RUN: dict[type[Step], Callable[[Any, Execution], Coroutine[Any, Any, None]]] = {
    CreateNamespace: record_steps.create_namespace,
    RecordRevision: record_steps.record_revision,
    RemoveRecords: record_steps.remove_records,
    InstallCrd: wait_steps.install_crd,
    CheckOwnership: resource_steps.check_ownership,
    Apply: resource_steps.apply,
    Prune: resource_steps.prune,
    Delete: resource_steps.delete,
    AwaitDeletion: wait_steps.await_deletion,
    WaitReady: wait_steps.wait_ready,
    DeleteHook: _hook_step,
    RunHook: _hook_step,
    SkipHook: _hook_step,
}


# The steps that are a few writes and no waiting: an interruption lets those under way finish.
_BRIEF = (CreateNamespace, RecordRevision, RemoveRecords, Apply, Prune, Delete)


class PlanStopped(Exception):
    """A step failed, and by the failure table the plan does not go on. `cause` is None for an interruption."""

    def __init__(self, step: Step, rule: Rule, cause: SteersmanError | None) -> None:
        super().__init__(str(cause) if cause else "interrupted")
        self.step = step
        self.rule = rule
        self.cause = cause


async def run_groups(execution: Execution, groups: Iterable[tuple[Step, ...]]) -> None:
    """Raises PlanStopped, and LeaseLost."""
    given_up: set[str] = set()
    put_off: list[tuple[Step, SteersmanError]] = []
    for group in groups:
        if put_off and not isinstance(group[0], Apply):
            break
        execution.phase = group[0].phase
        todo = [step for step in group if not _is_skipped(step, given_up, execution)]
        try:
            await _note_phase(execution, group[0])
            await resource_steps.look_at_marks(
                (step.resource for step in todo if isinstance(step, Delete | Prune)), execution
            )
        except KubernetesError as problem:  # as if the group's first step had met it
            raise PlanStopped(group[0], rule_for(execution, group[0]), problem) from problem
        failures = await _run_group(execution, todo)
        for step, error in failures:
            if not _is_put_off(step, error, execution):
                await _judge(execution, step, error, given_up)
        put_off += [failure for failure in failures if _is_put_off(*failure, execution)]
    if put_off:
        await _judge(execution, put_off[0][0], _joined(put_off, execution), given_up)


def _is_put_off(step: Step, error: SteersmanError, execution: Execution) -> bool:
    """Helm writes all resources although some of them fail, unless one that an upgrade or a rollback adds does."""
    if execution.policy is not Policy.HELM or not (isinstance(step, Apply) and isinstance(error, ApiError)):
        return False
    return execution.plan.action is Action.INSTALL or not str(error).startswith(resource_steps.NOT_CREATED)


def _joined(failures: list[tuple[Step, SteersmanError]], execution: Execution) -> SteersmanError:
    """Several errors as one, in Helm's words."""
    order = {step.id: number for number, step in enumerate(execution.plan.steps)}
    errors = [error for _, error in sorted(failures, key=lambda failure: order[failure[0].id])]
    if len(errors) == 1:
        return errors[0]
    separator = "\n" if execution.plan.action is Action.INSTALL else " && "
    return SteersmanError(separator.join(map(str, errors)), hint=errors[0].hint)


async def _note_phase(execution: Execution, step: Step) -> None:
    """The journal learns of every change of phase that lasts; the hooks write it themselves, with their runs. After a failure it
    keeps the phase of that."""
    if isinstance(step, RunHook | DeleteHook) or execution.journal.cause:
        return
    if isinstance(step, WaitReady | AwaitDeletion) and not wait_steps.waits(step, execution):
        return
    touched = execution.journal.touched or step.phase in (Phase.RESOURCES, Phase.WAIT, Phase.POST_HOOKS)
    if step.phase is execution.journal.phase and touched is execution.journal.touched:
        return
    await execution.note(phase=step.phase, step=step.id, touched=touched, adopted=tuple(sorted(execution.adopted)))


def _is_skipped(step: Step, given_up: set[str], execution: Execution) -> bool:
    hook = _hook_of(step)
    skipped = hook is not None and hook.event in given_up and isinstance(step, RunHook | SkipHook | DeleteHook)
    if skipped:
        message = f"an earlier {hook.event} hook failed" if hook else ""
        execution.emit(StepFinished(step=step.id, result="skipped", seconds=0.0, message=message))
    return skipped


async def _run_group(execution: Execution, steps: list[Step]) -> list[tuple[Step, SteersmanError]]:
    """Run the steps together. After a failure that stops the plan none is begun any more, those under way are let finish."""
    failures: list[tuple[Step, SteersmanError]] = []
    waiting = iter(steps)

    async def worker() -> None:
        for step in waiting:
            if interrupted() or (failures and not _goes_on(step, failures, execution)):
                return
            error = await run_step(execution, step)
            if error is not None:
                failures.append((step, error))

    hooks = any(isinstance(step, RunHook) for step in steps)
    workers = [asyncio.create_task(worker()) for _ in range(len(steps) if hooks else min(CONCURRENCY, len(steps)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return failures


def _goes_on(step: Step, failures: list[tuple[Step, SteersmanError]], execution: Execution) -> bool:
    """Whether a step is begun although others of its group have failed."""
    return isinstance(step, RunHook) or all(_is_put_off(*failure, execution) for failure in failures)


async def run_step(execution: Execution, step: Step) -> SteersmanError | None:
    """Run one step and tell of it; the answer is what it failed with. Raises LeaseLost."""
    clock = time.monotonic()
    execution.emit(StepStarted(step=step.id, title=step.title))
    result, message = "cancelled", ""
    try:
        work = _RUN[type(step)](step, execution)
        await (unbroken(work) if isinstance(step, _BRIEF) else work)
        result = "done"
    except LeaseLost:
        raise
    except SteersmanError as error:
        result, message = "failed", str(error)
        return error
    finally:
        execution.emit(
            StepFinished(step=step.id, result=result, seconds=time.monotonic() - clock, message=message)  # type: ignore[arg-type]
        )
    return None


async def _judge(execution: Execution, step: Step, error: SteersmanError, given_up: set[str]) -> None:
    """Ask the table. Raises PlanStopped."""
    hook = _hook_of(step)
    found = rule_for(execution, step)
    if hook is not None and step.phase is not Phase.RESOURCES:
        await _clean_up(execution, hook)
    if not found.completes:
        raise PlanStopped(step, found, error)
    assert hook is not None, "only hooks may fail without stopping a plan"
    if hook.on_failure is not HookFailure.WARN:
        given_up.add(hook.event)
    degrade(execution, hook, found, str(error))
    with suppress(KubernetesError):  # it goes into the revision's description all the same
        await execution.note(degraded=tuple(f"{entry.event}/{entry.hook}" for entry in execution.degraded))


def rule_for(execution: Execution, step: Step) -> Rule:
    """The row of the table for this step. On the way back from a failure no hook stands in the way: half way is worse."""
    plan = execution.plan
    if execution.remedial and _hook_of(step) is not None:
        return rule(plan.policy, plan.action, step.phase, override=HookFailure.WARN)
    return rule_of(plan, step)


def rule_of(plan: Plan, step: Step) -> Rule:
    """The row of the table that a plan's own step falls under."""
    return rule(
        plan.policy,
        plan.action,
        step.phase,
        override=override_of(step),
        rollback_on_failure=plan.options.rollback_on_failure,
        cleanup_on_fail=plan.options.cleanup_on_fail,
    )


def override_of(step: Step) -> HookFailure | None:
    """What a hook's own annotation says instead of the table."""
    hook = _hook_of(step)
    return hook.on_failure if hook is not None else None


def degrade(execution: Execution, hook: PlannedHook, found: Rule, cause: str) -> None:
    """The action goes on, and remembers that this hook failed."""
    release = execution.plan.release
    known = {"release": release.name, "event": hook.event, "cause": cause, "revision": release.version}
    execution.degraded.append(
        Degraded(
            event=hook.event,
            hook=hook.hook.name,
            message=cause,
            error=found.text(found.error, **known),
            lines=tuple(found.text(line, **known) for line in found.lines),
            exit_code=found.exit_code,
        )
    )
    execution.emit(
        ReleaseDegraded(
            release=release.name, revision=release.version, event=hook.event, hooks=(hook.hook.name,), message=cause
        )
    )


async def _clean_up(execution: Execution, failed: PlannedHook) -> None:
    """After a failed hook: it goes if it asked to go when it fails, and those before it if they asked to go when they succeed.

    What cannot be deleted stays; the failure that is being handled is the one to tell of.
    """
    done = {run.hook for run in execution.runs if run.event == failed.event and run.result == "Succeeded"}
    earlier = [
        step.hook
        for step in execution.plan.steps
        if isinstance(step, RunHook) and step.hook.event == failed.event and step.hook.hook.name in done
    ]
    steps = cleanup(failed, DeletePolicy.HOOK_FAILED)
    steps += [step for hook in reversed(earlier) for step in cleanup(hook, DeletePolicy.HOOK_SUCCEEDED)]
    for step in steps:
        await run_step(execution, step)


def _hook_of(step: Step) -> PlannedHook | None:
    return step.hook if isinstance(step, RunHook | SkipHook | DeleteHook) else None
