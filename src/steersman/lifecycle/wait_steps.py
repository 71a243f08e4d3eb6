"""The steps that wait: for readiness, for deletion, for a CRD that is to be used."""

from __future__ import annotations

import asyncio
import time

from steersman.kube.interface import Object, ObjectRef
from steersman.kube.readiness import Readiness, assess, assess_completion, to_be_waited_for
from steersman.kube.wait import Change, wait_deleted
from steersman.kube.wait import wait_ready as until_ready
from steersman.lifecycle import resource_steps
from steersman.lifecycle.events import ReleaseWarning, ResourceReady, ResourceWaiting
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.plan import AwaitDeletion, InstallCrd, WaitReady
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.resource_steps import identified, placed
from steersman.record import field, record

# As long as Helm gives a CRD to be established.
CRD_TIMEOUT = 60.0


def waits(step: WaitReady | AwaitDeletion, execution: Execution) -> bool:
    """Whether the step has anything to wait for: many a release consists of what is ready once stored, and gone once deleted."""
    if isinstance(step, AwaitDeletion):
        return any(str(ref) in execution.ending for ref in step.refs)
    if step.after_hooks and not execution.postponed:
        return False
    return any(map(to_be_waited_for, _awaited(step, execution)))


def _awaited(step: WaitReady, execution: Execution) -> list[Object]:
    return [execution.written.get(str(resource.ref)) or placed(resource) for resource in step.resources]


async def wait_ready(step: WaitReady, execution: Execution) -> None:
    """Raises WaitFailed, WaitTimedOut, ObjectDeleted. Patience that runs out is no failure: it postpones."""
    if step.after_hooks and not execution.postponed:
        return
    objects = _awaited(step, execution)
    progress = _Progress(step, execution, sum(map(to_be_waited_for, objects)))
    if step.patience is None:
        await _wait(objects, execution, progress)
        return
    waiting = asyncio.create_task(_wait(objects, execution, progress))
    try:
        await _until_impatient(waiting, progress, step.patience)
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def _until_impatient(waiting: asyncio.Task[None], progress: _Progress, patience: float) -> None:
    while not waiting.done():
        remaining = progress.last + patience - time.monotonic()
        if remaining <= 0:
            progress.postpone(patience)
            return
        await asyncio.wait((waiting,), timeout=remaining)
    waiting.result()


async def _wait(objects: list[Object], execution: Execution, progress: _Progress) -> None:
    options = execution.plan.options
    await until_ready(
        execution.watches,
        objects,
        timeout=options.timeout,
        until=assess_completion_of_jobs if options.wait_for_jobs else assess,
        fail_fast=execution.policy is Policy.ROLLBACK,
        on_change=progress.on_change,
    )


def assess_completion_of_jobs(obj: Object) -> Readiness:
    """`--wait-for-jobs`: a Job is ready when it has run to its end; a Pod as ever."""
    return assess_completion(obj) if obj.get("kind") == "Job" else assess(obj)


@record(slots=True)
class _Progress:
    """Tells the stream of each change, and knows when something last came nearer to being ready (a state that was seen before, as
    when a container crashes again and again, is no progress)."""

    step: WaitReady
    execution: Execution
    total: int
    last: float = field(default_factory=time.monotonic)
    ready: set[ObjectRef] = field(default_factory=set)
    seen: set[tuple[ObjectRef, str]] = field(default_factory=set)

    def on_change(self, change: Change) -> None:
        state = (change.ref, change.readiness.message)
        if state not in self.seen:
            self.seen.add(state)
            self.last = time.monotonic()
        if change.readiness.ready:
            self.ready.add(change.ref)
            self.execution.emit(
                ResourceReady(step=self.step.id, ref=change.ref, ready=len(self.ready), total=self.total)
            )
            return
        self.ready.discard(change.ref)
        why = f" ({change.failure.reason}: {change.failure.message})" if change.failure else ""
        self.execution.emit(
            ResourceWaiting(
                step=self.step.id,
                ref=change.ref,
                status=str(change.readiness.state),
                message=change.readiness.message + why,
                ready=len(self.ready),
                total=self.total,
            )
        )

    def postpone(self, patience: float) -> None:
        self.execution.postponed = True
        message = (
            f"no resource has come nearer to being ready for {patience:g} s; the post hooks are run now, in case it is one of "
            "them that is waited for, and readiness is required after them"
        )
        self.execution.emit(ReleaseWarning(message=message))


async def await_deletion(step: AwaitDeletion, execution: Execution) -> None:
    """Raises WaitTimedOut. What was left alone, and what the server said is gone, is not waited for."""
    objects = [identified(ref) for ref in step.refs if str(ref) in execution.ending]
    await wait_deleted(execution.watches, objects, timeout=execution.plan.options.timeout)


async def install_crd(step: InstallCrd, execution: Execution) -> None:
    """Raises WaitTimedOut when a CRD is not established in time."""
    await resource_steps.install_crd(step, execution)
    objects = [placed(resource) for resource in step.resources if resource.ref.kind == "CustomResourceDefinition"]
    await until_ready(execution.watches, objects, timeout=CRD_TIMEOUT)
