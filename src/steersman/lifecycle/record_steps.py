"""The steps that keep a release's books: revisions, history, the namespace they live in."""

from __future__ import annotations

from contextlib import suppress

from steersman.errors import AlreadyExists, ApiError, NotFound
from steersman.kube.moment import moment_of
from steersman.lifecycle.events import ReleaseWarning, RevisionRecorded
from steersman.lifecycle.execution import Execution
from steersman.lifecycle.plan import CreateNamespace, RecordRevision, RemoveRecords
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.runs import remove_runs
from steersman.lifecycle.steadily import steadily
from steersman.release.record import DEGRADED, Info, Release, Status, go_time


async def create_namespace(step: CreateNamespace, execution: Execution) -> None:
    name = step.namespace
    body = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"name": name}},
    }
    with suppress(AlreadyExists):
        await execution.kube.create(body, field_manager="helm")
    if execution.lease is not None and not execution.lease.held:
        await execution.lease.acquire(wait=execution.plan.options.wait_lock)


async def record_revision(step: RecordRevision, execution: Execution) -> None:
    known = execution.revisions.get(step.release.version, step.release)
    release = known.with_status(step.status, _description(step, execution))
    _stamp(step, release.info)
    execution.revisions[release.version] = release
    if step.staged:
        return
    if step.create:
        # Whoever finds the revision must find the journal. A way back has a revision of its own; the journal is the attempt's.
        journal = execution.journal
        ours = release.version == journal.revision
        await execution.note(step=step.id, stamp=release.info.last_deployed if ours else journal.stamp)
        await _create(release, execution)
        execution.journal = execution.journal.at(began=True)
    else:
        await _update(release, execution)
    execution.emit(
        RevisionRecorded(
            release=release.name,
            revision=release.version,
            status=release.status,
            description=release.info.description,
        )
    )


async def _create(release: Release, execution: Execution) -> None:
    try:
        kept = await execution.storage.create(release)
        execution.began = None if kept is None else moment_of(kept)
    except AlreadyExists as error:
        raise _on_record_already(release, error, execution) from error
    except ApiError as error:
        if execution.policy is Policy.ROLLBACK:
            raise
        message = f"create: failed to create: {error}"
        raise type(error)(
            message, code=error.code, reason=error.reason, details=error.details, hint=error.hint
        ) from error


def _on_record_already(release: Release, error: AlreadyExists, execution: Execution) -> AlreadyExists:
    """Not where it was looked for, and there all the same."""
    message, hint = "release: already exists", error.hint
    if execution.policy is Policy.ROLLBACK:
        message = f"revision {release.version} of release {release.name!r} is on record already"
        hint = (
            "Another command has written it meanwhile, or its record has lost its labels, by which it is found: "
            f"`kubectl -n {release.namespace} get {execution.storage.driver.name} {release.key} --show-labels`"
        )
    return AlreadyExists(message, code=error.code, reason=error.reason, details=error.details, hint=hint)


async def _update(release: Release, execution: Execution) -> None:
    """Under `rollback`, a record that somebody has deleted meanwhile is written anew: what it is about is there."""
    try:
        await steadily(lambda: execution.storage.update(release))
    except NotFound:
        lasting = release.status in (Status.DEPLOYED, Status.FAILED) and execution.plan.action is not Action.TEST
        if execution.policy is not Policy.ROLLBACK or not lasting:
            raise
        await execution.storage.create(release)
        message = f"the record of revision {release.version} had been deleted meanwhile, and was written anew"
        execution.emit(ReleaseWarning(message=message))


async def remove_records(step: RemoveRecords, execution: Execution) -> None:
    release = execution.plan.release
    if step.reason == "uninstall":
        # The records go last: as long as there are any, the next command finds what is left to do.
        execution.gone = True
        await remove_runs(execution.kube, release.name, release.namespace)
    for version in step.versions:
        await execution.storage.delete(release.name, version)


async def rewrite(release: Release, execution: Execution) -> None:
    """Write a revision again as it stands (its hooks' last runs have changed)."""
    await steadily(lambda: execution.storage.update(release))


def _description(step: RecordRevision, execution: Execution) -> str | None:
    """A release that was deployed although hooks failed says so where Helm shows and keeps it: in the description."""
    ours = step.release.version == execution.plan.release.version and step.status is Status.DEPLOYED
    if not ours or not execution.degraded:
        return step.description
    said = step.description if step.description is not None else step.release.info.description
    failed = "; ".join(f"{found.event} hook failed: {found.hook}" for found in execution.degraded)
    return f"{said} {DEGRADED}{failed})"


def _stamp(step: RecordRevision, info: Info) -> None:
    """The times that Helm sets, each at its moment. `info` is this step's own copy."""
    now = go_time()
    if step.create:
        info.last_deployed = now
        info.first_deployed = info.first_deployed or now
    elif step.status is Status.UNINSTALLING:
        info.deleted = info.deleted or now
    elif step.status not in (Status.UNINSTALLED, Status.SUPERSEDED):
        info.deleted = ""
