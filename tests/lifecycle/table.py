"""The failure table of one chart with all nine hooks, on a cluster that really runs them, embedded or real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steersman.client import AsyncClient
from steersman.errors import NotFound
from steersman.kube.interface import ObjectRef
from steersman.lifecycle.events import Event, HookFinished, HookLog, ReleaseFinished
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy

CHART = Path(__file__).parent / "chart"
TIMEOUT = 60.0

# (event, the actions that end with the failing one)
ROWS = (
    ("pre-install", ("install",)),
    ("post-install", ("install",)),
    ("pre-upgrade", ("install", "upgrade")),
    ("post-upgrade", ("install", "upgrade")),
    ("pre-rollback", ("install", "upgrade", "rollback")),
    ("post-rollback", ("install", "upgrade", "rollback")),
    ("pre-delete", ("install", "uninstall")),
    ("post-delete", ("install", "uninstall")),
    ("test", ("install", "test")),
)

# What each row must come to: (exit code, revisions, are the resources there).
EXPECTED: dict[Policy, dict[str, tuple[int, str, bool]]] = {
    Policy.ROLLBACK: {
        "pre-install": (1, "1:failed", False),
        "post-install": (0, "1:deployed", True),
        "pre-upgrade": (1, "1:deployed 2:failed", True),
        "post-upgrade": (0, "1:superseded 2:deployed", True),
        "pre-rollback": (1, "1:superseded 2:deployed 3:failed", True),
        "post-rollback": (0, "1:superseded 2:superseded 3:deployed", True),
        "pre-delete": (1, "1:deployed", True),
        "post-delete": (0, "", False),
        "test": (1, "1:deployed", True),
    },
    Policy.HELM: {
        "pre-install": (1, "1:failed", False),
        "post-install": (1, "1:failed", True),
        "pre-upgrade": (1, "1:deployed 2:failed", True),
        "post-upgrade": (1, "1:deployed 2:failed", True),
        "pre-rollback": (1, "1:superseded 2:deployed 3:pending-rollback", True),
        "post-rollback": (1, "1:superseded 2:deployed 3:pending-rollback", True),
        "pre-delete": (1, "1:uninstalling", True),
        "post-delete": (1, "", False),
        "test": (1, "1:deployed", True),
    },
}

# What `rollback` says, in the lesson's words.
SAID = {
    "pre-install": ("release failed: pre-install hook failed", ()),
    "post-install": (
        "",
        ('Release "{0}" has been installed. Status: DEPLOYED', "WARNING: post-install hook failed"),
    ),
    "pre-upgrade": ("release failed: pre-upgrade hook failed", ('Release "{0}" rolled back',)),
    "post-upgrade": ("", ('Release "{0}" has been upgraded. Status: DEPLOYED', "WARNING: post-upgrade hook failed")),
    "pre-delete": ("release failed: pre-delete hook failed", ('Release "{0}" is still deployed',)),
}


@dataclass(slots=True)
class Told:
    """What an action yielded."""

    finished: ReleaseFinished
    events: list[Event] = field(default_factory=list)


@asynccontextmanager
async def release(kubeconfig: str, policy: Policy, name: str) -> AsyncIterator[AsyncClient]:
    """A client, and the name free and clean before and after."""
    async with AsyncClient(kubeconfig=kubeconfig, policy=policy) as client:
        await clean(client, name)
        try:
            yield client
        finally:
            await clean(client, name)


async def act(client: AsyncClient, action: str, name: str, values: dict[str, Any], **options: Any) -> Told:
    chosen = Options(**{"timeout": TIMEOUT, **options})
    if action == "install":
        operation = await client.install(name, CHART, values, options=chosen)
    elif action == "upgrade":
        operation = await client.upgrade(name, CHART, {**values, "message": "two"}, options=chosen)
    else:
        operation = await getattr(client, action)(name, options=chosen)
    events = [event async for event in operation]
    return Told(await operation.finished(), events)


async def run_row(client: AsyncClient, policy: Policy, event: str, actions: tuple[str, ...], name: str) -> None:
    """Bring the release to the point where `event`'s hook fails, and compare with the table."""
    values = {"fail": [event]}
    for action in actions[:-1]:
        assert (await act(client, action, name, values)).finished.exit_code == 0
    told = await act(client, actions[-1], name, values)
    exit_code, revisions, there = EXPECTED[policy][event]
    assert told.finished.exit_code == exit_code, told.finished
    assert await statuses(client, name) == revisions
    assert await exists(client, f"{name}-settings") is there
    ended = [e for e in told.events if isinstance(e, HookFinished) and e.result == "Failed"]
    assert [(e.hook, e.exit_code, e.reason) for e in ended] == [(f"{name}-{event}", 3, "BackoffLimitExceeded")]
    lines = [e.line for e in told.events if isinstance(e, HookLog) and e.hook == f"{name}-{event}"]
    assert lines == [f"{event} of {name}"]
    if policy is Policy.ROLLBACK and event in SAID:
        error, said = SAID[event]
        assert told.finished.error == error
        assert told.finished.lines == tuple(line.format(name) for line in said)


async def statuses(client: AsyncClient, name: str) -> str:
    history = await client.storage.history(name)
    return " ".join(f"{stored.version}:{stored.status}" for stored in history)


async def exists(client: AsyncClient, config_map: str) -> bool:
    try:
        await client.kube.get(ObjectRef("v1", "ConfigMap", config_map, client.namespace))
    except NotFound:
        return False
    return True


async def clean(client: AsyncClient, name: str) -> None:
    """Remove whatever a test may have left of the release."""
    for kind in (("batch/v1", "Job"), ("v1", "ConfigMap"), ("v1", "Service"), ("v1", "Pod")):
        for obj in (await client.kube.list(*kind, namespace=client.namespace)).items:
            if obj["metadata"]["name"].startswith(name):
                await _delete(client, ObjectRef(*kind, obj["metadata"]["name"], client.namespace))
    for stored in await client.storage.history(name):
        await client.storage.delete(name, stored.version)
    await _delete(client, ObjectRef("v1", "Secret", f"sh.steersman.runs.v1.{name}", client.namespace))


async def _delete(client: AsyncClient, ref: ObjectRef) -> None:
    try:
        await client.kube.delete(ref, grace_period=0)
    except NotFound:
        return
