"""What a repeated run says about a hook."""

from __future__ import annotations

from typing import Literal

import pytest

from steersman.lifecycle.events import HookFinished
from steersman.manifest.hooks import HookEvent
from steersman.rehearse.faults import ENDED_EARLY
from steersman.rehearse.judge import repeated_verdict
from steersman.rehearse.perform import Performance
from steersman.rehearse.verdict import Result, Scenario


def hook(result: Literal["Succeeded", "Failed"]) -> HookFinished:
    return HookFinished(
        step="s", event=HookEvent.PRE_UPGRADE, hook="h", kind="Job", weight=0, result=result, seconds=1.0, message="why"
    )


@pytest.mark.parametrize(
    ("scenario", "note", "after", "result", "detail"),
    [
        (Scenario.TWICE, None, "Succeeded", Result.HELD, "the second run did no harm"),
        (Scenario.TWICE, None, "Failed", Result.BROKEN, "fails when it runs a second time: why"),
        (Scenario.KILLED, None, "Succeeded", Result.HELD, "it recovered"),
        (Scenario.KILLED, None, "Failed", Result.BROKEN, "does not recover from being killed: why"),
        # one that was over before it could be killed has shown nothing, unless it fails after all
        (Scenario.KILLED, ENDED_EARLY, "Succeeded", Result.SKIPPED, ENDED_EARLY),
        (Scenario.KILLED, ENDED_EARLY, "Failed", Result.BROKEN, "fails when it runs a second time: why"),
    ],
)
def test_what_a_second_run_shows(
    scenario: Scenario, note: str | None, after: Literal["Succeeded", "Failed"], result: Result, detail: str
) -> None:
    verdict = repeated_verdict(
        hook("Succeeded"), hook(after), scenario, Performance(notes={hook(after).hook: note} if note else {})
    )
    assert (verdict.result, verdict.detail) == (result, detail)


def test_junit_has_a_case_for_each_hook_and_scenario() -> None:
    from xml.etree import ElementTree

    from steersman.rehearse.junit import junit
    from steersman.rehearse.verdict import Rehearsal, Result, Scenario, Verdict

    found = Rehearsal("upgrade", "shop", error="the action did not end")
    found.verdicts = [
        Verdict("pre-upgrade", "migrate", Scenario.RUNS, Result.HELD, "0.3 s", seconds=0.3),
        Verdict("pre-upgrade", "migrate", Scenario.TWICE, Result.BROKEN, "fails <twice>", ("ERROR: it is there",)),
        Verdict("pre-upgrade", "other", Scenario.RUNS, Result.SKIPPED, "no image"),
    ]
    suite = ElementTree.fromstring(junit(found))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    broken = suite.findall("testcase")[1]
    assert (broken.get("classname"), broken.get("name")) == ("pre-upgrade migrate", "runs twice")
    assert [(each.get("message"), each.text) for each in broken] == [("fails <twice>", "ERROR: it is there")]
