"""A plan as text and as data."""

from __future__ import annotations

from typing import Any

from steersman.lifecycle.consequences import Consequence
from steersman.lifecycle.plan import DeleteHook, RunHook, SkipHook, Step
from steersman.lifecycle.preview import Preview, ResourceChange, expected_seconds
from steersman.lifecycle.runs import HookRun

MARKS = {"create": "+", "change": "~", "none": " ", "delete": "-", "keep": " "}


def preview_text(preview: Preview, runs: list[HookRun]) -> str:
    """The steps in their order, the diffs below them, then what failures would lead to."""
    plan = preview.plan
    # A file of crds/ may hold many objects: what changes tells more of its step than what does not.
    changes = {change.step: change for change in sorted(preview.changes, key=lambda change: change.verb != "none")}
    expected = expected_seconds(plan, runs)
    lines = [
        f"Plan: {plan.action} {plan.release.name}, revision {plan.release.version}, failure policy {plan.policy}",
        "",
    ]
    lines += [f"WARNING: {warning}" for warning in plan.warnings]
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number:4}. {_mark(changes.get(step.id))} {_title(step, expected)}{_note(changes.get(step.id))}")
    diffs = [change for change in preview.changes if change.diff and change.verb != "none"]
    for change in diffs:
        lines += ["", f"{MARKS[change.verb]} {change.ref}", *(f"    {line}" for line in change.diff.splitlines())]
    lines += ["", "If it fails:"]
    lines += [f"  in {_place(each)}: {each.told}" for each in preview.consequences]
    if expected:
        lines += ["", f"Hooks are expected to take {sum(expected.values()):.1f} s, by their last runs."]
    return "\n".join([*lines, "", _summary(preview)]) + "\n"


def _place(consequence: Consequence) -> str:
    return f"hook {consequence.hook}" if consequence.hook else str(consequence.phase)


def _mark(change: ResourceChange | None) -> str:
    return MARKS[change.verb] if change else " "


def _note(change: ResourceChange | None) -> str:
    if change is None:
        return ""
    return f" ({change.note})" if change.note else " (no change)" if change.verb == "none" else ""


def _title(step: Step, expected: dict[str, float]) -> str:
    if isinstance(step, RunHook):
        about = f"weight {step.hook.weight}"
        if step.id in expected:
            about += f", {expected[step.id]:.1f} s last time"
        return f"{step.title} ({about})"
    if isinstance(step, DeleteHook) and step.awaited:
        return f"{step.title}, and await it"
    return step.title


def _summary(preview: Preview) -> str:
    verbs = [change.verb for change in preview.changes]
    hooks = sum(isinstance(step, RunHook) for step in preview.plan.steps)
    skipped = sum(isinstance(step, SkipHook) for step in preview.plan.steps)
    told = [f"{verbs.count(verb)} to {verb}" for verb in ("create", "change", "delete") if verb in verbs]
    told_hooks = f"{hooks} hook{'s' * (hooks != 1)} to run" + (f", {skipped} to skip" if skipped else "")
    return f"{', '.join(told) or 'no resource changes'}; {told_hooks}"


def preview_data(preview: Preview, runs: list[HookRun]) -> dict[str, Any]:
    """The same for programs."""
    expected = expected_seconds(preview.plan, runs)
    data = preview.plan.to_dict()
    for step in data["steps"]:
        if step["id"] in expected:
            step["expectedSeconds"] = expected[step["id"]]
    data["changes"] = [
        {"step": c.step, "object": str(c.ref), "verb": c.verb, "diff": c.diff, "note": c.note} for c in preview.changes
    ]
    data["onFailure"] = [
        {"phase": str(each.phase), **({"hook": each.hook} if each.hook else {}), "leadsTo": each.told}
        for each in preview.consequences
    ]
    return data
