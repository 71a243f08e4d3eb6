"""A benchmark's result, printed as a Markdown table."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Table:
    """`rows` hold the cells as text; `notes` are printed below."""

    title: str
    headers: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"### {self.title}", "", f"| {' | '.join(self.headers)} |", f"|{'---|' * len(self.headers)}"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines) + "\n"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2f} ms"


def ratio(ours: float, theirs: float) -> str:
    """How often ours fits into theirs: above 1 means that ours is less."""
    return f"{theirs / ours:.2f}×" if ours else "–"
