"""Getting the lease for an action, or the reason why not."""

from __future__ import annotations

import asyncio

from steersman.errors import ClusterUnreachable, Forbidden, NoMatchingKind, NotFound, OutcomeUnknown, ServerBusy
from steersman.kube.interface import Kubernetes
from steersman.kube.status import is_terminating
from steersman.lifecycle import lease as leases
from steersman.lifecycle.events import LeaseWaiting, ReleaseWarning
from steersman.lifecycle.execution import Emit
from steersman.lifecycle.lease import Found, Lease
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.request import Request


async def lock(request: Request, kube: Kubernetes, emit: Emit) -> tuple[Lease | None, Found | None]:
    """Take the release's lease. Policy `helm` only looks whether somebody holds it: Helm writes none."""
    lease = Lease(kube, request.release, request.namespace, duration=request.lease_duration, dead=request.dead)
    lease.on_lost = request.interrupt.set
    try:
        return await _lock(lease, request, emit)
    except (ClusterUnreachable, OutcomeUnknown, ServerBusy) as error:
        if isinstance(error, ServerBusy) and request.policy is Policy.ROLLBACK:
            error.args = (f"the lease of release {request.release!r} cannot be taken: {error}",)
        error.hint = " ".join(
            part for part in (f"Nothing of release {request.release!r} was touched.", error.hint) if part
        )
        raise


async def _lock(lease: Lease, request: Request, emit: Emit) -> tuple[Lease | None, Found | None]:
    if request.policy is Policy.HELM:
        if (holder := await lease.look()) is not None:
            raise leases.locked(request.release, holder)
        return None, None

    def waiting(found: Found) -> None:
        journal = found.journal
        emit(
            LeaseWaiting(
                release=request.release,
                holder=found.holder,
                since=found.since,
                action=str(journal.action) if journal else "",
                step=journal.step if journal else "",
            )
        )

    found: Found | None = None
    try:
        found = await lease.acquire(wait=request.options.wait_lock, on_waiting=waiting)
        await asyncio.sleep(0)  # an interruption while it was written is raised here
        return lease, found
    except asyncio.CancelledError:
        await lease.release_it(leave=found.journal if found is not None else None)
        raise
    except (Forbidden, NoMatchingKind) as error:
        if isinstance(error, Forbidden) and is_terminating(error):
            raise
        emit(ReleaseWarning(message=f"no lease protects this release from a second writer: {error}"))
        return None, None
    except NotFound as error:
        if request.action is Action.INSTALL and request.options.create_namespace:
            return lease, None  # taken as soon as the namespace is there
        if request.action is not Action.INSTALL:
            return None, None  # no namespace, no release: planning says so
        raise NotFound(
            str(error), code=error.code, reason=error.reason, hint="--create-namespace creates the namespace first"
        ) from error
