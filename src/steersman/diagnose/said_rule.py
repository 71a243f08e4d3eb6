"""Causes that Kubernetes itself names: in a container's state, an event, a condition."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from steersman.diagnose.advice import again, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import Cause, search_said


def said_rule(
    cause: str,
    pattern: str,
    *,
    problem: str,
    explanation: str,
    fix: str,
    verify: Sequence[str] = (),
    confidence: Confidence = Confidence.HIGH,
    depth: int = 2,
) -> Cause:
    """A cause that holds where `pattern` is found in `REASON: message` of a state, event or condition.

    The texts may name the pattern's groups as `{name}`, and `{namespace}`, `{hook}`, `{path}`.
    """
    compiled = re.compile(pattern)

    def find(facts: Facts) -> Diagnosis | None:
        said = search_said(facts, compiled)
        if said is None:
            return None
        match, evidence = said
        groups = {name: value for name, value in match.groupdict().items() if value}
        words: defaultdict[str, str] = defaultdict(str, groups)
        words |= {"namespace": facts.namespace, "hook": facts.hook.name, "path": facts.hook.path or facts.hook.name}
        words |= {"images": ", ".join(facts.images)}
        return Diagnosis(
            cause=cause,
            confidence=confidence,
            problem=problem.format_map(words),
            explanation=explanation.format_map(words),
            evidence=(evidence,),
            fix=fix.format_map(words),
            verify=(*(command.format_map(words) for command in verify), describe_command(facts), *again(facts)),
            depth=depth,
        )

    return find
