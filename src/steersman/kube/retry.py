"""When a request may be sent again, and how long to wait before it.

A request is repeated only where that cannot do a thing twice: nothing was sent, the server said that it did nothing
(429, or a Retry-After), or the request says the same however often it is said (`Repeat.SAFE`). For the rest, an answer that never
came is an unknown outcome, and it is the client's to read back.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from enum import Enum

DEFAULT_BUDGET_SECONDS = 30.0
FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0
RETRIES_OF_INTERNAL_ERRORS = 3

# How long one attempt is waited for: an API server gives up on its own requests after 60 s.
ANSWER_SECONDS = 65.0
# The same before any answer has come, of what may be no API server at all: an overloaded one sends a request away after 15 s.
FIRST_ANSWER_SECONDS = 20.0
# What must come in that time, unless it is all: an answer of a byte now and then would never end.
LEAST_BYTES = 1 << 16

_until: ContextVar[float | None] = ContextVar("steersman_deadline", default=None)
_each: ContextVar[float | None] = ContextVar("steersman_time_for_each_request", default=None)


class Repeat(Enum):
    """What sending a request a second time would do."""

    SAFE = "the same as once"
    UNSAFE = "perhaps another thing"


class Verdict(Enum):
    """What to do about an answer or a lost connection."""

    AGAIN = "send it again"
    UNKNOWN = "nobody knows whether it was done"
    FINAL = "this is the answer"


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Within this block, requests retry until `seconds` from now at most (an outer, nearer deadline stays in force)."""
    wanted, outer = time.monotonic() + seconds, _until.get()
    token = _until.set(wanted if outer is None else min(wanted, outer))
    try:
        yield
    finally:
        _until.reset(token)


@contextmanager
def each_within(seconds: float) -> Iterator[None]:
    """Within this block, and in tasks that begin in it, each request takes `seconds` at most, with all its attempts.

    Unlike a `deadline`, it does not run down: so it is right for an action of many requests, some of which come late.
    """
    token = _each.set(seconds)
    try:
        yield
    finally:
        _each.reset(token)


def latest() -> float:
    """The time.monotonic() at which a request that starts now stops retrying."""
    until, each = _until.get(), _each.get()
    return until if until is not None else time.monotonic() + (DEFAULT_BUDGET_SECONDS if each is None else each)


def is_bounded() -> bool:
    """Whether somebody has said how long a request may take. If not, an answer that keeps coming is read to its end."""
    return _until.get() is not None or _each.get() is not None


def share(part: float) -> AbstractContextManager[None]:
    """For a block that must leave time for what comes after it: it gets this part of what is left."""
    return deadline(max(0.0, latest() - time.monotonic()) * part)


def one_budget() -> AbstractContextManager[None]:
    """For a block of several requests that are one to the caller: together they get the time of one."""
    return deadline(max(0.0, latest() - time.monotonic()))


def delay(attempt: int, retry_after: float | None) -> float:
    """Seconds to wait before attempt number `attempt` + 1 (from 1): exponential with full jitter, never below Retry-After."""
    backoff = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * float(2**attempt))
    import random  # here, since it takes its time and most commands never wait

    jittered = backoff * (0.5 + random.random() / 2)
    return jittered if retry_after is None else retry_after + jittered * 0.2


def retry_after_seconds(headers: dict[str, str]) -> float | None:
    """The Retry-After header in seconds; its date form is not used by Kubernetes and counts as 1 s."""
    value = headers.get("retry-after")
    if value is None:
        return None
    return float(value) if value.isdigit() else 1.0


def judge_answer(
    method: str, status: int, reason: str, message: str, *, has_retry_after: bool, repeat: Repeat, attempt: int
) -> Verdict:
    """What an answer's status means for repeating the request (`attempt` counts from 1)."""
    if status == 429:
        return Verdict.AGAIN
    if status == 503 and has_retry_after:
        return Verdict.AGAIN  # said by a server that did not take the request up
    if status in (502, 503, 504) or (
        status == 500 and (reason in ("ServerTimeout", "Timeout") or "etcdserver" in message)
    ):
        return Verdict.AGAIN if repeat is Repeat.SAFE else Verdict.UNKNOWN
    if status == 500 and method == "GET" and attempt <= RETRIES_OF_INTERNAL_ERRORS:
        return Verdict.AGAIN
    return Verdict.FINAL  # among them a write's 500 InternalError: a webhook that fails does so again
