"""What real programs printed when they failed, and the cause to be read from it.

record.py, record_programs.py and record_stores.py have recorded it. A file's name says the cause:
CAUSE--NAME.txt. Its last line is the exit code.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from steersman.diagnose.causes import causes
from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import Facts, HookFacts, RunFacts, ServiceFacts
from steersman.diagnose.ranking import diagnose

RECORDED = sorted((Path(__file__).parent / "recorded").rglob("*.txt"))
# The best that can be said of these is a guess, and it has to be called one.
GUESSES = {"unknown", "exit-code", "connection-lost", "connection-timeout", "connection-failed"}
# These print a dump or a trace after the line that counts, or leave open why.
LESS_SURE = {
    "out-of-memory--node",
    "connection-refused--pika-logging",
    "disk-full--redis-misconf",
    "program-crashed--abort",
    "program-crashed--c-assert",
}


def facts_of(output: str) -> Facts:
    *lines, last = output.removesuffix("\n").split("\n")
    found = re.fullmatch(r"\[exit code (-?\d+)\]", last)
    assert found is not None
    code = int(found[1])
    return Facts(
        release="my-app",
        namespace="apps",
        hook=HookFacts("migrate", event="pre-upgrade", path="chart/templates/migrate.yaml"),
        logs=tuple(lines),
        run=RunFacts(1, "Failed", code, "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        services=(ServiceFacts("kubernetes", "default", (443,)),),
    )


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_the_cause_is_read_from_what_a_program_printed(path: Path) -> None:
    expected = path.stem.partition("--")[0]
    found = diagnose(facts_of(path.read_bytes().decode()))
    assert found.cause == expected
    assert (found.confidence is Confidence.HIGH) == (expected not in GUESSES) or path.stem in LESS_SURE
    assert found.fix
    assert found.verify
    assert expected == "unknown" or found.evidence


def test_every_text_is_whole() -> None:
    """No placeholder of a text is left over, and none is empty in the middle of a sentence where the program named it."""
    for path in RECORDED:
        found = diagnose(facts_of(path.read_bytes().decode()))
        for text in (found.problem, found.explanation, found.fix, *found.verify):
            assert not re.search(r"\{\w*\}(?!\})", text.replace("emptyDir: {}", "")), (path.stem, text)


def test_no_cause_sees_anything_where_there_is_nothing() -> None:
    nothing = Facts(release="my-app", namespace="apps", hook=HookFacts("migrate"))
    assert [cause(nothing) for cause in causes()] == [None] * len(causes())
