"""What is said at the end of an action: the one `ReleaseFinished`, for each way in which it can end."""

from __future__ import annotations

from steersman.errors import SteersmanError
from steersman.lifecycle.aftermath import Fallen
from steersman.lifecycle.events import Outcome, ReleaseFinished
from steersman.lifecycle.execute import PlanStopped
from steersman.lifecycle.execution import Degraded, Execution
from steersman.lifecycle.lease import Found
from steersman.lifecycle.plan import Plan, RunHook, Step
from steersman.lifecycle.policy import DONE, Action, Phase, Policy, Remedy, error_prefix
from steersman.lifecycle.situation import Situation
from steersman.manifest.hooks import HookEvent
from steersman.record import replace
from steersman.release.record import Release, Status


def completed(execution: Execution) -> ReleaseFinished:
    """All steps ran, though hooks may have failed on the way."""
    if not execution.degraded:
        return _finished(execution, Outcome.SUCCEEDED, lines=_done(execution.plan))
    errors = [found.error for found in execution.degraded if found.error]
    warnings = dict.fromkeys(line for found in execution.degraded for line in found.lines)
    exit_code = max(found.exit_code for found in execution.degraded)
    if execution.plan.options.strict or errors:
        exit_code = 1
    return _finished(
        execution,
        Outcome.DEGRADED,
        error=errors[0] if errors else "",
        lines=() if errors else (*_done(execution.plan), *warnings),
        exit_code=exit_code,
    )


def failed(execution: Execution, fallen: Fallen, step: str, problem: str, *, hint: str = "") -> ReleaseFinished:
    """The table's words; `problem` is what went wrong on the way back."""
    lines = fallen.lines
    error = fallen.text(fallen.rule.error)
    name = fallen.release.name
    if problem and fallen.plan.action is Action.TEST:
        lines = (*lines, f"The result could not be recorded: {problem}")
    elif problem:
        same = problem == fallen.cause
        back = "The way back failed for the same reason" if same else f"The way back failed, too: {problem}"
        lines = (back, f'Release "{name}" is not in order')
        go_on = f"`steer status {name}` shows what is there, `steer rollback` or `upgrade` goes on from it"
        hint = "\n".join(part for part in (hint, go_on) if part)
    return replace(
        _standing(execution, fallen, problem),
        error=error,
        lines=lines,
        failed_step=step,
        hint=hint,
    )


def refused(execution: Execution, stopped: PlanStopped) -> ReleaseFinished:
    """It ended before the revision was recorded: nothing was touched, and the release is as it was."""
    plan, cause = execution.plan, stopped.cause
    prefix = error_prefix(plan.policy, plan.action)
    text = stopped.rule.text(stopped.rule.error, release=plan.release.name, event="", cause=str(stopped))
    error = text if stopped.step.phase is Phase.CRDS else f"{prefix}{stopped}"
    current = plan.current
    return _finished(
        execution,
        Outcome.FAILED,
        error=error,
        exit_code=1,
        failed_step=stopped.step.id,
        hint=cause.hint if cause else "",
        status=current.status if current else None,
        revision=current.version if current else 0,
    )


def unrecorded(execution: Execution, stopped: PlanStopped) -> ReleaseFinished:
    """All was done, and then the storage could not be written."""
    name = execution.plan.release.name
    return _finished(
        execution,
        Outcome.FAILED,
        error=f"release failed: {stopped}",
        exit_code=1,
        failed_step=stopped.step.id,
        lines=(f'Release "{name}" is up, but its record could not be written',),
        hint=f"the next command, or `steer recover {name}`, writes it",
    )


def interrupted(execution: Execution, fallen: Fallen | None, problem: str = "") -> ReleaseFinished:
    """A signal, or a cancelled task; `fallen` is None where there was nothing to put in order."""
    plan = execution.plan
    if fallen is None:
        outcome = Outcome.DEGRADED if execution.degraded else Outcome.FAILED
        lines = tuple(dict.fromkeys(line for found in execution.degraded for line in found.lines))
        done = _done(plan) if execution.degraded else ()
        current = plan.release if execution.degraded or plan.action is Action.UNINSTALL else plan.current
        return _finished(
            execution,
            outcome,
            error="interrupted",
            lines=(*done, *lines),
            exit_code=1,
            interrupted=True,
            status=execution.release.status if execution.degraded else current.status if current else None,
            revision=current.version if current else 0,
        )
    finished = failed(execution, fallen, execution.journal.step, problem)
    if plan.policy is Policy.HELM:
        return replace(finished, interrupted=True, lines=())  # helm has said at once that the release is cancelled
    return replace(finished, interrupted=True, error="release failed: interrupted")


