"""The words of a review: severities, rules, findings, fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from steersman.review.subject import Item, Subject


class Severity(StrEnum):
    """ERROR: will go wrong, or lose data. WARNING: goes wrong under conditions that come. INFO: good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that is certain: on the finding's line of the template `old` becomes `new`; a line left blank goes."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one document.

    `line` is 1-based in the document's rendered text; `where` names the place in words (`spec.template.spec.containers[0]`).
    `minor`: good to know here, whatever the rule's severity is elsewhere; `doubtful`: a warning at most.
    """

    message: str
    item: Item
    line: int = 1
    where: str = ""
    hint: str = ""
    fix: Fix | None = None
    rule: str = ""
    severity: Severity = Severity.WARNING
    minor: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a module of `review.rules` each, holding it as `RULE`.

    `check` is pure and yields findings without `rule` and `severity`, which are filled in by the one who runs it.
    `options` are its settings with their defaults, which a chart's configuration may change. Its documentation is
    `docs/rules/<id>.md`.
    """

    id: str
    group: str
    severity: Severity
    summary: str
    check: Callable[[Subject], Iterable[Finding]]
    options: dict[str, Any] = field(default_factory=dict)
