"""YAML as manifests and kubeconfigs are mostly written, read without a YAML library.

PyYAML takes a command 14 ms of CPU time to import. But most of what is rendered, stored and configured is mappings and sequences
in blocks, with scalars of one line. That is read here, line by line. Whatever else occurs (anchors, tags, folded and multi-line
scalars, tabs, what is not ASCII, errors of any kind) is the real reader's: `read` then answers NOT_PLAIN, and nothing has been
decided. The law in tests/manifest/test_plain_yaml.py holds the two together: what is read here, the real reader reads the same.

Source: the YAML 1.1 specification, chapters 5 to 10, narrowed down to where it needs no look ahead.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NOT_PLAIN: Any = object()

# More indentation than this, and deeper flow collections, are left to the real reader, which bounds its depth exactly.
_INDENT = 80
_FLOW_DEPTH = 20

_UNUSUAL = pattern(r"(?m)[^\n -~]|^(?:---|\.\.\.|%)")
_ENTRY = pattern(r"""( *)(?:([A-Za-z_][\w./-]{0,200})|"([\w./ -]{1,200})"|'([\w./ -]{1,200})'):(?: +(.*))?""")
_QUOTED = pattern(r"""(?:"((?:[^"\\]|\\[nt"\\])*)"|'((?:[^']|'')*)')(?: *| +#.*)""")
_FIRST = pattern(r"[\w/.~$(+=;<^\\]|-[\w.-]")
_ESCAPE = pattern(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_FLOW_SCALAR = pattern(r"""(?:"([^"\\]*)"|'([^']*)'|((?:[\w./$(]|-[\w.-])[\w./+=$()@%-]*(?: [\w./+=$()@%-]+)*))""")


class NotPlain(Exception):
    """Raised by a `scalar` function for what it leaves to the real reader."""


def read(text: str, scalar: Callable[[str], Any]) -> Any:
    """The value of a text that is one block mapping, or NOT_PLAIN. `scalar` says what an unquoted scalar means."""
    if _UNUSUAL.search(text) is not None:
        return NOT_PLAIN
    reader = _Reader(text, scalar)
    try:
        if reader.indent() != 0:
            return NOT_PLAIN
        value = reader.mapping(0)
        return value if reader.indent() < 0 else NOT_PLAIN
    except NotPlain:
        return NOT_PLAIN


class _Reader:
    """The lines of a text, and how far they are read."""

    def __init__(self, text: str, scalar: Callable[[str], Any]) -> None:
        self.lines = text.split("\n")
        self.at = 0
        self.scalar = scalar

    def indent(self) -> int:
        """Go to the next line that says something; its indentation, or -1 at the end."""
        lines = self.lines
        for at in range(self.at, len(lines)):
            line = lines[at]
            said = line.lstrip(" ")
            if said and said[0] != "#":
                self.at = at
                return len(line) - len(said)
        self.at = len(lines)
        return -1

    def mapping(self, indent: int) -> dict[str, Any]:
        """The mapping that begins in this line, whose keys stand in this column."""
        if indent > _INDENT:
            raise NotPlain
        found: dict[str, Any] = {}
        while True:
            match = _ENTRY.fullmatch(self.lines[self.at])
            if match is None:
                raise NotPlain
            _, plain, double, single, rest = match.groups()
            key = plain or double or single
            if plain and self.scalar(plain).__class__ is not str:
                raise NotPlain  # `on: true`
            self.at += 1
            found[key] = self.value(rest or "", indent, in_mapping=True)
            following = self.indent()
            if following < indent:
                return found
            if following > indent:
                raise NotPlain

    def sequence(self, indent: int) -> list[Any]:
        """The sequence that begins in this line, whose dashes stand in this column."""
        if indent > _INDENT:
            raise NotPlain
        found: list[Any] = []
        while True:
            line = self.lines[self.at]
            rest = line[indent + 2 :].lstrip(" ")
            if not rest:
                raise NotPlain
            column = len(line) - len(rest)
            if _ENTRY.fullmatch(rest) is not None:
                self.lines[self.at] = " " * column + rest
                found.append(self.mapping(column))
            elif rest.startswith("- "):
                self.lines[self.at] = " " * column + rest
                found.append(self.sequence(column))
            else:
                self.at += 1
                found.append(self.value(rest, indent, in_mapping=False))
            following = self.indent()
            if following > indent:
                raise NotPlain
            if following < indent or not self.lines[self.at].startswith("- ", indent):
                return found

    def value(self, rest: str, indent: int, *, in_mapping: bool) -> Any:
        """What stands behind a key or a dash, whose collection has this indentation."""
        if not rest or rest[0] == "#":
            return self._below(indent, in_mapping=in_mapping)
        first = rest[0]
        if first == "|":
            value: Any = self._literal(rest.rstrip(" "), indent)
        elif first in "\"'":
            match = _QUOTED.fullmatch(rest)
            if match is None:
                raise NotPlain
            value = _unquoted(*match.groups())
        elif first in "{[":
            value = _Flow(rest, self.scalar).whole()
        else:
            value = self._plain(rest)
        if self.indent() > indent:  # a scalar that goes on in the next line, or an error
            raise NotPlain
        return value

    def _below(self, indent: int, *, in_mapping: bool) -> Any:
        following = self.indent()
        if not in_mapping:
            raise NotPlain
        if following < indent:
            return None
        line = self.lines[self.at]
        is_sequence = line.startswith("- ", following)
        if following == indent:  # a sequence may stand below its key without indentation
            return self.sequence(indent) if is_sequence else None
        if is_sequence:
            return self.sequence(following)
        if _ENTRY.fullmatch(line) is not None:
            return self.mapping(following)
        self.at += 1
        return self.value(line[following:], indent, in_mapping=True)

    def _plain(self, rest: str) -> Any:
        comment = rest.find(" #")
        text = (rest if comment < 0 else rest[:comment]).rstrip(" ")
        if _FIRST.match(text) is None or ": " in text or text[-1] == ":":
            raise NotPlain
        return self.scalar(text)

    def _literal(self, header: str, indent: int) -> str:
        lines, begin, end = self.lines, self.at, len(self.lines)
        if header not in ("|", "|-"):
            raise NotPlain
        first = self.at
        while first < end and not lines[first].strip(" "):
            first += 1
        if first == end:
            raise NotPlain
        column = len(lines[first]) - len(lines[first].lstrip(" "))
        if column <= indent or any(len(line) > column for line in lines[begin:first]):
            raise NotPlain
        at = first
        while at < end and not lines[at][:column].strip(" "):
            at += 1
        self.at, last = at, at
        while len(lines[last - 1]) <= column:  # blank lines behind the text
            last -= 1
        text = "\n".join([line[column:] for line in lines[begin:last]])
        return text + "\n" if header == "|" and last < end else text


def _unquoted(double: str | None, single: str | None) -> str:
    if double is None:
        assert single is not None, "one of the two it is"
        return single.replace("''", "'")
    return _ESCAPE.sub(lambda match: _ESCAPED[match[1]], double) if "\\" in double else double


class _Flow:
    """A flow collection that ends in its line."""

    def __init__(self, text: str, scalar: Callable[[str], Any]) -> None:
        self.text = text
        self.scalar = scalar
        self.at = 0

    def whole(self) -> Any:
        value = self._node(0)
        rest = self.text[self.at :]
        if rest.lstrip(" ") and not (rest[0] == " " and rest.lstrip(" ")[0] == "#"):
            raise NotPlain
        return value

    def _node(self, depth: int) -> Any:
        first = self.text[self.at : self.at + 1]
        if first not in ("{", "["):
            return self._scalar()
        if depth > _FLOW_DEPTH:
            raise NotPlain
        self._step()
        return self._mapping(depth) if first == "{" else self._sequence(depth)

    def _sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        if self._take("]"):
            return found
        while True:
            found.append(self._node(depth + 1))
            self._blanks()
            if self._take("]"):
                return found
            self._comma()

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._take("}"):
            return found
        while True:
            key = self._scalar()
            if key.__class__ is not str or not self.text.startswith(": ", self.at):
                raise NotPlain
            self._step()
            found[key] = self._node(depth + 1)
            self._blanks()
            if self._take("}"):
                return found
            self._comma()

    def _scalar(self) -> Any:
        match = _FLOW_SCALAR.match(self.text, self.at)
        if match is None:
            raise NotPlain
        self.at = match.end()
        double, single, plain = match.groups()
        return self.scalar(plain) if plain is not None else double if double is not None else single

    def _comma(self) -> None:
        if not self._take(","):
            raise NotPlain
        self._blanks()

    def _take(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += 1
        return True

    def _step(self) -> None:
        self.at += 1
        self._blanks()

    def _blanks(self) -> None:
        while self.text.startswith(" ", self.at):
            self.at += 1
