"""Ctrl-C while a write is under way, at each write of each action: the server carries it out whether or not somebody still waits
for it, and still nothing is left half way, no object without a record of it, no lease, no hook that goes on working."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from steersman.kube.interface import Object, ObjectRef
from steersman.lifecycle.lease import HOLDER
from steersman.lifecycle.unbroken import unbroken

from .driver import Driver
from .fake import FakeKube
from .test_recovery import MOST, NEW, SCENARIOS, Scenario, act, die, require_order

LAG = 5  # rounds of the event loop between a request and its effect


@dataclass(slots=True)
class SlowKube(FakeKube):
    """A server a little way off: what was sent is done, whether somebody waits for the answer or not."""

    on_write: Callable[[str], None] | None = None
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)

    async def create(self, obj: Object, **options: Any) -> Any:
        return await self._send(
            f"create {obj['kind']}/{obj['metadata']['name']}", FakeKube.create(self, obj, **options)
        )

    async def replace(self, obj: Object, **options: Any) -> Any:
        return await self._send(
            f"replace {obj['kind']}/{obj['metadata']['name']}", FakeKube.replace(self, obj, **options)
        )

    async def patch(self, ref: ObjectRef, *words: Any, **options: Any) -> Any:
        return await self._send(f"patch {ref.kind}/{ref.name}", FakeKube.patch(self, ref, *words, **options))

    async def delete(self, ref: ObjectRef, **options: Any) -> Any:
        return await self._send(f"delete {ref.kind}/{ref.name}", FakeKube.delete(self, ref, **options))

    async def _send(self, what: str, work: Coroutine[Any, Any, Any]) -> Any:
        async def arrive() -> Any:
            for _ in range(LAG):
                await asyncio.sleep(0)
            return await work

        task = asyncio.create_task(arrive())
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        if self.on_write is not None:
            self.on_write(what)
        return await asyncio.shield(task)

    async def settle(self) -> None:
        await asyncio.gather(*self.under_way, return_exceptions=True)


class Interrupter:
    """Calls the operation off at the `number`th write from now."""

    def __init__(self, driver: Driver, kube: SlowKube, number: int) -> None:
        self.told: list[str] = []
        self._driver, self._kube = driver, kube
        self._number = number
        kube.on_write = self._write

    @property
    def did(self) -> bool:
        return len(self.told) > self._number

    def _write(self, what: str) -> None:
        self.told.append(what)
        if len(self.told) == self._number + 1:
            self._kube.job_ends[what.partition("/")[2]] = (
                ""  # a hook that is being created works on until it is stopped
            )
            assert self._driver.running is not None
            self._driver.running.cancel()


@pytest.mark.parametrize("scenario", SCENARIOS[:5], ids=str)
async def test_at_each_write(scenario: Scenario) -> None:
    for number in range(MOST):
        kube = SlowKube()
        driver = Driver(kube=kube)
        for action in scenario.before:
            await act(driver, action)
        interrupter = Interrupter(driver, kube, number)
        await act(driver, scenario.action)
        await kube.settle()
        kube.on_write = None
        where = f"{scenario} interrupted at {interrupter.told[number:][:1]}: {await driver.statuses()}"
        if "uninstalling" in where:
            assert kube.live("Lease") == set(), where
            await driver.uninstall()  # as it says
            await kube.settle()
        await require_order(driver, scenario, number)
        assert all(_has_ended(kube, job) for job in kube.live("Job")), where
        if not interrupter.did:
            break
    assert 4 <= number < MOST


def _has_ended(kube: FakeKube, name: str) -> bool:
    job = kube.one("Job", name.partition("/")[2])
    return "conditions" in job["status"] or "activeDeadlineSeconds" in job["spec"]


@pytest.mark.parametrize("writes", [3, 9])
@pytest.mark.parametrize("command", ["recover", "upgrade"])
async def test_a_recovery_may_be_interrupted_as_well(command: str, writes: int) -> None:
    """An upgrade died after so many writes; the recovery, or the command that begins with one, is called off at each write."""
    for number in range(0, MOST, 2 if command == "recover" else 5):
        died, _ = await die(SCENARIOS[1], writes)
        kube, dead = SlowKube(objects=died.kube.objects), holders(died.kube)
        driver = Driver(kube=kube, others_are_dead=True)
        interrupter = Interrupter(driver, kube, number)
        finished = await (driver.recover() if command == "recover" else driver.upgrade(NEW))
        await kube.settle()
        kube.on_write = None
        if finished.interrupted:
            assert holders(kube) <= {*dead, ""}, "it is given back"
            successor = Driver(kube=kube, others_are_dead=True)
            await successor.recover()
            await kube.settle()
        await require_order(driver, SCENARIOS[1], number)
        if not interrupter.did:
            break
    assert 1 <= number < MOST


def holders(kube: FakeKube) -> set[str]:
    leases = [obj for (kind, _, _), obj in kube.objects.items() if kind == "Lease"]
    return {lease["metadata"]["annotations"].get(HOLDER, "") for lease in leases}


async def test_what_is_unbroken_ends_and_the_cancellation_comes_next() -> None:
    done: list[str] = []

    async def write() -> None:
        await asyncio.sleep(0.01)
        done.append("written")

    async def both() -> None:
        await unbroken(write())
        done.append("seen")
        await asyncio.sleep(0)
        done.append("never")

    task = asyncio.create_task(both())
    await asyncio.sleep(0)
    for _ in range(3):  # however often
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["written", "seen"]


async def test_what_takes_too_long_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steersman.lifecycle.unbroken.GRACE", 0.01)
    task = asyncio.create_task(unbroken(asyncio.sleep(60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
