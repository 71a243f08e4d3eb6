"""What a rule says of a chart."""

from __future__ import annotations

from enum import IntEnum

from steersman.record import record


class Severity(IntEnum):
    """How bad it is: INFO passes, WARNING fails only under --strict, ERROR fails."""

    INFO = 1
    WARNING = 2
    ERROR = 3


@record(frozen=True, slots=True)
class Message:
    """`path` is what the message is about: a file below the chart's root, or the chart's folder."""

    severity: Severity
    path: str
    text: str

    def __str__(self) -> str:
        return f"[{self.severity.name}] {self.path}: {self.text}"
