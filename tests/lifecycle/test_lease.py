"""One writer per release: who gets the lease, who waits, who is told no, and when a holder counts as dead."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from steersman.errors import ApiError, Forbidden, LeaseLost, ReleaseLocked
from steersman.kube.status import error_from_status
from steersman.lifecycle import journal as journals
from steersman.lifecycle.events import HookStarted, LeaseWaiting, ReleaseWarning
from steersman.lifecycle.holder import Holder, from_json, known_dead, this_process
from steersman.lifecycle.journal import Journal
from steersman.lifecycle.lease import Lease
from steersman.lifecycle.policy import Action, HookFailure, Phase, Policy

from .driver import Driver, until
from .fake import FakeKube, Request

JOURNAL = Journal(
    Action.UPGRADE, Policy.ROLLBACK, "my-app", 2, previous=1, phase=Phase.PRE_HOOKS, step="pre-upgrade/0/a"
)


def lease(kube: FakeKube, *, duration: float = 15.0, dead: bool = False) -> Lease:
    return Lease(kube, "my-app", "default", duration=duration, dead=lambda _: dead)


async def test_a_free_lease_is_taken_and_given_back() -> None:
    kube = FakeKube()
    held = lease(kube)
    assert await held.acquire() is None
    spec = kube.one("Lease", "steersman-my-app")["spec"]
    assert spec["holderIdentity"] == str(this_process())
    assert spec["leaseDurationSeconds"] == 15
    await held.release_it()
    assert kube.live("Lease") == set()


async def test_a_live_holder_is_named_with_what_it_does() -> None:
    kube = FakeKube()
    held = lease(kube)
    await held.acquire()
    await held.write(JOURNAL)
    with pytest.raises(ReleaseLocked) as caught:
        await lease(kube).acquire()
    assert (caught.value.action, caught.value.step) == ("upgrade", "pre-upgrade/0/a")
    assert caught.value.holder == str(this_process())
    assert caught.value.since
    await held.release_it()


async def test_waiting_for_the_lease() -> None:
    kube = FakeKube()
    held = lease(kube)
    await held.acquire()
    told: list[str] = []
    waiting = asyncio.create_task(
        lease(kube, duration=0.2).acquire(wait=30.0, on_waiting=lambda found: told.append(found.holder))
    )
    await until(lambda: bool(told))
    await held.release_it()
    assert await waiting is None
    assert told == [str(this_process())]


async def test_what_a_dead_holder_left_is_handed_over() -> None:
    kube = FakeKube()
    dying = lease(kube)
    await dying.acquire()
    await dying.write(JOURNAL)
    successor = lease(kube, dead=True)
    found = await successor.acquire()
    assert found is not None
    assert found.journal == JOURNAL
    assert kube.one("Lease", "steersman-my-app")["spec"]["leaseTransitions"] == 1
    with pytest.raises(LeaseLost):
        await dying.write(JOURNAL.at(step="next"))
    assert dying.lost
    await dying.release_it()
    assert kube.live("Lease") == {"Lease/steersman-my-app"}, "what one has lost one does not give back"
    await successor.release_it()


async def test_a_holder_that_does_not_renew_is_dead_whatever_the_clocks_say() -> None:
    """It is watched for its whole duration; its time stamps are in the future."""
    kube = FakeKube()
    dying = lease(kube, duration=1.0)
    await dying.acquire()
    assert dying._renewal is not None
    dying._renewal.cancel()
    kube.one("Lease", "steersman-my-app")["spec"]["renewTime"] = "2999-01-01T00:00:00.000000Z"
    assert await lease(kube, duration=1.0).acquire(wait=30.0) is not None


async def test_a_lease_that_is_renewed_is_alive_whatever_the_clocks_say() -> None:
    kube = FakeKube()
    held = lease(kube, duration=1.0)
    await held.acquire()
    kube.one("Lease", "steersman-my-app")["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"
    with pytest.raises(ReleaseLocked):
        await lease(kube, duration=1.0).acquire(wait=1.5)
    await held.release_it()


@pytest.mark.parametrize(
    "stamp", ["1999-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z", "no time at all", None]
)
async def test_a_live_holder_with_a_wrong_clock_is_named_as_soon_as_it_renews(stamp: str | None) -> None:
    """It is neither robbed nor waited for without end though nobody asked to wait; policy `helm`, which only looks, sees it."""
    kube = FakeKube()
    held = lease(kube, duration=0.6)
    await held.acquire()
    spec = kube.one("Lease", "steersman-my-app")["spec"]
    spec["renewTime"] = stamp
    with pytest.raises(ReleaseLocked):
        await lease(kube, duration=0.6).acquire()
    kube.one("Lease", "steersman-my-app")["spec"]["renewTime"] = stamp
    assert await lease(kube, duration=0.6).look() is not None
    await held.release_it()


@pytest.mark.parametrize("stamp", ["1999-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"])
async def test_a_dead_holder_with_a_wrong_clock_holds_nothing_for_ever(stamp: str) -> None:
    kube = FakeKube()
    dying = lease(kube, duration=1.0)
    await dying.acquire()
    assert dying._renewal is not None
    dying._renewal.cancel()
    kube.one("Lease", "steersman-my-app")["spec"]["renewTime"] = stamp
    assert await lease(kube, duration=1.0).look() is None
    assert await lease(kube, duration=1.0).acquire() is not None


async def test_a_namespace_that_goes_takes_its_release_with_it() -> None:
    driver = Driver(lease_duration=0.3)
    await driver.install()
    driver.kube.job_ends = {"pre-upgrade-hook": ""}

    def delete(event: object, _: object) -> None:
        if isinstance(event, HookStarted):
            driver.kube.default_is_gone = True
            driver.kube.objects.clear()

    driver.on_event = delete
    finished = await driver.upgrade(timeout=30.0)
    assert finished.exit_code == 1
    assert finished.error.startswith("namespace 'default' is being deleted, and release 'my-app' with it")
    assert "--create-namespace" in finished.hint


async def test_nothing_is_begun_in_a_namespace_that_is_being_deleted() -> None:
    kube = FakeKube()
    message = "unable to create new content in namespace default because it is being terminated"
    details = {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]}
    status = {"code": 403, "reason": "Forbidden", "message": message, "details": details}

    def terminating(request: Request) -> None:
        if request.verb == "create":
            raise error_from_status(status)

    kube.fault = terminating
    with pytest.raises(Forbidden, match="being terminated") as caught:
        await Driver(kube=kube).install()
    assert caught.value.hint.startswith("Wait until the namespace is gone")
    assert kube.live() == set()


async def test_a_journal_is_left_for_the_next_command() -> None:
    kube = FakeKube()
    held = lease(kube)
    await held.acquire()
    await held.release_it(leave=JOURNAL)
    found = await lease(kube).acquire()
    assert found is not None
    assert (found.holder, found.journal) == ("", JOURNAL)


async def test_without_permission_there_is_a_warning_and_no_lease() -> None:
    driver = Driver()

    def forbid(request: Request) -> None:
        if request.kind == "Lease":
            raise Forbidden("leases is forbidden", code=403, reason="Forbidden")

    driver.kube.fault = forbid
    assert (await driver.install()).exit_code == 0
    assert "no lease protects" in driver.told(ReleaseWarning)[0].message


async def test_a_second_command_waits_or_is_told_who_works() -> None:
    kube = FakeKube(job_ends={"pre-install-hook": ""})
    first, second = Driver(kube=kube), Driver(kube=kube)
    installing = asyncio.create_task(first.install(timeout=30.0))
    await until(lambda: "Job/pre-install-hook" in kube.live())
    with pytest.raises(ReleaseLocked, match="install at step pre-install/0/pre-install-hook"):
        await second.upgrade()
    with pytest.raises(ReleaseLocked):
        await Driver(Policy.HELM, kube).upgrade()
    waiting = asyncio.create_task(second.upgrade(wait_lock=60.0))
    await until(lambda: bool(second.told(LeaseWaiting)))
    kube._store({**kube.one("Job", "pre-install-hook"), "status": _complete()}, "MODIFIED")
    assert (await installing).exit_code == 0
    assert (await waiting).exit_code == 0
    assert await second.statuses() == "1:superseded 2:deployed"


async def test_who_loses_the_lease_writes_no_more() -> None:
    driver = Driver(lease_duration=0.3)
    await driver.install()
    driver.kube.job_ends = {"pre-upgrade-hook": ""}

    def steal(event: object, _: object) -> None:
        if isinstance(event, HookStarted):
            del driver.kube.objects["Lease", "default", "steersman-my-app"]

    driver.on_event = steal
    driver.kube.log.clear()
    finished = await driver.upgrade(timeout=30.0)
    assert finished.exit_code == 1
    assert "another process took over" in finished.error
    assert await driver.statuses() == "1:deployed 2:pending-upgrade"


def test_a_process_of_this_machine_is_known_to_be_dead() -> None:
    script = "from steersman.lifecycle.holder import this_process; print(this_process().to_json())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    gone = from_json(done.stdout)
    assert gone is not None
    if not gone.boot:
        pytest.skip("no /proc to tell processes by")
    assert known_dead(gone)
    assert not known_dead(replace(gone, boot="another machine"))
    assert not known_dead(replace(gone, space="another container"))
    assert not known_dead(this_process())
    assert known_dead(replace(this_process(), started="1")), "the pid is in use again"


def test_a_holder_says_who_and_where() -> None:
    assert str(Holder("ann", "ci-7", 42)) == "ann@ci-7 (pid 42)"
    assert from_json("{}") is None
    assert from_json("no JSON") is None
    assert this_process().pid == os.getpid()


def test_a_journal_is_read_as_it_was_written() -> None:
    journal = JOURNAL.at(
        adopted=("ConfigMap/default/a",),
        degraded=("post-upgrade/x",),
        runs=({"hook": "a", "result": "Interrupted"},),
        cause="boom",
        override=HookFailure.FAIL,
        options={"keep_history": True},
    )
    assert journals.from_json(journal.to_json()) == journal
    assert journals.from_json("") is None
    assert journals.from_json('{"action": "conquer"}') is None
    assert journals.from_json(journal.to_json().replace("{", '{"of a later version": 1,', 1)) is None


async def test_a_lease_that_cannot_be_given_back_expires() -> None:
    kube = FakeKube()
    held = lease(kube)
    await held.acquire()

    def busy(_: Request) -> None:
        raise ApiError("try later", code=503)

    kube.fault = busy
    await held.release_it()
    assert kube.live("Lease") == {"Lease/steersman-my-app"}


def _complete() -> dict[str, object]:
    return {"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}


async def test_who_waits_for_the_lease_can_be_interrupted() -> None:
    kube = FakeKube()
    held = lease(kube)
    await held.acquire()
    driver = Driver(kube=kube)
    driver.on_event = lambda event, running: running.cancel() if isinstance(event, LeaseWaiting) else None
    finished = await driver.install(wait_lock=3600.0)
    assert (finished.error, finished.interrupted, finished.exit_code) == ("interrupted", True, 1)
    await held.release_it()
    assert kube.live() == set()
