"""A process dies after any one of its writes, in any action: the next command puts the release in order.

After the recovery, whatever the moment of death was: nothing is pending, no lease and no orphan is left, and what lives is
what the revision that stands for the release says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from steersman.errors import ClusterUnreachable, SteersmanError
from steersman.lifecycle.events import RecoveryStarted
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.resources import resources_of

from .charts import config_map, deployment, full
from .driver import Driver
from .fake import FakeKube, Request, refuse

OLD = full(1, extra=[config_map("old-only")])
NEW = full(2, extra=[config_map("new-only"), deployment("worker")])
MOST = 60


@dataclass(slots=True)
class Scenario:
    """`before` leads to the release that the dying `action` finds; `breaks` is a resource that refuses to be applied."""

    action: str
    before: tuple[str, ...] = ()
    breaks: str = ""
    hook: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, [self.action, self.breaks and f"{self.breaks} broken", self.hook]))


SCENARIOS = [
    Scenario("install"),
    Scenario("upgrade", ("install",)),
    Scenario("rollback", ("install", "upgrade")),
    Scenario("uninstall", ("install", "upgrade")),
    Scenario("test", ("install",)),
    Scenario("install", (), "worker"),
    Scenario("upgrade", ("install",), "worker"),
    Scenario("upgrade", ("install",), hook="pre-upgrade"),
    Scenario("upgrade", ("install",), hook="post-upgrade"),
]


async def act(driver: Driver, action: str, breaks: str = "") -> None:
    if action == "install":
        await driver.install(NEW if breaks else OLD)
    elif action == "upgrade":
        await driver.upgrade(NEW)
    else:
        await driver.act(action)


class Death(Exception):
    """Nobody catches it: the process is gone."""


def dies_after(kube: FakeKube, writes: int, inner: object) -> list[int]:
    count = [0]

    def fault(request: Request) -> None:
        if request.verb in ("get", "list"):
            return
        if count[0] >= writes:
            kube.dead = True
            raise ClusterUnreachable("the process is dead")
        if callable(inner):
            inner(request)
        count[0] += 1

    kube.fault = fault
    return count


async def die(scenario: Scenario, writes: int) -> tuple[Driver, bool]:
    """The release as a process left it that died after so many writes; False when it lived to its end."""
    driver = Driver()
    for action in scenario.before:
        await act(driver, action)
    if scenario.hook:
        driver.kube.job_ends = {f"{scenario.hook}-hook": "BackoffLimitExceeded"}
    broken = refuse("apply", "Deployment", scenario.breaks) if scenario.breaks else None
    dies_after(driver.kube, writes, broken)
    with suppress(SteersmanError):
        await act(driver, scenario.action, scenario.breaks)
    died = driver.kube.dead
    driver.kube.dead, driver.kube.fault, driver.kube.job_ends = False, None, {}
    return driver, died


def wanted_live(texts: Iterable[str]) -> set[str]:
    return {f"{resource.ref.kind}/{resource.ref.name}" for text in texts for resource in resources_of(text, "default")}


async def require_order(driver: Driver, scenario: Scenario, writes: int) -> None:
    history = await driver.storage.history("my-app")
    where = f"{scenario} killed after {writes} writes: {await driver.statuses()}"
    assert not [stored for stored in history if stored.status.pending or stored.status == "uninstalling"], where
    assert driver.kube.live("Lease") == set(), where
    assert len([stored for stored in history if stored.status == "deployed"]) <= 1, where
    live = driver.kube.live("ConfigMap", "Deployment")
    deployed = [stored.release().manifest for stored in history if stored.status == "deployed"]
    assert live == wanted_live(deployed), where
    if deployed:
        value = "2" if 'value: "2"' in deployed[0] else "1"
        assert driver.kube.one("ConfigMap", "settings")["data"]["value"] == value, where


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
async def test_death_after_every_write(scenario: Scenario) -> None:
    deaths = 0
    for writes in range(MOST):
        driver, died = await die(scenario, writes)
        if not died:
            break
        deaths += 1
        successor = Driver(kube=driver.kube, others_are_dead=True)
        with suppress(SteersmanError):
            await successor.recover()
        await require_order(successor, scenario, writes)
    assert 4 <= deaths < MOST


@pytest.mark.parametrize("scenario", SCENARIOS[:4], ids=str)
async def test_a_recovery_may_die_as_well(scenario: Scenario) -> None:
    for writes in range(0, MOST, 3):
        driver, died = await die(scenario, writes)
        if not died:
            break
        for more in range(1, 12, 2):
            dying = Driver(kube=driver.kube, others_are_dead=True)
            dies_after(driver.kube, more, None)
            with suppress(SteersmanError):
                await dying.recover()
            driver.kube.dead, driver.kube.fault = False, None
        successor = Driver(kube=driver.kube, others_are_dead=True)
        with suppress(SteersmanError):
            await successor.recover()
        await require_order(successor, scenario, writes)


@pytest.mark.parametrize("writes", range(2, 24, 3))
async def test_the_next_command_recovers_first_and_then_does_what_it_was_asked(writes: int) -> None:
    driver, _ = await die(SCENARIOS[1], writes)
    successor = Driver(kube=driver.kube, others_are_dead=True)
    finished = await successor.upgrade(NEW)
    assert finished.exit_code == 0
    assert [str(event.action) for event in successor.told(RecoveryStarted)] in ([], ["upgrade"])
    assert driver.kube.live("ConfigMap", "Deployment") == wanted_live([NEW.wanted().release.manifest])
    assert (await successor.shown()).endswith("deployed")


async def test_a_hook_that_nobody_saw_end_is_on_record_before_it_runs_again() -> None:
    driver = Driver()
    await driver.install(OLD)
    upgrade = next(
        index for index, line in enumerate(await _writes_of_upgrade()) if "create Job/pre-upgrade-hook" in line
    )
    driver, died = await die(SCENARIOS[1], upgrade + 1)
    assert died
    successor = Driver(kube=driver.kube, others_are_dead=True)
    await successor.upgrade(NEW)
    runs = [run.result for run in await successor.runs() if run.hook == "pre-upgrade-hook"]
    assert runs == ["Interrupted", "Succeeded"]


async def _writes_of_upgrade() -> list[str]:
    driver = Driver()
    await driver.install(OLD)
    driver.kube.log.clear()
    await driver.upgrade(NEW)
    return driver.kube.writes()


async def test_what_helm_left_pending_is_recovered_by_its_record() -> None:
    helm = Driver(Policy.HELM)
    await helm.install(OLD)
    helm.kube.job_ends = {"pre-rollback-hook": "BackoffLimitExceeded"}
    await helm.upgrade(NEW)
    await helm.rollback()
    assert await helm.statuses() == "1:superseded 2:deployed 3:pending-rollback"
    helm.kube.job_ends = {}
    steer = Driver(kube=helm.kube)
    assert (await steer.recover()).lines == ('Release "my-app" recovered: deployed at revision 2',)
    assert await steer.statuses() == "1:superseded 2:deployed 3:failed"
    assert (await steer.upgrade(NEW)).exit_code == 0


@pytest.mark.parametrize("ends", ["Complete", ""])
@pytest.mark.parametrize(
    ("before", "action"), [((), "install"), (("install",), "upgrade"), (("install", "upgrade"), "rollback")]
)
async def test_what_helm_left_among_the_resources(before: tuple[str, ...], action: str, ends: str) -> None:
    """Helm's record calls the pre hook running until the end of the action: the hook's object tells whether it was."""
    helm = Driver(Policy.HELM)
    for earlier in before:
        await act(helm, earlier)
    helm.kube.job_ends = {f"pre-{action}-hook": ends}
    was = helm.kube.live("ConfigMap", "Deployment")

    def die_at_the_deployment(request: Request) -> None:
        if helm.kube.dead or (request.kind == "Deployment" and request.verb not in ("get", "list")):
            helm.kube.dead = True
            raise ClusterUnreachable("the process is dead")

    helm.kube.fault = die_at_the_deployment
    helm.options = replace(helm.options, timeout=0.05)
    with suppress(SteersmanError):
        await act(helm, action)
    touched = helm.kube.live("ConfigMap", "Deployment") != was
    helm.kube.dead, helm.kube.fault, helm.kube.job_ends = False, None, {}
    steer = Driver(kube=helm.kube)
    with suppress(SteersmanError):
        await steer.recover()
    assert touched is (ends == "Complete")
    await require_order(steer, SCENARIOS[1], 0)


async def test_an_uninstall_that_helm_left_after_its_hook_failed_is_taken_back() -> None:
    helm = Driver(Policy.HELM)
    await helm.install(OLD)
    helm.kube.job_ends = {"pre-delete-hook": "BackoffLimitExceeded"}
    await helm.uninstall()
    steer = Driver(kube=helm.kube)
    await steer.recover()
    assert await steer.statuses() == "1:deployed"


async def test_nothing_to_recover() -> None:
    driver = Driver()
    await driver.install(OLD)
    finished = await driver.recover()
    assert finished.lines == ('Release "my-app" is in order: nothing to recover',)


async def test_interruptions_end_as_the_phase_prescribes() -> None:
    """Ctrl-C while each step of an upgrade begins."""
    steps = [str(index) for index in range(40)]
    endings = set()
    for number in range(len(steps)):
        driver = Driver()
        await driver.install(OLD)
        seen = [0]

        def interrupt(event: object, running: object, number: int = number, seen: list[int] = seen) -> None:
            if type(event).__name__ == "StepStarted":
                if seen[0] == number:
                    running.cancel()  # type: ignore[attr-defined]
                seen[0] += 1

        driver.on_event = interrupt
        finished = await driver.upgrade(NEW)
        await asyncio.sleep(0)
        await require_order(driver, SCENARIOS[1], number)
        endings.add((finished.interrupted, str(finished.status)))
        if seen[0] <= number:
            break
    assert (True, "deployed") in endings
    assert (False, "deployed") in endings
