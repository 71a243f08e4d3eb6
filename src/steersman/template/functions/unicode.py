"""Letters and blanks as Go's packages unicode and strings know them: one rune maps to one rune.

Python's own `str.upper` and `str.strip` differ: they map `ß` to two letters and take U+001C … U+001F for blanks.
"""

from __future__ import annotations

# unicode.IsSpace: Latin-1's blanks and the White_Space property.
SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_SPACES = frozenset(SPACE)

REPLACEMENT = "\ufffd"


def is_space(char: str) -> bool:
    return char in _SPACES


def runes(text: str) -> str:
    """`text` as Go's `[]rune` sees it: each byte that is not UTF-8 becomes U+FFFD."""
    if text.isascii():
        return text
    return "".join(REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)


def upper_rune(char: str) -> str:
    """unicode.ToUpper."""
    mapped = char.upper()
    if len(mapped) == 1:
        return mapped
    # Some letters have a single-letter upper case that Python only gives as their title case (Greek with iota below).
    mapped = char.title()
    return mapped if len(mapped) == 1 else char


def lower_rune(char: str) -> str:
    """unicode.ToLower."""
    mapped = char.lower()
    return mapped if len(mapped) == 1 else mapped[0]


def title_rune(char: str) -> str:
    """unicode.ToTitle."""
    mapped = char.title()
    return mapped if len(mapped) == 1 else char


def upper(text: str) -> str:
    """strings.ToUpper."""
    return text.upper() if text.isascii() else "".join(map(upper_rune, runes(text)))


def lower(text: str) -> str:
    """strings.ToLower."""
    return text.lower() if text.isascii() else "".join(map(lower_rune, runes(text)))


def category(char: str) -> str:
    """The general category, such as `Lu`."""
    from unicodedata import category

    return category(char)


def is_letter(char: str) -> bool:
    return category(char)[0] == "L"


def is_number(char: str) -> bool:
    return category(char)[0] == "N"


def is_punctuation(char: str) -> bool:
    return category(char)[0] == "P"


def is_upper(char: str) -> bool:
    return category(char) == "Lu"


def is_lower(char: str) -> bool:
    return category(char) == "Ll"


def is_title(char: str) -> bool:
    return category(char) == "Lt"


def is_digit(char: str) -> bool:
    return category(char) == "Nd"
