"""How go-yaml writes a string: which style it may have, and each style's text, with its folding of long lines."""

from __future__ import annotations

from steersman.lazy import pattern, remembering

from .scalars import STR, resolve

# Styles, by the characters that YAML marks them with.
PLAIN, SINGLE, DOUBLE, LITERAL = "", "'", '"', "|"

_SEXAGESIMAL = pattern(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_BOM = "\ufeff"
_BREAKS = "\r\n\x85\u2028\u2029"
_LINE = pattern(f"[^{_BREAKS}]*[{_BREAKS}]|[^{_BREAKS}]+")
_INDICATORS = frozenset("#,[]{}&*!|>'\"%@`")
_SHORT = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
    '"': '"', "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip


def is_multiline(text: str) -> bool:
    """Whether the text has anything that YAML 1.1 calls a line break."""
    return "\n" in text or "\r" in text or (not text.isascii() and any(char in _BREAKS for char in text))


def style_of(text: str, tabs_in_blocks: bool = False) -> str:
    """The style of a string that stands as a value."""
    if "\n" in text:
        readable = _is_printable(text.replace("\t", "") if tabs_in_blocks else text)
        if not readable or text[-1] == " " or any(f" {char}" in text for char in _BREAKS):
            return DOUBLE
        return LITERAL
    if resolve(text)[0] != STR or (":" in text and _SEXAGESIMAL.fullmatch(text)) or not _is_printable(text):
        return DOUBLE
    multiline = is_multiline(text)
    if multiline and any(f" {char}" in text or f"{char} " in text for char in _BREAKS):
        return DOUBLE
    return SINGLE if multiline or text[0] == " " or text[-1] == " " or _looks_like_syntax(text) else PLAIN


def _is_printable(text: str) -> bool:
    """Whether Go counts all characters as printable; line breaks count too, what is beyond the basic plane does not."""
    if text.isascii():
        return text.replace("\n", "").isprintable()
    return all(
        char == "\n"
        or "\x20" <= char <= "\x7e"
        or "\xa0" <= char <= "\ud7ff"
        or "\ue000" <= char <= "\ufefe"
        or "\uff00" <= char <= "\ufffd"
        for char in set(text)
    )


def _looks_like_syntax(text: str) -> bool:
    """Whether the text could be read as more than a plain scalar."""
    if text[0] in _INDICATORS or (text[0] in "-?:" and text[1:2] in ("", " ", "\t")):
        return True
    if text.startswith(("---", "...")) or (text[-1] == ":" and len(text) > 1):
        return True
    return any(text.find(mark, 1) > 0 for mark in (": ", ":\t", " #", "\t#"))


@remembering
def flow_text(text: str) -> str:
    """The string on one line, as it stands as a key."""
    style = DOUBLE if is_multiline(text) else style_of(text)
    if style == PLAIN:
        return text
    if style == SINGLE:
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
    lines += [line if line in _BREAKS else indent + line for line in _lines(text)]
    return "".join(lines) + ("\n" if chomp == "-" else "")


def _lines(text: str) -> list[str]:
    """The lines with their line breaks."""
    if not text.isascii() or "\r" in text:
        return _LINE.findall(text)
    *whole, last = text.split("\n")
    lines = [line + "\n" for line in whole]
    return [*lines, last] if last else lines


def wrapped_text(text: str, style: str, margin: int, column: int, width: int | None) -> str:
    """The string in a flow style, folded at spaces beyond `width`; it starts at `column`, further lines at `margin`."""
    if text.startswith(_BOM):
        return flow_text(text)
    out: list[str] = []
    indent = " " * margin
    limit = width if width is not None else 1 << 31
    column += len(style)
    last = len(text) - 1
    spaces = breaks = False
    for at, char in enumerate(text):
        if char == " ":
            next_is_space = at < last and text[at + 1] == " "
            inside = 0 < at < last or style == PLAIN
            if not spaces and column > limit and inside and (style == DOUBLE or not next_is_space):
                escape = "\\" if next_is_space else ""
                out.append("\n" + indent + escape)
                column = margin + len(escape)
            else:
                out.append(char)
                column += 1
            spaces = True
            continue
        if style != DOUBLE and char in _BREAKS:
            out.append(char)  # never "\n": such strings are literal blocks or double-quoted
            column = 0
            breaks = True
            continue
        if breaks:
            out.append(indent)
            column = margin
        piece = char
        if style == DOUBLE:
            piece = _escaped(char)
        elif style == SINGLE and char == "'":
            piece = "''"
        out.append(piece)
        column += len(piece)
        spaces = breaks = False
    return style + "".join(out) + style


def _escaped(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    if text.startswith(_BOM):  # Go's test for a byte order mark looks at the string's start, whatever the place
        return "".join(map(_escape, text))
    return "".join(char if _stays(char) else _escape(char) for char in text)


def _stays(char: str) -> bool:
    """Whether a character stands for itself between double quotes."""
    return char == "\xa0" or (char not in _SHORT and _is_printable(char))


def _escape(char: str) -> str:
    if char in _SHORT:
        return "\\" + _SHORT[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
