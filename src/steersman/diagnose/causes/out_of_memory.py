"""A container that was killed for the memory it used."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "out-of-memory",
    r"\bOOMKilled\b|\bOOMKilling\b",
    problem="The hook used more memory than its limit and was killed (OOMKilled, exit code 137).",
    explanation="resources.limits.memory of the container is lower than what the program needs at its peak.",
    fix="Raise resources.limits.memory of the container in {path} (for instance to twice its value), or let the hook work in "
    "smaller batches.",
)
