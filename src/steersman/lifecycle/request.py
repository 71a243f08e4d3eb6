"""What is asked of the engine, and how it can be called off before it has begun."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from steersman.errors import SteersmanError
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle import lease as leases
from steersman.lifecycle.holder import Holder, known_dead
from steersman.lifecycle.plan import Options, Plan, Step
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.situation import Situation
from steersman.record import field, record
from steersman.release.record import Release

if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

Examine = Callable[[Release, Step, SteersmanError], Awaitable[None]]
MakePlan = Callable[[Situation], Coroutine["Any", "Any", Plan]]


@record(slots=True)
class Request:
    """What is asked for. `make_plan` is called with the lease held, on the release as it is then; it may raise what it likes:
    nothing has been touched yet. `dead` says whether the holder of a lease is known to be dead."""

    action: Action
    release: str
    namespace: str
    policy: Policy
    options: Options
    make_plan: MakePlan
    lease_duration: float = leases.DURATION
    dead: Callable[[Holder], bool] = known_dead
    interrupt: asyncio.Event = field(default_factory=asyncio.Event)
    examine: Examine | None = None
    """Called after a step has failed and before anything is put in order: the last moment at which what failed is still there."""


class Interrupted(Exception):
    """Ctrl-C before there was a plan."""


async def unless_interrupted(request: Request, preparation: Coroutine[Any, Any, T]) -> T:
    """Raises Interrupted, and what the preparation raises."""
    work = asyncio.create_task(preparation)
    signal = asyncio.create_task(request.interrupt.wait())
    try:
        await asyncio.wait((work, signal), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await asyncio.wait((work,))
        if work.cancelled():
            raise Interrupted
        return work.result()
    finally:
        signal.cancel()
