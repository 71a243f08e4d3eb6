"""What a diagnosis is: a cause with its evidence, its fix, and how sure it is of itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class Confidence(StrEnum):
    """HIGH: the evidence names this cause and nothing speaks against it. MEDIUM: likely. LOW: a guess worth a look."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        return ("low", "medium", "high").index(self)

    @property
    def one_less(self) -> Confidence:
        return Confidence.MEDIUM if self is Confidence.HIGH else Confidence.LOW


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quotation and where it stands: `log`, `event FailedCreate`, `Pod/x container migrate` …"""

    source: str
    quote: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`cause` is a stable word (`connection-refused`), `problem` one sentence, `verify` commands to type.

    `depth` says how near to the root a cause is: 2 for one that explains why, 1 for what merely followed from something
    (a deadline, a spent backoff limit). `line` is the log line on which it rests (-1: none).
    """

    cause: str
    confidence: Confidence
    problem: str
    explanation: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    verify: tuple[str, ...] = ()
    depth: int = 2
    line: int = -1
    alternatives: tuple[Diagnosis, ...] = ()
    looked_at: tuple[str, ...] = ()
    not_seen: tuple[str, ...] = ()
    hook: str = ""
    event: str = ""
    revision: int = 0

    def less_sure(self) -> Diagnosis:
        return replace(self, confidence=self.confidence.one_less)

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data, without what only the ranking needs."""
        data = asdict(self)
        del data["depth"], data["line"]
        data["alternatives"] = [each.to_data() for each in self.alternatives]
        return data


UNKNOWN = "unknown"
