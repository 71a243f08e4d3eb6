"""A Job's own rule for failures ended it."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "pod-failure-policy",
    r"\bPodFailurePolicy\b: (?P<why>.*)",
    problem="The Job's podFailurePolicy ended it at once: {why}",
    explanation="A rule of spec.podFailurePolicy says FailJob for this exit code or condition, so that no retry was made.",
    fix="See why the program ended with that exit code; or change the rule in {path}.",
    depth=1,
)
