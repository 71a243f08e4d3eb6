"""Regular expressions: RE2, which speaks Go's syntax, searched and replaced by the rules of Go's package regexp.

The search works on bytes, as Go's does. What is wrong with an expression is found by `regex_syntax`, in Go's order and words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.functions.nil import NilStringSlice
from steersman.template.functions.regex_syntax import BadSyntax, read
from steersman.template.functions.registry import FunctionError, function
from steersman.template.strconv import can_backquote
from steersman.template.strconv import quote as quote_literal
from steersman.template.values import StringSlice, from_utf8, utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# RE2's default of 8 MiB refuses expressions that Go takes.
_MAX_MEMORY = 256 * 1024 * 1024


class BadExpression(FunctionError):
    """An expression that does not compile; the text is that of Go's regexp.Compile."""


class _Expression(NamedTuple):
    """A compiled expression, with the numbers of its groups by name: Go lets several groups have one."""

    compiled: Any
    names: dict[bytes, tuple[int, ...]]

    def search(self, data: bytes, position: int = 0) -> Any:
        return self.compiled.search(data, position)


def _compile(expression: str) -> _Expression:
    """Raises BadExpression."""
    found = _compile_cached(expression)
    if isinstance(found, str):
        raise BadExpression(found)
    return found


@lru_cache(maxsize=512)
def _compile_cached(expression: str) -> _Expression | str:
    import re2

    try:
        spelled, names = read(expression)
    except BadSyntax as error:
        return str(error)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(utf8(spelled), options)
    except re2.error:  # what is well-formed is refused for its size
        return f"error parsing regexp: expression too large: `{expression}`"
    return _Expression(compiled, {utf8(name): tuple(numbers) for name, numbers in names.items()})


def _must_compile(expression: str) -> _Expression:
    """regexp.MustCompile: the panic's text names the expression first. Raises FunctionError."""
    try:
        return _compile(expression)
    except BadExpression as error:
        shown = f"`{expression}`" if can_backquote(expression) else quote_literal(expression)
        raise FunctionError(f"regexp: Compile({shown}): {error}") from error


# --- matching ------------------------------------------------------------------------------------------------------


@function("regexMatch", "string, string", "bool")
def regex_match(expression: str, text: str) -> bool:
    """Whether the expression is found; a broken one is found nowhere."""
    try:
        return must_regex_match(expression, text)
    except BadExpression:
        return False


@function("mustRegexMatch", "string, string", "bool")
def must_regex_match(expression: str, text: str) -> bool:
    return _compile(expression).search(utf8(text)) is not None


@function("regexFind", "string, string", "string")
def regex_find(expression: str, text: str) -> str:
    return _find(_must_compile(expression), text)


@function("mustRegexFind", "string, string", "string")
def must_regex_find(expression: str, text: str) -> str:
    return _find(_compile(expression), text)


def _find(expression: _Expression, text: str) -> str:
    found = expression.search(utf8(text))
    return "" if found is None else from_utf8(found.group())


@function("regexFindAll", "string, string, int", "[]string")
def regex_find_all(expression: str, text: str, at_most: int) -> list[str]:
    return _find_all(_must_compile(expression), text, at_most)


@function("mustRegexFindAll", "string, string, int", "[]string")
def must_regex_find_all(expression: str, text: str, at_most: int) -> list[str]:
    return _find_all(_compile(expression), text, at_most)


def _find_all(expression: _Expression, text: str, at_most: int) -> list[str]:
    found = [from_utf8(match.group()) for match in _matches(expression, utf8(text), at_most)]
    return StringSlice(found) if found else NilStringSlice()


def _matches(expression: _Expression, data: bytes, at_most: int = -1) -> Iterator[Any]:
    """All matches from left to right, but no empty one that touches the match before it."""
    position, previous_end, count = 0, -1, 0
    while position <= len(data) and count != at_most:
        match = expression.search(data, position)
        if match is None:
            return
        start, end = match.span()
        if end > position:
            position = end
        else:
            position = end + _width(data, end)
        if start != end or start != previous_end:
            count += 1
            yield match
        previous_end = end


def _width(data: bytes, position: int) -> int:
    """How many bytes the letter at `position` takes; 1 at the end and for what is not UTF-8."""
    width = 1
    while (
        width < 4 and position + width < len(data) and data[position + width] & 0xC0 == 0x80 and data[position] >= 0xC0
    ):
        width += 1
    return width


