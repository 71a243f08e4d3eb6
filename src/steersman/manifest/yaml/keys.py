"""The order in which go-yaml writes a mapping's keys: natural (`a2` before `a10`), other characters before letters."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LETTERS_LAST = {code: code + 0x80 for code in (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))}
_DIGITS = frozenset("0123456789")


def natural_order(keys: Iterable[str], *, letters_first_after_digit: bool = False) -> list[str]:
    """The keys in go-yaml's order; `letters_first_after_digit` is what version 3 (toYamlPretty) changed."""
    listed = list(keys)
    if len(listed) < 2:
        return listed
    joined = "".join(listed)
    if joined.isascii():
        if joined.isalpha():
            return sorted(listed)
        if _DIGITS.isdisjoint(joined):
            return sorted(listed, key=lambda key: key.translate(_LETTERS_LAST))

    from functools import cmp_to_key

    def compare(a: str, b: str) -> int:
        return _compare(a, b, letters_first_after_digit)

    return sorted(listed, key=cmp_to_key(compare))


def _compare(a: str, b: str, letters_first_after_digit: bool) -> int:
    for at, (one, other) in enumerate(zip(a, b, strict=False)):
        if one != other:
            return _compare_at(a, b, at, letters_first_after_digit)
    return len(a) - len(b)


def _compare_at(a: str, b: str, at: int, letters_first_after_digit: bool) -> int:
    """Compare from the first place where the keys differ."""
    one_letter, other_letter = _is_letter(a[at]), _is_letter(b[at])
    if one_letter and other_letter:
        return ord(a[at]) - ord(b[at])
    if one_letter or other_letter:
        first = letters_first_after_digit and at > 0 and _is_digit(a[at - 1])
        return -1 if one_letter == first else 1
    start = 0
    if "0" in (a[at], b[at]):
        # Zeros inside a number are digits like others, zeros that lead it are not: 100 > 19, but 007 = 07.
        before = at - 1
        while before >= 0 and _is_digit(a[before]):
            if a[before] != "0":
                start = 1
                break
            before -= 1
    one, one_end = _number(a, at, start)
    other, other_end = _number(b, at, start)
    return (one - other) or (one_end - other_end) or ord(a[at]) - ord(b[at])


def _number(text: str, at: int, value: int) -> tuple[int, int]:
    while at < len(text) and _is_digit(text[at]):
        value = value * 10 + ord(text[at]) - ord("0")
        at += 1
    return ((value + (1 << 63)) % (1 << 64)) - (1 << 63), at  # Go's int64 wraps round


def _is_letter(char: str) -> bool:
    return char.isalpha() if char.isascii() else _category(char)[0] == "L"


def _is_digit(char: str) -> bool:
    return char in _DIGITS if char.isascii() else _category(char) == "Nd"


def _category(char: str) -> str:
    from unicodedata import category

    return category(char)
