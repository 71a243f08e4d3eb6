"""Every row of the failure table, under both policies, on the fake: what is recorded, what is left, what is said."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from steersman.lifecycle.events import ReleaseDegraded, RemedyStarted
from steersman.lifecycle.policy import Policy

from .driver import Driver
from .fake import refuse

RESOURCES = {"ConfigMap/settings", "Deployment/web"}


@dataclass(frozen=True)
class Row:
    """`before` are the actions that must have gone well, `action` the one that fails by `hook` (a Job that ends so) or `what`."""

    action: str
    before: tuple[str, ...]
    fails: str
    statuses: str
    shown: str
    live: bool
    error: str
    lines: tuple[str, ...]
    exit_code: int


HOOKS_ROLLBACK = [
    Row("install", (), "pre-install", "1:failed", "1:failed", False, "release failed: pre-install hook failed", (), 1),
    Row(
        "install",
        (),
        "post-install",
        "1:deployed",
        "1:deployed",
        True,
        "",
        ('Release "my-app" has been installed. Status: DEPLOYED', "WARNING: post-install hook failed"),
        0,
    ),
    Row(
        "upgrade",
        ("install",),
        "pre-upgrade",
        "1:deployed 2:failed",
        "1:deployed",
        True,
        "release failed: pre-upgrade hook failed",
        ('Release "my-app" rolled back',),
        1,
    ),
    Row(
        "upgrade",
        ("install",),
        "post-upgrade",
        "1:superseded 2:deployed",
        "2:deployed",
        True,
        "",
        ('Release "my-app" has been upgraded. Status: DEPLOYED', "WARNING: post-upgrade hook failed"),
        0,
    ),
    Row(
        "rollback",
        ("install", "upgrade"),
        "pre-rollback",
        "1:superseded 2:deployed 3:failed",
        "2:deployed",
        True,
        "release failed: pre-rollback hook failed",
        ('Release "my-app" stays at revision 2',),
        1,
    ),
    Row(
        "rollback",
        ("install", "upgrade"),
        "post-rollback",
        "1:superseded 2:superseded 3:deployed",
        "3:deployed",
        True,
        "",
        ('Release "my-app" has been rolled back. Status: DEPLOYED', "WARNING: post-rollback hook failed"),
        0,
    ),
    Row(
        "uninstall",
        ("install",),
        "pre-delete",
        "1:deployed",
        "1:deployed",
        True,
        "release failed: pre-delete hook failed",
        ('Release "my-app" is still deployed',),
        1,
    ),
    Row(
        "uninstall",
        ("install",),
        "post-delete",
        "",
        "",
        False,
        "",
        ('release "my-app" uninstalled', "WARNING: post-delete hook failed"),
        0,
    ),
    Row(
        "test",
        ("install",),
        "test",
        "1:deployed",
        "1:deployed",
        True,
        "test hook failed: Job test-hook: BackoffLimitExceeded, exit code 3",
        ("TEST SUITE: my-app", "FAILED"),
        1,
    ),
]

_CAUSE = "resource Job/default/{}-hook not ready. status: Failed, message: Job Failed. failed: 1/1"

HOOKS_HELM = [
    Row(
        "install",
        (),
        "pre-install",
        "1:failed",
        "1:failed",
        False,
        "INSTALLATION FAILED: failed pre-install: " + _CAUSE.format("pre-install"),
        (),
        1,
    ),
    Row(
        "install",
        (),
        "post-install",
        "1:failed",
        "1:failed",
        True,
        "INSTALLATION FAILED: failed post-install: " + _CAUSE.format("post-install"),
        (),
        1,
    ),
    Row(
        "upgrade",
        ("install",),
        "pre-upgrade",
        "1:deployed 2:failed",
        "2:failed",
        True,
        "UPGRADE FAILED: pre-upgrade hooks failed: " + _CAUSE.format("pre-upgrade"),
        (),
        1,
    ),
    Row(
        "upgrade",
        ("install",),
        "post-upgrade",
        "1:deployed 2:failed",
        "2:failed",
        True,
        "UPGRADE FAILED: post-upgrade hooks failed: " + _CAUSE.format("post-upgrade"),
        (),
        1,
    ),
    Row(
        "rollback",
        ("install", "upgrade"),
        "pre-rollback",
        "1:superseded 2:deployed 3:pending-rollback",
        "3:pending-rollback",
        True,
        _CAUSE.format("pre-rollback"),
        (),
        1,
    ),
    Row(
        "rollback",
        ("install", "upgrade"),
        "post-rollback",
        "1:superseded 2:deployed 3:pending-rollback",
        "3:pending-rollback",
        True,
        _CAUSE.format("post-rollback"),
        (),
        1,
    ),
    Row(
        "uninstall",
        ("install",),
        "pre-delete",
        "1:uninstalling",
        "1:uninstalling",
        True,
        _CAUSE.format("pre-delete"),
        (),
        1,
    ),
    Row(
        "uninstall",
        ("install",),
        "post-delete",
        "",
        "",
        False,
        "uninstallation completed with 1 error(s): " + _CAUSE.format("post-delete"),
        (),
        1,
    ),
    Row("test", ("install",), "test", "1:deployed", "1:deployed", True, _CAUSE.format("test"), (), 1),
]

CASES = [(Policy.ROLLBACK, row) for row in HOOKS_ROLLBACK] + [(Policy.HELM, row) for row in HOOKS_HELM]


@pytest.mark.parametrize(("policy", "row"), CASES, ids=[f"{policy}-{row.fails}" for policy, row in CASES])
async def test_a_failing_hook(policy: Policy, row: Row) -> None:
    driver = Driver(policy)
    for action in row.before:
        assert (await driver.act(action)).exit_code == 0
    driver.kube.job_ends = {f"{row.fails}-hook": "BackoffLimitExceeded"}
    finished = await driver.act(row.action)
    assert (finished.error, finished.exit_code) == (row.error, row.exit_code)
    if policy is Policy.ROLLBACK or row.action != "test":
        assert finished.lines == row.lines
    assert await driver.statuses() == row.statuses
    assert (driver.kube.live("ConfigMap", "Deployment") == RESOURCES) is row.live
    if row.shown:
        assert await driver.shown() == row.shown
    assert driver.kube.live("Lease") == set()


BEFORE = {"install": (), "upgrade": ("install",), "rollback": ("install", "upgrade"), "uninstall": ("install",)}


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("install", "post-install"),
        ("upgrade", "post-upgrade"),
        ("rollback", "post-rollback"),
        ("uninstall", "post-delete"),
    ],
)
async def test_strict_makes_a_degraded_release_an_exit_code(action: str, event: str) -> None:
    driver = Driver()
    for before in BEFORE[action]:
        await driver.act(before)
    driver.kube.job_ends = {f"{event}-hook": "BackoffLimitExceeded"}
    assert (await driver.act(action, strict=True)).exit_code == 1


async def test_a_degraded_release_says_so_where_helm_carries_it_along() -> None:
    driver = Driver()
    await driver.install()
    driver.kube.job_ends = {"post-upgrade-hook": "BackoffLimitExceeded"}
    await driver.upgrade()
    _, upgraded = await driver.storage.history("my-app")
    assert upgraded.release().degraded
    assert upgraded.release().info.description == (
        "Upgrade complete (degraded: post-upgrade hook failed: post-upgrade-hook)"
    )
    assert [event.hooks for event in driver.told(ReleaseDegraded)] == [("post-upgrade-hook",)]
    driver.kube.job_ends = {}
    await driver.upgrade()
    assert not (await driver.storage.get("my-app")).degraded


async def test_install_starts_over_after_a_failed_one_and_runs_its_hooks_again() -> None:
    driver = Driver()
    driver.kube.job_ends = {"pre-install-hook": "BackoffLimitExceeded"}
    await driver.install()
    driver.kube.job_ends = {}
    assert (await driver.install()).exit_code == 0
    assert await driver.statuses() == "1:failed 2:deployed"
    assert [(run.event, run.result) for run in await driver.runs()][:2] == [
        ("pre-install", "Failed"),
        ("pre-install", "Succeeded"),
    ]


@pytest.mark.parametrize("how", ["apply", "wait"])
async def test_a_resource_fails_in_install(how: str) -> None:
    driver = Driver()
    _break(driver, how)
    finished = await driver.install()
    assert finished.exit_code == 1
    assert finished.lines == ('Release "my-app" was not installed; what it had created is removed',)
    assert await driver.statuses() == "1:failed"
    assert driver.kube.live("ConfigMap", "Deployment") == set()


@pytest.mark.parametrize("how", ["apply", "wait"])
async def test_a_resource_fails_in_install_as_with_helm(how: str) -> None:
    driver = Driver(Policy.HELM)
    _break(driver, how)
    finished = await driver.install(wait="watcher")
    assert finished.error.startswith("INSTALLATION FAILED: ")
    assert await driver.statuses() == "1:failed"
    assert "ConfigMap/settings" in driver.kube.live()


@pytest.mark.parametrize("how", ["apply", "wait"])
async def test_a_resource_fails_in_upgrade(how: str) -> None:
    driver = Driver()
    await driver.install()
    _break(driver, how)
    unbreak = driver.kube

    def mend(event: object, _: object) -> None:
        if isinstance(event, RemedyStarted):
            unbreak.fault = None
            unbreak.unready = set()

    driver.on_event = mend
    finished = await driver.upgrade()
    assert finished.exit_code == 1
    assert finished.error.startswith("release failed: ")
    assert finished.lines == ('Release "my-app" rolled back',)
    assert (finished.status, finished.revision) == ("deployed", 3)
    assert await driver.statuses() == "1:superseded 2:failed 3:deployed"
    assert (await driver.history())[2][2] == "Rollback to 1"
    assert driver.kube.one("ConfigMap", "settings")["data"] == {"value": "1"}
    assert [run.event for run in await driver.runs()][-2:] == ["pre-rollback", "post-rollback"]


async def test_a_resource_fails_in_upgrade_as_with_helm() -> None:
    driver = Driver(Policy.HELM)
    await driver.install()
    _break(driver, "apply")
    finished = await driver.upgrade()
    assert finished.error.startswith("UPGRADE FAILED: ")
    assert await driver.statuses() == "1:deployed 2:failed"
    assert driver.kube.one("ConfigMap", "settings")["data"] == {"value": "2"}


async def test_a_resource_fails_in_rollback() -> None:
    driver = Driver()
    await driver.install()
    await driver.upgrade()
    _break(driver, "apply")

    def mend(event: object, _: object) -> None:
        if isinstance(event, RemedyStarted):
            driver.kube.fault = None

    driver.on_event = mend
    finished = await driver.rollback()
    assert finished.exit_code == 1
    assert await driver.statuses() == "1:superseded 2:superseded 3:failed 4:deployed"
    assert driver.kube.one("ConfigMap", "settings")["data"] == {"value": "2"}


async def test_the_way_back_fails_too() -> None:
    driver = Driver()
    await driver.install()
    _break(driver, "apply")
    finished = await driver.upgrade()
    assert finished.exit_code == 1
    assert finished.lines[0] == "The way back failed for the same reason"
    assert await driver.statuses() == "1:deployed 2:failed 3:failed"
    driver.kube.fault = None
    assert (await driver.upgrade()).exit_code == 0


async def test_a_hook_on_the_way_back_stops_nothing() -> None:
    driver = Driver()
    await driver.install()
    driver.kube.job_ends = {"pre-rollback-hook": "BackoffLimitExceeded"}
    _break(driver, "apply")

    def mend(event: object, _: object) -> None:
        if isinstance(event, RemedyStarted):
            driver.kube.fault = None

    driver.on_event = mend
    assert (await driver.upgrade()).lines == ('Release "my-app" rolled back',)
    assert await driver.statuses() == "1:superseded 2:failed 3:deployed"


@pytest.mark.parametrize(("action", "status"), [("install", None), ("upgrade", "deployed")])
async def test_helms_rollback_on_failure(action: str, status: str | None) -> None:
    driver = Driver(Policy.HELM)
    if action == "upgrade":
        await driver.install()
    driver.kube.job_ends = {f"post-{action}-hook": "BackoffLimitExceeded"}
    finished = await driver.act(action, rollback_on_failure=True)
    past = {"install": "uninstalled", "upgrade": "rolled back"}[action]
    assert f"release my-app failed, and has been {past} due to rollback-on-failure being set: " in finished.error
    assert finished.status == status
    assert await driver.statuses() == {"install": "", "upgrade": "1:superseded 2:failed 3:deployed"}[action]


def _break(driver: Driver, how: str) -> None:
    if how == "wait":
        driver.kube.unready = {"web"}
        driver.options = type(driver.options)(timeout=0.05, hook_patience=30)
    else:
        driver.kube.fault = refuse("apply", "Deployment", "web")
