"""Whole rehearsals on the embedded cluster: what holds is found to hold, what does not is found and named."""

from __future__ import annotations

import pytest

from steersman.client import AsyncClient
from steersman.lifecycle.policy import Action
from steersman.rehearse.perform import Play
from steersman.rehearse.run import rehearse
from steersman.rehearse.stage import State
from steersman.rehearse.verdict import Rehearsal, Result, Scenario

from .charts import CONFIG, DATABASE, TABLE, chart, job

pytestmark = pytest.mark.embedded


def verdicts(rehearsal: Rehearsal) -> dict[tuple[str, Scenario], Result]:
    return {(each.hook, each.scenario): each.result for each in rehearsal.verdicts}


async def test_a_migration_that_cannot_run_twice_is_found_and_one_that_can_passes() -> None:
    plain = 'psql -v ON_ERROR_STOP=1 -c "ALTER TABLE item ADD COLUMN {} text"; sleep 1'
    safe = 'psql -v ON_ERROR_STOP=1 -c "ALTER TABLE item ADD COLUMN IF NOT EXISTS {} text"; sleep 1'
    wanted = chart(
        DATABASE,
        TABLE,
        job("careless", "pre-upgrade", plain.format("a"), image="postgres:15"),
        job("careful", "pre-upgrade", safe.format("b"), weight=-1, image="postgres:15"),
        version="2.0.0",
    )
    repeated = frozenset({Scenario.TWICE, Scenario.KILLED})
    play = Play(Action.UPGRADE, "shop", [State(chart(DATABASE, TABLE), {})], wanted, scenarios=repeated)

    found = await rehearse(play, AsyncClient)

    assert not found.error
    assert not found.holds
    judged = verdicts(found)
    assert judged["careless", Scenario.TWICE] is Result.BROKEN
    assert judged["careless", Scenario.KILLED] is Result.BROKEN
    assert {judged["careful", scenario] for scenario in repeated} == {Result.HELD}
    assert judged["careless", Scenario.RUNS] is Result.HELD
    broken = next(each for each in found.verdicts if each.result is Result.BROKEN)
    assert any("already exists" in line for line in broken.log)


async def test_every_failure_of_an_upgrade_ends_as_the_table_says() -> None:
    wanted = chart(
        CONFIG,
        job("before", "pre-upgrade", "echo ready; sleep 0.3"),
        job("after", "post-upgrade", "echo done; sleep 0.3"),
        version="2.0.0",
    )
    failing = frozenset({Scenario.FAILS})
    play = Play(Action.UPGRADE, "shop", [State(chart(CONFIG), {})], wanted, scenarios=failing)
    found = await rehearse(play, AsyncClient)
    assert found.holds, found.to_json()
    details = {(each.hook, each.scenario): each.detail for each in found.verdicts}
    assert details["before", Scenario.FAILS] == "the action fails, and revision 1 is still deployed"
    assert details["after", Scenario.FAILS] == "the release completes, marked degraded"


async def test_an_image_that_no_program_stands_for_is_said_and_the_others_are_rehearsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("steersman.rehearse.images.base_command", lambda: None)  # as where podman is not installed
    strange = job("strange", "pre-install", "true", image="example.com/no/such:1", weight=-1)
    wanted = chart(CONFIG, strange, job("usual", "pre-install", "echo hello; sleep 0.3"))
    scenarios = frozenset({Scenario.FAILS})
    found = await rehearse(Play(Action.INSTALL, "shop", chart=wanted, scenarios=scenarios), AsyncClient)
    assert verdicts(found) == {
        ("strange", Scenario.RUNS): Result.SKIPPED,
        ("usual", Scenario.RUNS): Result.HELD,
        ("usual", Scenario.FAILS): Result.HELD,
    }
    assert 'no local program stands for image "example.com/no/such:1"' in found.verdicts[0].detail
    assert found.left_out == ["strange"]


async def test_a_hook_that_does_not_survive_being_killed() -> None:
    # the lock is taken for good by a run that never comes to its end
    script = 'test ! -e /data/lock || { echo "locked"; exit 1; }\ntouch /data/lock\nsleep 4\nrm /data/lock'
    volume = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}\n"
    )
    mounted = job("locker", "pre-upgrade", script).replace(
        "      containers:",
        "      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n      containers:",
    )
    mounted = mounted.replace("        env:", "        volumeMounts: [{name: data, mountPath: /data}]\n        env:")
    repeated = frozenset({Scenario.TWICE, Scenario.KILLED})
    wanted = chart(volume, mounted, version="2.0.0")
    play = Play(Action.UPGRADE, "shop", [State(chart(volume), {})], wanted, scenarios=repeated)
    found = verdicts(await rehearse(play, AsyncClient))
    assert found["locker", Scenario.TWICE] is Result.HELD
    assert found["locker", Scenario.KILLED] is Result.BROKEN
