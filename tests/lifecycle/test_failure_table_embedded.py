"""Every row of the failure table, under both policies, on the embedded cluster, with hooks that really run."""

from __future__ import annotations

import pytest

from steersman.lifecycle.events import RemedyStarted
from steersman.lifecycle.policy import Policy

from .table import ROWS, act, exists, release, run_row, statuses

pytestmark = pytest.mark.embedded


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(("event", "actions"), ROWS, ids=[row[0] for row in ROWS])
async def test_a_failing_hook(embedded_kubeconfig: str, policy: Policy, event: str, actions: tuple[str, ...]) -> None:
    name = f"{policy}-{event}"
    async with release(embedded_kubeconfig, policy, name) as client:
        await run_row(client, policy, event, actions, name)


@pytest.mark.parametrize("broken", [{"brokenResource": True}, {"neverReady": True}], ids=["resource", "wait"])
async def test_what_fails_in_install_is_removed(embedded_kubeconfig: str, broken: dict[str, bool]) -> None:
    async with release(embedded_kubeconfig, Policy.ROLLBACK, "gone") as client:
        told = await act(client, "install", "gone", broken, timeout=2.0)
        assert told.finished.exit_code == 1
        assert await statuses(client, "gone") == "1:failed"
        assert not await exists(client, "gone-settings")


@pytest.mark.parametrize("broken", [{"brokenResource": True}, {"neverReady": True}], ids=["resource", "wait"])
async def test_what_fails_in_upgrade_goes_back(embedded_kubeconfig: str, broken: dict[str, bool]) -> None:
    async with release(embedded_kubeconfig, Policy.ROLLBACK, "back") as client:
        await act(client, "install", "back", {})
        told = await act(client, "upgrade", "back", broken, timeout=5.0)
        assert told.finished.lines == ('Release "back" rolled back',)
        assert [event.remedy for event in told.events if isinstance(event, RemedyStarted)] == ["roll-back"]
        assert await statuses(client, "back") == "1:superseded 2:failed 3:deployed"
        manifest = await client.get_manifest("back")
        assert 'message: "one"' in manifest


@pytest.mark.parametrize("broken", [{"brokenResource": True}, {"neverReady": True}], ids=["resource", "wait"])
async def test_what_fails_stays_as_with_helm(embedded_kubeconfig: str, broken: dict[str, bool]) -> None:
    async with release(embedded_kubeconfig, Policy.HELM, "stays") as client:
        told = await act(client, "install", "stays", broken, timeout=2.0, wait="watcher")
        assert told.finished.error.startswith("INSTALLATION FAILED: ")
        assert await statuses(client, "stays") == "1:failed"
        assert await exists(client, "stays-settings")


@pytest.mark.parametrize(
    ("policy", "revisions"),
    [(Policy.ROLLBACK, "1:deployed 2:failed"), (Policy.HELM, "1:deployed 2:failed")],
)
async def test_an_interrupted_upgrade(embedded_kubeconfig: str, policy: Policy, revisions: str) -> None:
    """Ctrl-C while a pre-upgrade hook runs."""
    name = f"ctrl-c-{policy}"
    async with release(embedded_kubeconfig, policy, name) as client:
        await act(client, "install", name, {})
        from .table import CHART

        operation = await client.upgrade(name, CHART, {"message": "two"})
        async for event in operation:
            if type(event).__name__ == "HookStarted":
                operation.cancel()
        finished = await operation.finished()
        assert finished.interrupted
        assert finished.exit_code == 1
        assert await statuses(client, name) == revisions
