"""From a template's text to nodes. Each action in braces is one list of nodes; text between them is a list of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from steersman.errors import UsageError
from steersman.record import record


@record(frozen=True, slots=True)
class Literal:
    """Text, a number or a truth that stands for itself."""

    value: str | float | bool


@record(frozen=True, slots=True)
class Field:
    """`.name`; "" is the object itself."""

    name: str


@record(frozen=True, slots=True)
class Wildcard:
    """`.*`: all entries of a map or a list."""


@record(frozen=True, slots=True)
class Recursive:
    """`..`: everything below that has something below it."""


@record(frozen=True, slots=True)
class Slice:
    """`[start:stop:step]`; `single` is an index that stands alone."""

    start: int | None
    stop: int | None
    step: int | None
    single: bool = False


@record(frozen=True, slots=True)
class Union:
    """`[a,b]`."""

    parts: tuple[Nodes, ...]


@record(frozen=True, slots=True)
class Filter:
    """`[?(left operator right)]`; the operator is "" where only being there is asked for."""

    left: Nodes
    operator: str
    right: Nodes


@record(frozen=True, slots=True)
class Word:
    """`range`, `end`, or one that nobody knows."""

    word: str


Node: TypeAlias = "Literal | Field | Wildcard | Recursive | Slice | Union | Filter | Word"
Nodes: TypeAlias = "tuple[Node, ...]"

_FIELD = re.compile(r"(?:\\.|[^\\\s.,\[\]$@{}])*", re.DOTALL)
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"[-+]?\d[\d.]*")
_QUOTED = {quote: re.compile(rf"{quote}((?:\\.|[^{quote}\\\n])*){quote}") for quote in "\"'"}
_FILTER = re.compile(r"""\[\?\(((?:"[^"\n]*"|'[^'\n]*'|[^)"'\n])*)\)""")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=]+)(.+)", re.DOTALL)
_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?\d*)(?::(-?\d*))?(?::(-?\d*))?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def parse(template: str) -> list[Nodes]:
    """Raises UsageError in kubectl's words."""
    nodes: list[Nodes] = []
    at = 0
    while at < len(template):
        start = template.find("{", at)
        if start < 0:
            start = len(template)
        if start > at:
            nodes.append((Literal(template[at:start]),))
        if start == len(template):
            break
        action = _Action(template, start + 1)
        nodes.append(tuple(action.nodes()))
        at = action.at + 1
    return nodes


def _single(text: str) -> Nodes:
    return tuple(_Action(f"{text}}}", 0).nodes())


class _Action:
    """Reads one action; `at` stands behind what was read."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def nodes(self) -> Iterator[Node]:
        while True:
            char = self.text[self.at : self.at + 1]
            if char in ("", "\n"):
                raise UsageError("unclosed action")
            if char == "}":
                return
            if char in " @$":
                self.at += 1
            elif char == "[":
                yield from self.bracket()
            elif char in _QUOTED:
                yield Literal(_unescaped(self.take(_QUOTED[char], "unterminated quoted string")[1]))
            elif char == ".":
                yield from self.fields()
            elif char.isdigit() or char in "+-":
                yield self.number()
            elif found := _WORD.match(self.text, self.at):
                self.at = found.end()
                yield Literal(found[0] == "true") if found[0] in ("true", "false") else Word(found[0])
            else:
                raise UsageError(f"unrecognized character in action: U+{ord(char):04X} '{char}'")

    def fields(self) -> Iterator[Node]:
        self.at += 1
        if self.text[self.at : self.at + 1] == ".":
            self.at += 1
            if self.text[self.at : self.at + 1] == ".":
                raise UsageError("invalid multiple recursive descent")
            yield Recursive()
            if not _WORD.match(self.text, self.at):
                return
        found = _FIELD.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        yield Wildcard() if found[0] == "*" else Field(found[0].replace("\\", ""))

    def number(self) -> Node:
        found = self.take(_NUMBER, f"cannot parse number {self.text[self.at]}")
        try:
            return Literal(int(found[0]) if "." not in found[0] else float(found[0]))
        except ValueError:
            raise UsageError(f"cannot parse number {found[0]}") from None

    def bracket(self) -> Iterator[Node]:
        if self.text.startswith("[?(", self.at):
            inner = self.take(_FILTER, "unterminated filter")[1]
            if self.text[self.at : self.at + 1] != "]":
                raise UsageError("unclosed array expect ]")
            self.at += 1
            compared = _COMPARISON.fullmatch(inner)
            if compared is None:
                yield Filter(_single(inner), "", ())
            else:
                yield Filter(_single(compared[1]), compared[2], _single(compared[3]))
            return
        inner = self.take(re.compile(r"\[([^\]\n]*)\]"), "unterminated array")[1]
        inner = ":" if inner == "*" else inner
        parts = inner.split(",")
        if len(parts) > 1:
            yield Union(tuple(_single(f"[{part.strip(' ')}]") for part in parts))
        elif key := _KEY.fullmatch(inner):
            yield from _single(f".{key[1]}")
        elif found := _SLICE.fullmatch(inner):
            start, stop, step = (int(word) if word not in (None, "", "-") else None for word in found.groups())
            yield Slice(start, stop, step, single=found[2] is None)
        else:
            raise UsageError(f"invalid array index {inner}")

    def take(self, wanted: re.Pattern[str], missing: str) -> re.Match[str]:
        found = wanted.match(self.text, self.at)
        if found is None:
            raise UsageError(missing)
        self.at = found.end()
        return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)