# --- replacing -----------------------------------------------------------------------------------------------------


@function("regexReplaceAll", "string, string, string", "string")
def regex_replace_all(expression: str, text: str, replacement: str) -> str:
    return _replace_expanded(_must_compile(expression), text, replacement)


@function("mustRegexReplaceAll", "string, string, string", "string")
def must_regex_replace_all(expression: str, text: str, replacement: str) -> str:
    return _replace_expanded(_compile(expression), text, replacement)


@function("regexReplaceAllLiteral", "string, string, string", "string")
def regex_replace_all_literal(expression: str, text: str, replacement: str) -> str:
    return _replace_literal(_must_compile(expression), text, replacement)


@function("mustRegexReplaceAllLiteral", "string, string, string", "string")
def must_regex_replace_all_literal(expression: str, text: str, replacement: str) -> str:
    return _replace_literal(_compile(expression), text, replacement)


def _replace_expanded(expression: _Expression, text: str, replacement: str) -> str:
    if "$" not in replacement:
        return _replace_literal(expression, text, replacement)
    pieces = _template_pieces(replacement, expression)

    def expand(match: Any) -> bytes:
        return b"".join(piece if isinstance(piece, bytes) else _group(match, piece) for piece in pieces)

    return _replace(expression, text, expand)


def _group(match: Any, numbers: tuple[int, ...]) -> bytes:
    """What the first of these groups matched that matched anything."""
    found = (match.group(number) for number in numbers)
    return next((text for text in found if text is not None), b"")


def _replace_literal(expression: _Expression, text: str, replacement: str) -> str:
    literal = utf8(replacement)
    return _replace(expression, text, lambda match: literal)


def _replace(expression: _Expression, text: str, replacement: Callable[[Any], bytes]) -> str:
    data = utf8(text)
    pieces: list[bytes] = []
    end = 0
    for match in _matches(expression, data):
        pieces += (data[end : match.start()], replacement(match))
        end = match.end()
    if not pieces:
        return text
    return from_utf8(b"".join([*pieces, data[end:]]))


_REFERENCE = pattern(rb"\$(?:\$|(\w+)|\{(\w+)\})")


def _template_pieces(template: str, expression: _Expression) -> list[bytes | tuple[int, ...]]:
    """The replacement as literal bytes and group numbers. `$name` takes as many letters as it can; unknown groups are empty."""
    data = utf8(template)
    pieces: list[bytes | tuple[int, ...]] = []
    end = 0
    for found in _REFERENCE.finditer(data):
        pieces.append(data[end : found.start()])
        end = found.end()
        name = found[1] or found[2]
        if name is None:
            pieces.append(b"$")
        elif name.isdigit():
            number = int(name) if len(name) < 9 and (name == b"0" or name[:1] != b"0") else -1
            if 0 <= number <= expression.compiled.groups:
                pieces.append((number,))
        elif name in expression.names:
            pieces.append(expression.names[name])
    pieces.append(data[end:])
    return pieces


# --- splitting and quoting -----------------------------------------------------------------------------------------


@function("regexSplit", "string, string, int", "[]string")
def regex_split(expression: str, text: str, at_most: int) -> list[str]:
    return _split(_must_compile(expression), expression, text, at_most)


@function("mustRegexSplit", "string, string, int", "[]string")
def must_regex_split(expression: str, text: str, at_most: int) -> list[str]:
    return _split(_compile(expression), expression, text, at_most)


def _split(compiled: _Expression, expression: str, text: str, at_most: int) -> list[str]:
    if at_most == 0:
        return NilStringSlice()
    if expression and not text:
        return StringSlice([""])
    data = utf8(text)
    parts: list[bytes] = []
    begin = end = 0
    for match in _matches(compiled, data, at_most):
        if 0 < at_most == len(parts) + 1:
            break
        end = match.start()
        if match.end() != 0:
            parts.append(data[begin:end])
        begin = match.end()
    if end != len(data):
        parts.append(data[begin:])
    return StringSlice(map(from_utf8, parts))


@function("regexQuoteMeta", "string", "string")
def regex_quote_meta(text: str) -> str:
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", text)
