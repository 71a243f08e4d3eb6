"""Policy `helm` beside helm 4.3.1 itself, on one embedded cluster: the same story by each, and what is recorded, said and written
must be the same, write by write."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from steersman.client import AsyncClient
from steersman.cluster.local import LocalCluster
from steersman.lifecycle.events import ReleaseFinished
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy
from steersman.release.codec import to_json

from .table import CHART, TIMEOUT, clean

pytestmark = [pytest.mark.embedded, pytest.mark.oracle]

NAME = "twin"
STORIES = {
    "all is well": ((), ["install", "upgrade", "rollback 1", "test", "uninstall --keep-history", "uninstall"]),
    "install fails": (("pre-install",), ["install", "upgrade", "uninstall"]),
    "hooks after the fact fail": (("post-install", "post-upgrade", "post-delete"), ["install", "upgrade", "uninstall"]),
    "upgrade and deletion fail": (("pre-upgrade", "pre-delete"), ["install", "upgrade", "rollback 1", "uninstall"]),
    "rollback and test fail": (("pre-rollback", "test"), ["install", "upgrade", "rollback 1", "upgrade", "test"]),
    "after the rollback": (("post-rollback",), ["install", "upgrade", "rollback 1", "rollback 2"]),
    "without hooks": (("pre-upgrade",), ["install --no-hooks", "upgrade --no-hooks", "uninstall --no-hooks"]),
    "again after its end": (
        (),
        ["install", "uninstall --keep-history", "upgrade --install", "uninstall --keep-history", "rollback 1"],
    ),
    "back by itself": (
        ("post-upgrade",),
        ["install", "upgrade --rollback-on-failure", "uninstall"],
    ),
}


@dataclass
class Account:
    """What one tool did: exit codes and errors, the records after each action, and every write."""

    said: list[tuple[int, str]] = field(default_factory=list)
    records: list[list[dict[str, Any]]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)


@pytest.mark.parametrize("story", STORIES)
async def test_the_same_story(embedded: LocalCluster, helm: Path, tmp_path: Path, story: str) -> None:
    fails, actions = STORIES[story]
    async with AsyncClient(kubeconfig=str(embedded.kubeconfig), policy=Policy.HELM) as client:
        accounts = []
        for tool in ("helm", "steer"):
            await clean(client, NAME)
            embedded.requests.clear()
            account = Account()
            for action in actions:
                if tool == "helm":
                    account.said.append(run_helm(helm, str(embedded.kubeconfig), tmp_path, action, fails))
                else:
                    account.said.append(await run_steer(client, action, fails))
                history = await client.storage.history(NAME)
                account.records.append([comparable(to_json(stored.release())) for stored in history])
            account.writes = [line for line in map(written, list(embedded.requests)) if line]
            accounts.append(account)
        await clean(client, NAME)
    theirs, ours = accounts
    assert ours.said == theirs.said
    assert differences(ours.records, theirs.records) == []
    assert in_kind_order(ours.writes) == in_kind_order(theirs.writes)


def run_helm(helm: Path, kubeconfig: str, home: Path, action: str, fails: tuple[str, ...]) -> tuple[int, str]:
    verb, *rest = action.split()
    chart = [str(CHART), "--set-json", f"fail={json.dumps(fails)}"] if verb in ("install", "upgrade") else []
    message = ["--set", "message=two"] if verb == "upgrade" else []
    done = subprocess.run(
        [str(helm), verb, NAME, *rest, *chart, *message, "--kubeconfig", kubeconfig],
        env={name: str(home) for name in ("HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    errors = [line for line in done.stderr.splitlines() if not re.match(r"level=|[IWE]\d{4} ", line)]
    return done.returncode, "\n".join(errors).removeprefix("Error: ")


async def run_steer(client: AsyncClient, action: str, fails: tuple[str, ...]) -> tuple[int, str]:
    verb, *rest = action.split()
    flags = {word.removeprefix("--").replace("-", "_"): True for word in rest if word.startswith("--")}
    install = flags.pop("install", False)
    options = Options(timeout=TIMEOUT, **flags)  # type: ignore[arg-type]
    values: dict[str, Any] = {"fail": list(fails)}
    try:
        match verb:
            case "install":
                operation = await client.install(NAME, CHART, values, options=options)
            case "upgrade":
                operation = await client.upgrade(
                    NAME, CHART, {**values, "message": "two"}, options=options, install=install
                )
            case "rollback":
                operation = await client.rollback(NAME, int(rest[0]), options=options)
            case "test":
                operation = await client.test(NAME, options=options)
            case _:
                operation = await client.uninstall(NAME, options=options)
        finished: ReleaseFinished = await operation.finished()
    except Exception as error:
        from steersman.lifecycle.policy import Action, error_prefix

        return 1, error_prefix(Policy.HELM, Action(verb)) + str(error)
    return finished.exit_code, finished.error


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what differs by the hour; that a time is there, still counts."""
    text = json.dumps(record)
    return json.loads(re.sub(r'"\d{4}-\d\d-\d\dT[\d:.]+Z"', '"TIME"', text))  # type: ignore[no-any-return]


def differences(ours: Any, theirs: Any) -> list[str]:
    left, right = flat(ours), flat(theirs)
    return [
        f"{path}: {left.get(path)!r}, helm: {right.get(path)!r}"
        for path in {**left, **right}
        if left.get(path) != right.get(path)
    ]


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """One entry a leaf, so that a difference is named."""
    if not isinstance(value, dict | list):
        return {path: value}
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return {key: leaf for name, inner in items for key, leaf in flat(inner, f"{path}.{name}").items()} or {path: value}


def written(request: Any) -> str:
    """One write in words, or "" for what is no write of the release: leases, events, and the history of hook runs."""
    path = re.sub(r"^/apis?/", "", request.path)
    if (
        request.method == "GET"
        or "/leases" in path
        or "/events" in path
        or "steersman.runs" in path + str(request.body)
    ):
        return ""
    if not re.search(r"/namespaces/default/(secrets|configmaps|services|jobs)", path) or path.endswith("/status"):
        return ""
    # helm posts protobuf: the name of what is created is not read
    return f"{request.method} {path}"


def in_kind_order(writes: list[str]) -> list[list[str]]:
    """Runs of writes of one verb and kind, sorted within: resources of a kind are written together, in no order."""
    runs: list[tuple[str, list[str]]] = []
    for line in writes:
        kind = line.rpartition("/")[0]
        if not runs or runs[-1][0] != kind:
            runs.append((kind, []))
        runs[-1][1].append(line)
    return [sorted(run) for _, run in runs]
