"""What a rehearsal found: one verdict for each hook and scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

# Takes one line about what is being done.
Told = Callable[[str], None]


class Scenario(StrEnum):
    """What is done to a hook."""

    RUNS = "runs"
    TWICE = "runs twice"
    KILLED = "killed, then again"
    FAILS = "fails"


class Result(StrEnum):
    """HELD: as it must be. BROKEN: not so. SKIPPED: could not be rehearsed, and `detail` says why."""

    HELD = "held"
    BROKEN = "BROKEN"
    SKIPPED = "not rehearsed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`detail` is one line; `log` the hook's last lines where it failed, `cause` why, in several lines; `seconds` how long the
    hook took."""

    event: str
    hook: str
    scenario: Scenario
    result: Result
    detail: str = ""
    log: tuple[str, ...] = ()
    seconds: float = 0.0
    cause: str = ""


@dataclass(slots=True)
class Rehearsal:
    """All verdicts of one action, in the order of its hooks. `error` is why even the plain run did not succeed."""

    action: str
    release: str
    verdicts: list[Verdict] = field(default_factory=list)
    error: str = ""

    @property
    def holds(self) -> bool:
        return not self.error and all(verdict.result is not Result.BROKEN for verdict in self.verdicts)

    @property
    def left_out(self) -> list[str]:
        """The hooks that could not be rehearsed in every scenario, in order."""
        return list(dict.fromkeys(each.hook for each in self.verdicts if each.result is Result.SKIPPED))

    def to_json(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "release": self.release,
            "holds": self.holds,
            "error": self.error,
            "notRehearsed": self.left_out,
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
        }
