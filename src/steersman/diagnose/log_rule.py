"""Causes that a line of the log names by itself: patterns and words, no more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from steersman.diagnose.advice import again, from_values
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import Cause, quoted, search
from steersman.diagnose.servers import asked

# The groups of patterns that hold a word which a person may have given the chart.
NAMING = ("name", "user", "host", "table")


def log_rule(
    cause: str,
    patterns: Sequence[str],
    *,
    problem: str,
    explanation: str,
    fix: str,
    verify: Sequence[str] = (),
    at_most: Confidence = Confidence.HIGH,
    sqlstates: Sequence[str] = (),
    mysql: Sequence[int] = (),
    oracle: Sequence[int] = (),
    mssql: Sequence[int] = (),
    clickhouse: Sequence[int] = (),
    depth: int = 2,
) -> Cause:
    """A cause that holds where one of `patterns` is found in a line, or one of these SQLSTATEs or error numbers of a server.

    `depth` 1 is for lines that only sum up what another one may explain.

    The texts may name the patterns' groups as `{name}`, and `{namespace}`, `{hook}`, `{path}`, `{release}`; a group that took
    no part is empty.
    """
    compiled = tuple(
        re.compile(pattern) for pattern in (*patterns, *_numbered(sqlstates, mysql), *_coded(oracle, mssql, clickhouse))
    )

    def find(facts: Facts) -> Diagnosis | None:
        found = search(facts, *compiled)
        if found is None:
            return None
        groups = {name: value.strip("'`‘’") for name, value in found.match.groupdict().items() if value}
        words: defaultdict[str, str] = defaultdict(str, groups)
        words |= {
            "namespace": facts.namespace,
            "hook": facts.hook.name,
            "release": facts.release,
            "path": facts.hook.path or facts.hook.name,
        }

        def tell(text: str) -> str:
            return text.format_map(words).replace("  ", " ").strip()

        return Diagnosis(
            cause=cause,
            confidence=min(found.confidence, at_most, key=lambda each: each.rank),
            problem=tell(problem),
            explanation=tell(explanation),
            evidence=(quoted(found),),
            fix=tell(fix) + from_values(facts, *(groups[each] for each in NAMING if each in groups)),
            verify=(*(tell(asked(command, found.line)) for command in verify), *again(facts)),
            depth=depth,
            line=found.number,
        )

    return find


def _numbered(sqlstates: Sequence[str], mysql: Sequence[int]) -> list[str]:
    """What drivers in all languages print of an error's number, which stays the same when the server speaks another language."""
    patterns = []
    if sqlstates:
        one = "|".join(sqlstates)
        patterns.append(rf"(?i:SQL ?STATE)\W{{0,3}}(?:{one})\b|\b(?:sqlState|code): '(?:{one})'|\(SQLSTATE (?:{one})\)")
    if mysql:
        one = "|".join(map(str, mysql))
        patterns.append(
            rf"\bERROR (?:{one}) \(\w{{5}}\)|\bError (?:{one}) \(\w{{5}}\)|\berrno: (?:{one})\b|Error: \((?:{one}), "
            rf"|\]: [^:]+: (?:{one}) "
        )
    return patterns


def _coded(oracle: Sequence[int], mssql: Sequence[int], clickhouse: Sequence[int]) -> list[str]:
    """The same of Oracle, SQL Server (its own client's and the drivers' words) and ClickHouse."""
    patterns = []
    if oracle:
        patterns.append(rf"\bORA-0*(?:{'|'.join(map(str, oracle))})\b(?:: (?P<said>.*))?")
    if mssql:
        one = "|".join(map(str, mssql))
        patterns.append(rf"\bMsg (?:{one}), Level \d|\((?:{one})\) \(SQL|\((?:{one}), b['\"]")
    if clickhouse:
        patterns.append(rf"(?<![Ee]xit )\bCode: (?:{'|'.join(map(str, clickhouse))})(?:\. DB::|, e\.disp|\.$)")
    return patterns


def latest_of(*rules: Cause) -> Cause:
    """One cause in several variants, each with words of its own: the one whose line comes last holds, of one line the first."""

    def find(facts: Facts) -> Diagnosis | None:
        found = [each for rule in rules if (each := rule(facts)) is not None]
        return max(found, key=lambda each: each.line, default=None)

    return find
