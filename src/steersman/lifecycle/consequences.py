"""What each failure of a plan would lead to, told before anything runs: the failure table's own words."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.lifecycle.aftermath import Fallen
from steersman.lifecycle.execute import override_of, rule_of
from steersman.lifecycle.hooks import event_of
from steersman.lifecycle.plan import Plan, RunHook, SkipHook, Step
from steersman.lifecycle.policy import Phase
from steersman.record import record
from steersman.release.record import Release

# Stands for what nobody knows beforehand: the message of the failure itself.
CAUSE = "…"


@record(frozen=True, slots=True)
class Consequence:
    """Where a failure in `phase` leads. `hook` is set for a hook whose own `steersman.dev/hook-failure` says otherwise."""

    phase: Phase
    error: str
    lines: tuple[str, ...]
    exit_code: int
    hook: str = ""

    @property
    def told(self) -> str:
        error = [f"Error: {self.error}"] if self.error else []
        return "; ".join([*error, *self.lines, f"exit {self.exit_code}"])


def consequences(plan: Plan, previous: Release | None = None) -> tuple[Consequence, ...]:
    """For each phase of the plan, in its order, and for each hook that has a rule of its own.

    `previous` is the revision that is deployed now (None: the plan's `current`).
    """
    return tuple(dict.fromkeys(_all(plan, previous or plan.current)))


def _all(plan: Plan, previous: Release | None) -> Iterator[Consequence]:
    steps = [step for step in plan.steps if step.phase is not Phase.RECORD and not isinstance(step, SkipHook)]
    ordinary = [step for step in steps if override_of(step) is None]
    for phase in dict.fromkeys(step.phase for step in ordinary):
        yield _of(plan, next(step for step in ordinary if step.phase is phase), previous)
    for step in steps:
        if isinstance(step, RunHook) and override_of(step) is not None:
            yield _of(plan, step, previous, step.hook.hook.name)


def _of(plan: Plan, step: Step, previous: Release | None, hook: str = "") -> Consequence:
    found = rule_of(plan, step)
    event = step.hook.event if isinstance(step, RunHook) else event_of(plan.action, step.phase)
    fallen = Fallen(
        plan=plan,
        release=plan.release,
        previous=previous,
        rule=found,
        cause=CAUSE,
        event=event,
        override=override_of(step),
    )
    exit_code = 1 if found.completes and (plan.options.strict or found.error) else found.exit_code
    return Consequence(step.phase, fallen.text(found.error), fallen.lines, exit_code, hook)
