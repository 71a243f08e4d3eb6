"""How go-yaml writes a string: which style it may have, and each style's text, with its folding of long lines."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache

from steersman.lazy import pattern

from .scalars import STR, resolve

_SEXAGESIMAL = pattern(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_BOM = "\ufeff"
_BREAKS = "\r\n\x85\u2028\u2029"
_MULTILINE = pattern(f"[{_BREAKS}]")
# Go counts only these as printable; everything beyond the basic plane is escaped.
_UNPRINTABLE = pattern("[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_BREAK_SPACE = pattern(f"[{_BREAKS}] ")
_SPACE_BREAK = pattern(f" [{_BREAKS}]")
_INDICATORS = pattern(r"""[#,\[\]{}&*!|>'"%@`]|[-?:](?:[ \t]|\Z)|---|\.\.\.|(?s:.)+?(?::(?:[ \t]|\Z)|[ \t]#)""")
_ESCAPED = pattern("[^\x20\x21\x23-\\[\\]-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_SHORT = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
    '"': '"', "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip


class Style(Enum):
    PLAIN = auto()
    SINGLE = auto()
    DOUBLE = auto()
    LITERAL = auto()


def is_multiline(text: str) -> bool:
    """Whether the text has anything that YAML 1.1 calls a line break."""
    return _MULTILINE.search(text) is not None


@lru_cache(maxsize=8192)
def style_of(text: str, tabs_in_blocks: bool = False) -> Style:
    """The style of a string that stands as a value."""
    if "\n" in text:
        special = _UNPRINTABLE.search(text.replace("\t", "") if tabs_in_blocks else text)
        if special or text[-1] == " " or _SPACE_BREAK.search(text):
            return Style.DOUBLE
        return Style.LITERAL
    if resolve(text)[0] != STR or (":" in text and _SEXAGESIMAL.fullmatch(text)):
        return Style.DOUBLE
    if _UNPRINTABLE.search(text):
        return Style.DOUBLE
    multiline = is_multiline(text)
    if multiline and (_SPACE_BREAK.search(text) or _BREAK_SPACE.search(text)):
        return Style.DOUBLE
    if multiline or text[0] == " " or text[-1] == " " or _INDICATORS.match(text):
        return Style.SINGLE
    return Style.PLAIN


@lru_cache(maxsize=8192)
def flow_text(text: str) -> str:
    """The string on one line, as it stands as a key."""
    style = Style.DOUBLE if is_multiline(text) else style_of(text)
    if style is Style.PLAIN:
        return text
    if style is Style.SINGLE:
        return "'" + text.replace("'", "''") + "'"
    return '"' + _escaped(text) + '"'


def literal_text(text: str, margin: int) -> str:
    """The string as a literal block (`|`) with its content at column `margin`, up to its last line break."""
    hint = "2" if text[0] == " " or text[0] in _BREAKS else ""
    if text[-1] not in _BREAKS:
        chomp = "-"
    else:
        chomp = "+" if len(text) == 1 or text[-2] in _BREAKS else ""
    indent = " " * margin
    lines = [f"|{hint}{chomp}\n"]
    for line in re.findall(f"[^{_BREAKS}]*[{_BREAKS}]|[^{_BREAKS}]+", text):
        lines.append(line if line in _BREAKS else indent + line)
    return "".join(lines) + ("\n" if chomp == "-" else "")


def wrapped_text(text: str, style: Style, margin: int, column: int, width: int | None) -> str:
    """The string in a flow style, folded at spaces beyond `width`; it starts at `column`, further lines at `margin`."""
    if text.startswith(_BOM):
        return flow_text(text)
    out: list[str] = []
    indent = " " * margin
    limit = width if width is not None else 1 << 31
    quote = {Style.SINGLE: "'", Style.DOUBLE: '"'}.get(style, "")
    column += len(quote)
    last = len(text) - 1
    spaces = breaks = False
    for at, char in enumerate(text):
        if char == " ":
            next_is_space = at < last and text[at + 1] == " "
            inside = 0 < at < last or style is Style.PLAIN
            if not spaces and column > limit and inside and (style is Style.DOUBLE or not next_is_space):
                escape = "\\" if next_is_space else ""
                out.append("\n" + indent + escape)
                column = margin + len(escape)
            else:
                out.append(char)
                column += 1
            spaces = True
            continue
        if style is not Style.DOUBLE and char in _BREAKS:
            out.append(char)  # never "\n": such strings are literal blocks or double-quoted
            column = 0
            breaks = True
            continue
        if breaks:
            out.append(indent)
            column = margin
        piece = char
        if style is Style.DOUBLE:
            piece = _escaped(char)
        elif style is Style.SINGLE and char == "'":
            piece = "''"
        out.append(piece)
        column += len(piece)
        spaces = breaks = False
    return quote + "".join(out) + quote


def _escaped(text: str) -> str:
    if text.startswith(_BOM):  # Go's test for a byte order mark looks at the string's start, whatever the place
        return "".join(_escape(char) for char in text)
    return _ESCAPED.sub(lambda match: _escape(match[0]), text)


def _escape(char: str) -> str:
    if char in _SHORT:
        return "\\" + _SHORT[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
