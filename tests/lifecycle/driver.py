"""Runs actions of the engine on the fake and keeps what they told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from steersman.lifecycle.events import Event, ReleaseFinished
from steersman.lifecycle.install import plan_install
from steersman.lifecycle.operation import Operation, operation, recovery
from steersman.lifecycle.plan import Options, Plan
from steersman.lifecycle.policy import Action, Policy
from steersman.lifecycle.request import Examine, MakePlan, Request
from steersman.lifecycle.rollback import plan_rollback
from steersman.lifecycle.runs import HookRun, read_runs
from steersman.lifecycle.situation import Situation
from steersman.lifecycle.test import plan_test
from steersman.lifecycle.unchanged import remembering
from steersman.lifecycle.uninstall import plan_uninstall
from steersman.lifecycle.upgrade import plan_upgrade
from steersman.release.drivers.objects import ObjectDriver
from steersman.release.record import Release, Status
from steersman.release.storage import Storage

from .charts import App, full
from .fake import FakeKube

E_ = TypeVar("E_", bound=Event)
NAME = "my-app"


@dataclass(slots=True)
class Driver:
    """One release on one fake cluster, under one policy."""

    policy: Policy = Policy.ROLLBACK
    kube: FakeKube = field(default_factory=FakeKube)
    options: Options = field(default_factory=lambda: Options(timeout=2.0))
    namespace: str = "default"
    lease_duration: float = 15.0
    others_are_dead: bool = False
    events: list[Event] = field(default_factory=list)
    on_event: Callable[[Event, Operation], None] | None = None
    running: Operation | None = None
    examine: Examine | None = None

    @property
    def storage(self) -> Storage:
        return Storage(ObjectDriver(self.kube), self.namespace)

    async def install(self, app: App | None = None, **options: object) -> ReleaseFinished:
        return await self._run(
            Action.INSTALL, lambda s, o: plan_install(s, (app or full()).wanted(), self.policy, o), options
        )

    async def upgrade(self, app: App | None = None, **options: object) -> ReleaseFinished:
        return await self._run(
            Action.UPGRADE,
            lambda s, o: plan_upgrade(s, (app or full(2)).wanted(), self.policy, o),
            options,
            (app or full(2)).wanted().release,
        )

    async def rollback(self, revision: int = 0, **options: object) -> ReleaseFinished:
        return await self._run(Action.ROLLBACK, lambda s, o: plan_rollback(s, revision, self.policy, o), options)

    async def uninstall(self, **options: object) -> ReleaseFinished:
        return await self._run(Action.UNINSTALL, lambda s, o: plan_uninstall(s, self.policy, o), options)

    async def test(self, **options: object) -> ReleaseFinished:
        return await self._run(Action.TEST, lambda s, o: plan_test(s, self.policy, o), options)

    async def act(self, action: str, **options: object) -> ReleaseFinished:
        match action:
            case "install":
                return await self.install(**options)  # type: ignore[arg-type]
            case "upgrade":
                return await self.upgrade(**options)  # type: ignore[arg-type]
            case "rollback":
                return await self.rollback(**options)  # type: ignore[arg-type]
            case "uninstall":
                return await self.uninstall(**options)
            case _:
                return await self.test(**options)

    async def recover(self) -> ReleaseFinished:
        async def none(_: Situation) -> Plan:
            raise AssertionError

        return await self._follow(recovery(self._request(Action.UPGRADE, self.options, none), self.kube, self.storage))

    async def _run(
        self,
        action: Action,
        make: Callable[[Situation, Options], Plan],
        options: dict[str, object],
        upgraded_to: Release | None = None,
    ) -> ReleaseFinished:
        chosen = replace(self.options, **options)  # type: ignore[arg-type]

        async def plan(situation: Situation) -> Plan:
            if upgraded_to is not None:
                situation = await remembering(self.kube, situation, upgraded_to, self.policy, chosen)
            return make(situation, chosen)

        return await self._follow(operation(self._request(action, chosen, plan), self.kube, self.storage))

    def _request(self, action: Action, options: Options, make: MakePlan) -> Request:
        request = Request(action, NAME, self.namespace, self.policy, options, make, lease_duration=self.lease_duration)
        request.examine = self.examine
        if self.others_are_dead:
            request.dead = lambda _: True
        return request

    async def _follow(self, running: Operation) -> ReleaseFinished:
        self.events, self.running = [], running
        async for event in running:
            self.events.append(event)
            if self.on_event is not None:
                self.on_event(event, running)
        return await running.finished()

    # --- what tests ask -------------------------------------------------------------------------------------

    def told(self, kind: type[E_]) -> list[E_]:
        return [event for event in self.events if isinstance(event, kind)]

    async def history(self) -> list[tuple[int, Status, str]]:
        """(revision, status, description), oldest first."""
        return [
            (stored.version, stored.status, stored.release().info.description)
            for stored in await self.storage.history(NAME)
        ]

    async def statuses(self) -> str:
        return " ".join(f"{version}:{status}" for version, status, _ in await self.history())

    async def runs(self) -> list[HookRun]:
        return await read_runs(self.kube, NAME, self.namespace)

    async def shown(self) -> str:
        """What `status` would say: revision:status."""
        situation = Situation(NAME, self.namespace, tuple(await self.storage.history(NAME)))
        release = situation.shown(self.policy)
        return f"{release.version}:{release.status}"


async def until(condition: Callable[[], bool]) -> None:
    """Let things happen until the condition holds."""
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within 30 s")
