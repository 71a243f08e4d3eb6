"""From facts to one diagnosis: every cause is asked, what contradicts makes less sure, and the surest comes first."""

from __future__ import annotations

from dataclasses import replace

from steersman.diagnose.advice import describe_command, log_command
from steersman.diagnose.causes import causes
from steersman.diagnose.diagnosis import UNKNOWN, Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts

_SHOWN_ALTERNATIVES = 3
GENERAL = ("object-invalid", "forbidden")


def diagnose(facts: Facts) -> Diagnosis:
    """The most likely cause, with the others as `alternatives`; `unknown` where none fits."""
    found = [each for cause in causes() if (each := cause(facts)) is not None]
    ranked = sorted(_without_the_general(_without_the_same_line(found)), key=_rank, reverse=True)
    if not ranked:
        return _about(facts, _unknown(facts))
    first, others = ranked[0], ranked[1:]
    if any(_contradicts(first, other) for other in others):
        first = first.less_sure()
    others = [other for other in others if other.cause != "exit-code"]  # which is never more than a consequence
    return _about(facts, replace(first, alternatives=tuple(others[:_SHOWN_ALTERNATIVES])))


def _rank(diagnosis: Diagnosis) -> tuple[bool, bool, int, int, bool]:
    """What explains comes before what merely followed, the cluster's word before the log's, a later line before an earlier."""
    explains = diagnosis.depth > 1 and diagnosis.confidence is not Confidence.LOW
    return (
        explains,
        explains and diagnosis.line < 0,
        diagnosis.confidence.rank,
        diagnosis.line,
        diagnosis.cause != "exit-code",
    )


def _without_the_same_line(found: list[Diagnosis]) -> list[Diagnosis]:
    """Of causes that rest on the same line, the one whose words are nearer to it: a line says one thing."""
    best: dict[int, Diagnosis] = {}
    for each in found:
        known = best.get(each.line)
        if each.line >= 0 and (known is None or _precedence(each) > _precedence(known)):
            best[each.line] = each
    return [each for each in found if each.line < 0 or best[each.line] is each]


def _without_the_general(found: list[Diagnosis]) -> list[Diagnosis]:
    """The same of what Kubernetes says: that an object is invalid goes without saying where the field's own rule is known."""
    particular = {each.evidence[0] for each in found if each.line < 0 and each.evidence and each.cause not in GENERAL}
    return [each for each in found if each.cause not in GENERAL or each.evidence[0] not in particular]


def _precedence(diagnosis: Diagnosis) -> int:
    """General words ("permission denied", "not found") stand in lines that say something more particular, too."""
    general = (
        "connection-refused", "http-status", "interpreter-missing", "permission-denied", "command-not-found", "file-missing",
        "connection-timeout", "connection-lost", "usage", "init-container-waits", "invalid-configuration",
        "wait-timed-out", "connection-failed", "migration-failed", "test-failed", "program-crashed",
    )  # fmt: skip
    return -1 - general.index(diagnosis.cause) if diagnosis.cause in general else 0


def _contradicts(first: Diagnosis, other: Diagnosis) -> bool:
    """Another cause, as sure and as deep, from elsewhere in the log or from the cluster; a status is followed by its reason."""
    if other.cause == "http-status" and 0 <= other.line < first.line:
        return False
    return (
        other.depth == first.depth > 1
        and other.cause != first.cause
        and other.confidence.rank >= first.confidence.rank
        and other.confidence is Confidence.HIGH
    )


def _unknown(facts: Facts) -> Diagnosis:
    last = [Evidence("log", line.strip()) for line in facts.logs if line.strip()][-5:]
    return Diagnosis(
        cause=UNKNOWN,
        confidence=Confidence.LOW,
        problem=f"Why {facts.hook.kind} {facts.hook.name} failed is not known.",
        explanation="Nothing that was looked at names a cause that is known here.",
        evidence=(*((Evidence(facts.run_source, facts.run.message),) if facts.run.message else ()), *last),
        fix="Look at the log and at what Kubernetes says about the hook's objects.",
        verify=(log_command(facts), describe_command(facts)),
    )


def _about(facts: Facts, diagnosis: Diagnosis) -> Diagnosis:
    return replace(
        diagnosis,
        hook=facts.hook.name,
        event=facts.hook.event,
        revision=facts.revision,
        looked_at=facts.looked_at,
        not_seen=facts.not_seen,
    )
