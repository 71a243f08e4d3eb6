"""Letter case and word forms: title, camelcase, snakecase, kebabcase, swapcase, initials."""

from __future__ import annotations

import re

from steersman.template.functions import unicode
from steersman.template.functions.registry import function
from steersman.template.values import utf8


@function("title", "string", "string")
def title(text: str) -> str:
    pieces: list[str] = []
    previous = " "
    for char in unicode.runes(text):
        pieces.append(unicode.title_rune(char) if _separates_words(previous) else char)
        previous = char
    return "".join(pieces)


def _separates_words(char: str) -> bool:
    if char < "\x80":
        return not (char.isalnum() or char == "_")
    return unicode.is_space(char)


@function("untitle", "string", "string")
def untitle(text: str) -> str:
    pieces: list[str] = []
    at_start = True
    for char in unicode.runes(text):
        if unicode.is_space(char):
            at_start = True
        elif at_start:
            at_start = False
            char = unicode.lower_rune(char)
        pieces.append(char)
    return "".join(pieces)


@function("swapcase", "string", "string")
def swapcase(text: str) -> str:
    """Upper to lower; lower to upper, or to title case at the beginning of a word."""
    pieces: list[str] = []
    after_space = True
    for char in unicode.runes(text):
        category = unicode.category(char)
        if category in ("Lu", "Lt"):
            char, after_space = unicode.lower_rune(char), False
        elif category == "Ll":
            char, after_space = (unicode.title_rune if after_space else unicode.upper_rune)(char), False
        else:
            after_space = unicode.is_space(char)
        pieces.append(char)
    return "".join(pieces)


@function("initials", "string", "string")
def initials(text: str) -> str:
    # goutils looks at bytes and writes each as a Latin-1 letter
    letters = utf8(text).decode("latin-1")
    pieces: list[str] = []
    after_gap = True
    for letter in letters:
        if unicode.is_space(letter):
            after_gap = True
        elif after_gap:
            pieces.append(letter)
            after_gap = False
    return "".join(pieces)


# --- camelcase -----------------------------------------------------------------------------------------------------


def _is_connector(char: str) -> bool:
    return char in "-_" or unicode.is_space(char)


@function("camelcase", "string", "string")
def camelcase(text: str) -> str:
    """PascalCase as huandu/xstrings 1.5 makes it: words begin upper, a word in capitals goes on in lower case.

    Connectors at the beginning stay, and of several in a row all but one.
    """
    chars = unicode.runes(text)
    start = next((at for at, char in enumerate(chars) if not _is_connector(char)), len(chars))
    if start == len(chars):
        return chars + chars[-1:]
    pieces = [chars[:start]]
    current = unicode.upper_rune(chars[start])
    in_capitals = unicode.is_upper(chars[start])
    for char in chars[start + 1 :]:
        previous, current = current, char
        if _is_connector(previous):
            if _is_connector(char):
                pieces.append(previous)
            else:
                in_capitals = unicode.is_upper(char)
                current = unicode.upper_rune(char)
            continue
        if in_capitals:
            if unicode.is_upper(char):
                current = unicode.lower_rune(char)
            else:
                in_capitals = False
        pieces.append(previous)
    pieces.append(current)
    return "".join(pieces)


# --- snakecase and kebabcase ---------------------------------------------------------------------------------------

_CONNECTOR, _PUNCTUATION = "connector", "punctuation"
_UPPER, _LETTERS, _NUMBER, _OTHER = "upper", "letters", "number", "other"


@function("snakecase", "string", "string")
def snakecase(text: str) -> str:
    return _lower_with(text, "_")


@function("kebabcase", "string", "string")
def kebabcase(text: str) -> str:
    return _lower_with(text, "-")


def _words(text: str) -> list[tuple[str, str]]:
    """Part `text` into (kind, word): `HTTPServer2x` is upper `HTTP`, upper `Server`, number `2`, letters `x`."""
    words: list[tuple[str, str]] = []
    for found in _word_pattern().finditer("".join(map(_kind_code, text))):
        kind = found.lastgroup
        assert kind is not None
        words.append((kind, text[found.start() : found.end()]))
    return words


def _kind_code(char: str) -> str:
    """One letter for what a character is, for `_word_pattern` to look at: so that letters of all scripts are alike."""
    if char in "-_":
        return "-"
    if unicode.is_space(char):
        return " "
    category = unicode.category(char)
    if category == "Lu":
        return "U"
    if category[0] == "L":
        return "o" if _is_cjk(char) else "a"
    return {"P": ".", "N": "0"}.get(category[0], "o")


def _is_cjk(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fcc" or "\u3400" <= char <= "\u4d85" or "\U00020000" <= char <= "\U0002b81d"


def _word_pattern() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<{_CONNECTOR}>[- ]+)|(?P<{_PUNCTUATION}>\.[.-]*)"
        rf"|(?P<{_UPPER}>UU+(?!a)|U+(?=Ua)|Ua*)"
        rf"|(?P<{_LETTERS}>a+)|(?P<{_NUMBER}>0+)|(?P<{_OTHER}>o+)"
    )


def _lower_with(text: str, connector: str) -> str:
    """Words in lower case with `connector` between; digits stay with the word before them unless letters follow."""
    words = _words(unicode.runes(text))
    pieces: list[str] = []

    def write(kind: str, word: str) -> None:
        if kind == _CONNECTOR:
            pieces.append(connector * len(word))
        else:
            pieces.append("".join(map(unicode.lower_rune, word)) if kind == _UPPER else word)

    def kind_at(index: int) -> str:
        return words[index][0] if index < len(words) else ""

    at = 0
    while at < len(words):
        kind, word = words[at]
        write(kind, word)
        at += 1
        if kind in (_CONNECTOR, _PUNCTUATION) or at == len(words):
            continue
        if kind != _NUMBER:
            if kind_at(at) != _NUMBER:
                if kind_at(at) not in (_CONNECTOR, _PUNCTUATION):
                    pieces.append(connector)
                continue
            if at + 1 == len(words):
                continue
            if kind_at(at + 1) != _LETTERS:
                write(*words[at])
                at += 1
                if kind_at(at) not in (_CONNECTOR, _PUNCTUATION):
                    pieces.append(connector)
                continue
            pieces.append(connector)
            write(*words[at])
            at += 1
        while kind_at(at) in (_LETTERS, _NUMBER):
            write(*words[at])
            at += 1
        if at < len(words) and kind_at(at) not in (_CONNECTOR, _PUNCTUATION):
            pieces.append(connector)
    return "".join(pieces)
