"""Carries out what the failure table prescribes after a failure: the record of it, then the way back."""

from __future__ import annotations

from steersman.errors import KubernetesError, SteersmanError
from steersman.lifecycle.aftermath import Fallen, removal, verdict, way_back
from steersman.lifecycle.events import RemedyStarted
from steersman.lifecycle.execute import PlanStopped, run_groups
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.kinds import informed
from steersman.lifecycle.plan import Plan, RecordRevision
from steersman.lifecycle.policy import Action, Phase, Remedy
from steersman.lifecycle.situation import Situation
from steersman.record import replace
from steersman.release.record import Status


async def put_in_order(execution: Execution, fallen: Fallen) -> str:
    """The answer says what went wrong on the way back; "" when all is in order. Raises LeaseLost."""
    try:
        await execution.note(cause=fallen.cause, override=fallen.override, adopted=tuple(sorted(fallen.adopted)))
        await run_groups(execution, verdict(fallen))
        return await undo(execution, fallen)
    except (PlanStopped, KubernetesError) as stopped:
        execution.unfinished = True
        return str(stopped)


async def undo(execution: Execution, fallen: Fallen) -> str:
    """The remedy alone: also what a recovery repeats when the process died in the middle of it."""
    remedy = fallen.remedy
    if remedy is Remedy.NONE:
        return ""
    history = tuple(await execution.storage.history(fallen.release.name))
    situation = await informed(
        execution.kube, Situation(fallen.release.name, fallen.release.namespace, history), execution.policy
    )
    if remedy is Remedy.REMOVE_CREATED:
        groups = removal(fallen, situation)
        _tell(execution, fallen, tuple(step.id for group in groups for step in group))
        await run_groups(replace(execution, remedial=True), groups)
        return ""
    try:
        plan = way_back(fallen, situation)
    except SteersmanError as error:
        return str(error)
    _tell(execution, fallen, tuple(step.id for step in plan.steps))
    return await _follow(execution, plan)


async def _follow(execution: Execution, plan: Plan) -> str:
    """Run the plan of the way back; its runs and degradations are told of, but the original failure is the result."""
    back = replace(execution, plan=plan, revisions={}, adopted=set(), degraded=[], postponed=False, remedial=True)
    try:
        await run_groups(back, plan.groups)
    except PlanStopped as stopped:
        if plan.action is Action.ROLLBACK and back.journal.began:
            description = f'Rollback "{plan.release.name}" failed: {stopped}'
            record = RecordRevision(release=plan.release, status=Status.FAILED, description=description)
            await run_groups(back, [(record,)])
        # Where only the wait failed, all is as the earlier revision says; else the next command has to go on.
        execution.unfinished = stopped.step.phase is not Phase.WAIT
        return str(stopped)
    finally:
        execution.journal = back.journal
        execution.came_back = back.release if plan.action is Action.ROLLBACK else None
    return ""


def _tell(execution: Execution, fallen: Fallen, steps: tuple[str, ...]) -> None:
    execution.emit(RemedyStarted(remedy=str(fallen.remedy), reason=fallen.cause, steps=steps))
