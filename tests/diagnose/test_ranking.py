"""Which of several causes is named, and how sure a diagnosis is of itself."""

# ruff: noqa: E501 (logs stand whole)
from __future__ import annotations

from dataclasses import replace

import pytest

from steersman.cli.diagnose import diagnosis_text
from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.facts import ContainerFacts, Facts, HookFacts, RunFacts
from steersman.diagnose.ranking import diagnose

REFUSED = 'psql: error: connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused'
FACTS = Facts(release="my-app", namespace="apps", hook=HookFacts("migrate", event="pre-upgrade"))


def test_nothing_known_is_said_to_be_unknown_with_what_was_looked_at() -> None:
    found = diagnose(replace(FACTS, logs=("working",), looked_at=("the log",)))
    assert (found.cause, found.confidence, found.looked_at) == ("unknown", Confidence.LOW, ("the log",))
    assert [each.quote for each in found.evidence] == ["working"]


def test_a_cause_goes_before_its_consequences() -> None:
    found = diagnose(
        replace(FACTS, logs=(REFUSED,), run=RunFacts(1, "Failed", 2, "DeadlineExceeded", "was active too long"))
    )
    assert found.cause == "connection-refused"
    assert [each.cause for each in found.alternatives] == ["deadline"]


def test_an_error_that_was_overcome_is_not_the_cause() -> None:
    found = diagnose(
        replace(FACTS, logs=(REFUSED, "connected to db", "Segmentation fault"), run=RunFacts(exit_code=139))
    )
    assert found.cause == "program-crashed"


def test_the_clusters_word_goes_before_the_logs_and_contradiction_lowers_confidence() -> None:
    killed = ContainerFacts("migrate-x", "main", state="terminated", reason="OOMKilled", exit_code=137)
    alone, both = (
        diagnose(replace(FACTS, containers=(killed,))),
        diagnose(replace(FACTS, containers=(killed,), logs=(REFUSED,))),
    )
    assert (alone.cause, alone.confidence) == ("out-of-memory", Confidence.HIGH)
    assert (both.cause, both.confidence) == ("out-of-memory", Confidence.MEDIUM)


def test_an_exit_code_alone_is_never_certain() -> None:
    assert diagnose(replace(FACTS, run=RunFacts(exit_code=1))).confidence is not Confidence.HIGH


def test_an_error_long_before_the_end_is_less_sure() -> None:
    went_on = tuple(f"step {number} of 20" for number in range(20))
    found = diagnose(replace(FACTS, logs=(REFUSED, *went_on), run=RunFacts(exit_code=1)))
    assert (found.cause, found.confidence) == ("connection-refused", Confidence.MEDIUM)


def test_a_later_error_of_another_kind_is_the_one_that_counts() -> None:
    found = diagnose(replace(FACTS, logs=(REFUSED, REFUSED, 'ERROR:  relation "agents" does not exist')))
    assert found.cause == "table-missing"
    assert [each.cause for each in found.alternatives] == ["connection-refused"]


def test_for_people_problem_evidence_fix_and_verification_stand_in_this_order() -> None:
    text = diagnosis_text(diagnose(replace(FACTS, logs=(REFUSED,), not_seen=("events: not permitted",))))
    titles = ["DIAGNOSIS: connection-refused (confidence: high", "PROBLEM", "EVIDENCE", "FIX", "VERIFY", "NOT SEEN"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)
    assert f"  log: {REFUSED}" in text


# What came first was overcome or tried again; what ended the program comes later, in words that may be known or not.
DECISIVE = {
    "retries, then SQL": (
        ("waiting for db", REFUSED, REFUSED, REFUSED, 'psql:/m.sql:3: ERROR:  relation "agents" does not exist'),
        "table-missing",
        Confidence.HIGH,
    ),
    "retries, then a password": (
        ("db:5432 - no response", "nc: connect to db port 5432 (tcp) failed: Connection refused", "FATAL:  password authentication failed for user \"app\""),
        "authentication-failed",
        Confidence.HIGH,
    ),
    "a warning, then what nobody knows": (
        ("WARN cache: connect ECONNREFUSED 10.0.0.9:6379", "seed 14 of 80 has a checksum mismatch, stopping"),
        "connection-refused",
        Confidence.MEDIUM,
    ),
    "an error and its summary": ((REFUSED, "migration failed", "command exited with code 1"), "connection-refused", Confidence.HIGH),
    "an error and a roll-back": (
        ('ERROR:  column "model" does not exist', "LINE 1: select model from agents", "ROLLBACK"),
        "column-missing",
        Confidence.HIGH,
    ),
    "tolerated, then missing": (
        ('NOTICE:  table "old" does not exist, skipping', "sh: 3: alembic: not found"),
        "command-not-found",
        Confidence.HIGH,
    ),
    "the trace of a shell": (("+ grep -q 'permission denied' log", "+ exit 4"), "exit-code", Confidence.MEDIUM),
    "a warning that did not matter": (("WARN cache: connection refused", "14 of 80 seeds are odd"), "connection-refused", Confidence.MEDIUM),
    "words of errors in a report": (("checked 12 files: 0 errors, 0 failed", "uploading", "panic: assignment to entry in nil map"), "program-crashed", Confidence.HIGH),
}  # fmt: skip


@pytest.mark.parametrize("name", DECISIVE)
def test_what_ended_the_program_counts(name: str) -> None:
    logs, cause, confidence = DECISIVE[name]
    found = diagnose(replace(FACTS, logs=logs, run=RunFacts(exit_code=1)))
    assert (found.cause, found.confidence) == (cause, confidence)
