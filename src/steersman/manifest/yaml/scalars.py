"""What a scalar means to Go's YAML library: the rules of go-yaml v2, on which sigs.k8s.io/yaml and so Helm are built.

They are neither YAML 1.1's nor 1.2's: `y` and `on` are booleans, `0o14` and `0777` are numbers, `08` is the float 8, dates
stay strings, `12:30` is no sexagesimal number. Source: the behaviour of go-yaml 2.4 as shipped in helm 4.3.1.
"""

from __future__ import annotations

from math import inf, isinf, nan

from steersman.lazy import pattern, remembering

from .numbers import INT64_MAX, INT64_MIN, UINT64_MAX

Scalar = None | bool | int | float | str

TAG_PREFIX = "tag:yaml.org,2002:"
STR, BOOL, INT, FLOAT, NULL, TIMESTAMP, BINARY, MERGE = (
    TAG_PREFIX + kind for kind in ("str", "bool", "int", "float", "null", "timestamp", "binary", "merge")
)
_RESOLVABLE = frozenset((STR, BOOL, INT, FLOAT, NULL, TIMESTAMP))

_MEANINGS: tuple[tuple[str, Scalar, tuple[str, ...]], ...] = (
    (BOOL, True, ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")),
    (BOOL, False, ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")),
    (NULL, None, ("", "~", "null", "Null", "NULL")),
    (FLOAT, nan, (".nan", ".NaN", ".NAN")),
    (FLOAT, inf, (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF")),
    (FLOAT, -inf, ("-.inf", "-.Inf", "-.INF")),
)
WORDS: dict[str, tuple[str, Scalar]] = {word: (tag, value) for tag, value, words in _MEANINGS for word in words}

# Text that starts otherwise is a string, whatever follows.
HINTS = frozenset("+-0123456789yYnNtTfFoO~.")

_INTEGER = pattern(
    r"([-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[oO](?P<octal>[0-7]+)|0[bB](?P<binary>[01]+)|0(?P<old>[0-7]*)|(?P<decimal>[1-9][0-9]*))"
)
_FLOAT = pattern(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_POINT_FLOAT = pattern(r"\.[0-9]+([eE][-+]?[0-9]+)?")
# What numbers are made of, and what stands at their start, after a sign if there is one.
_OF_NUMBERS = frozenset("0123456789abcdefABCDEFxXoO+-._")
_STARTS_NUMBER = frozenset("0123456789._")
_BASES = (("decimal", 10), ("old", 8), ("hex", 16), ("octal", 8), ("binary", 2))

_CLOCK = r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?"
_TIMESTAMP = pattern(rf"(?a)(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[Tt]{_CLOCK}(?:Z|[-+](\d\d):(\d\d))|\x20+{_CLOCK})?")


class TagMismatch(ValueError):
    """A scalar that its explicit tag does not allow; the message is Go's."""


@remembering
def plain(text: str) -> Scalar:
    """The value of an untagged plain scalar; integers beyond 64 bits are floats, timestamps stay text."""
    return resolve(text)[1]


def resolve(text: str, tag: str = "") -> tuple[str, Scalar]:
    """(long tag, value) of a scalar that may be implicit or carries an explicit `tag` in its long form.

    Raises TagMismatch where Go refuses, as for `!!int x`.
    """
    if tag and tag not in _RESOLVABLE:
        return tag, text
    found, value = _guess(text, tag)
    if tag in ("", STR, found):
        return found, value
    if tag == FLOAT and found == INT and isinstance(value, int) and value <= INT64_MAX:
        return FLOAT, float(value)
    raise TagMismatch(f"cannot decode {short_tag(found)} `{text}` as a {short_tag(tag)}")


def short_tag(tag: str) -> str:
    return "!!" + tag[len(TAG_PREFIX) :] if tag.startswith(TAG_PREFIX) else tag


def is_timestamp(text: str) -> bool:
    """Whether Go's library takes the text for a point in time (and so quotes a string that looks like it)."""
    match = _TIMESTAMP.fullmatch(text) if text[4:5] == "-" else None
    if match is None:
        return False
    from datetime import date

    year, month, day, *rest = (int(group) if group else 0 for group in match.groups())
    hour, minute, second, zone_hour, zone_minute, hour2, minute2, second2 = rest
    try:
        date(year or 4, month, day)  # Go knows the year 0, a leap year like 4
    except ValueError:
        return False
    return (
        max(hour, hour2) < 24
        and max(minute, minute2) < 60
        and max(second, second2) < 60
        and zone_hour <= 24
        and zone_minute <= 60
    )


def _guess(text: str, tag: str) -> tuple[str, Scalar]:
    if tag == STR or (text and text[0] not in HINTS):
        return STR, text
    if text in WORDS:
        return WORDS[text]
    first = text[0]
    if first == ".":
        return _finite(text) if _POINT_FLOAT.fullmatch(text) else (STR, text)
    if first in "+-0123456789":
        if tag in ("", TIMESTAMP) and is_timestamp(text):
            return TIMESTAMP, text
        return _number(text)
    return STR, text


def _number(text: str) -> tuple[str, Scalar]:
    if text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 19:
        return INT, int(text)
    unsigned = text[1:] if text[0] in "+-" else text
    if unsigned[:1] not in _STARTS_NUMBER or text.count(".") > 1 or not _OF_NUMBERS.issuperset(text):
        return STR, text
    bare = text.replace("_", "")
    if bare[:3] in ("0b+", "0b-") and bare[3:] and not bare[3:].strip("01"):
        return INT, int(bare[2:], 2)  # Go's ParseInt takes the sign that stands after the prefix
    match = _INTEGER.fullmatch(bare)
    if match is not None:
        group, base = next(pair for pair in _BASES if match[pair[0]] is not None)
        value = int(match[group] or "0", base)
        if match[1] == "-":
            value = -value
        if INT64_MIN <= value <= INT64_MAX or (not match[1] and value <= UINT64_MAX):
            return INT, value
    if _FLOAT.fullmatch(bare):
        tag, number = _finite(bare)
        return (tag, number) if tag == FLOAT else (STR, text)
    return STR, text


def _finite(text: str) -> tuple[str, Scalar]:
    value = float(text)
    # Go's ParseFloat reports a number out of range as an error, and the text stays a string.
    return (STR, text) if isinf(value) else (FLOAT, value)