def broken_off(execution: Execution, lost: SteersmanError) -> ReleaseFinished:
    """The lease went to another process: what becomes of the release is its affair now."""
    return _finished(
        execution,
        Outcome.FAILED,
        error=str(lost),
        exit_code=1,
        hint=lost.hint,
        status=None,
        failed_step=execution.journal.step,
    )


def nothing_to_uninstall(release: str, namespace: str) -> ReleaseFinished:
    """`--ignore-not-found`."""
    return ReleaseFinished(
        action=Action.UNINSTALL,
        release=release,
        namespace=namespace,
        outcome=Outcome.SUCCEEDED,
        status=None,
        revision=0,
        exit_code=0,
        lines=(f'release "{release}" was not there',),
    )


def not_begun(action: Action, release: str, namespace: str, *, recovering: bool = False) -> ReleaseFinished:
    """Interrupted before anything was planned: nothing was touched, or only by the recovery of what a dead process left."""
    return ReleaseFinished(
        action=action,
        release=release,
        namespace=namespace,
        outcome=Outcome.FAILED,
        status=None,
        revision=0,
        exit_code=1,
        error="interrupted",
        interrupted=True,
        hint=f"the recovery is not finished: the next command, or `steer recover {release}`, goes on with it"
        if recovering
        else "",
    )


def recovered(release: str, namespace: str, situation: Situation, found: Found | None) -> ReleaseFinished:
    """After `steer recover`: how the release stands now."""
    newest = situation.shown(Policy.ROLLBACK) if situation.history else None
    if found is None:
        line = f'Release "{release}" is in order: nothing to recover'
    elif newest is None:
        line = f'Release "{release}" is gone: its uninstallation is finished'
    else:
        line = f'Release "{release}" recovered: {newest.status} at revision {newest.version}'
    return ReleaseFinished(
        action=found.journal.action if found is not None and found.journal is not None else Action.UPGRADE,
        release=release,
        namespace=namespace,
        outcome=Outcome.SUCCEEDED,
        status=newest.status if newest else None,
        revision=newest.version if newest else 0,
        exit_code=0,
        lines=(line,),
    )


def timed(finished: ReleaseFinished, seconds: float) -> ReleaseFinished:
    return replace(finished, seconds=seconds)


def closing_groups(plan: Plan) -> list[tuple[Step, ...]]:
    """The last groups of a plan, those that only keep the books."""
    groups: list[tuple[Step, ...]] = []
    for group in reversed(plan.groups):
        if any(step.phase is not Phase.RECORD for step in group):
            break
        groups.insert(0, group)
    return groups


def degrade_unfinished(execution: Execution, event: HookEvent) -> None:
    """After an interruption among the post hooks: those that have not succeeded count as failed."""
    done = {run.hook for run in execution.runs if run.event == event and run.result == "Succeeded"}
    hooks = [
        step.hook.hook.name for step in execution.plan.steps if isinstance(step, RunHook) and step.hook.event == event
    ]
    for name in hooks:
        if name not in done:
            line = f"WARNING: {event} hook failed"
            execution.degraded.append(
                Degraded(event=event, hook=name, message="interrupted", lines=(line,), exit_code=1)
            )


def _done(plan: Plan) -> tuple[str, ...]:
    return tuple(DONE[plan.action].format(release=plan.release.name).split("\n"))


def _standing(execution: Execution, fallen: Fallen, problem: str) -> ReleaseFinished:
    """Which revision stands for the release after a failure."""
    release: Release | None = execution.release
    if fallen.remedy is Remedy.ROLL_BACK and not problem:
        release = execution.came_back or release
    elif fallen.remedy is Remedy.UNINSTALL and not problem:
        release = None
    elif fallen.rule.restore or (fallen.remedy is Remedy.NONE and not execution.journal.touched and fallen.previous):
        release = fallen.previous if execution.policy is Policy.ROLLBACK else release
    return _finished(
        execution,
        Outcome.FAILED,
        exit_code=fallen.rule.exit_code,
        status=release.status if release else None,
        revision=release.version if release else 0,
    )


def _finished(execution: Execution, outcome: Outcome, **fields: object) -> ReleaseFinished:
    release = execution.release
    gone = execution.plan.action is Action.UNINSTALL and release.status is not Status.UNINSTALLED
    standing = {
        "status": None if gone and outcome is not Outcome.FAILED else release.status,
        "revision": release.version,
        "exit_code": 0,
    }
    return ReleaseFinished(
        action=execution.plan.action,
        release=release.name,
        namespace=release.namespace,
        outcome=outcome,
        **{**standing, **fields},  # type: ignore[arg-type]
    )
