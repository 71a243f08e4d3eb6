"""Strings: trimming, cutting, searching, wrapping, quoting. Positions and lengths count bytes, as in Go."""

from __future__ import annotations

from steersman.template.functions import unicode
from steersman.template.functions.bounds import MAX_TEXT, bounded
from steersman.template.functions.registry import FunctionError, add, function
from steersman.template.gofmt import default_format
from steersman.template.strconv import quote as quote_literal
from steersman.template.values import StringMap, StringSlice, from_utf8, utf8

_NO_SPACE = dict.fromkeys(map(ord, "\t\n\v\f\r "))

add("upper", unicode.upper, "string", "string")
add("lower", unicode.lower, "string", "string")


@function("hello", returns="string")
def hello() -> str:
    return "Hello!"


# --- what a value is as text ---------------------------------------------------------------------------------------


@function("toString", "any", "string")
def to_string(value: object) -> str:
    """The value as text: bytes as they are, an error or Stringer by its own word, all else as `%v` prints it."""
    if type(value) is str:
        return value
    if isinstance(value, bytes):
        return from_utf8(value)
    return default_format(value)


@function("toStrings", "any", "[]string")
def to_strings(value: object) -> list[str]:
    """Each element as text, nil left out; what is no list becomes a list of one."""
    if isinstance(value, StringSlice):
        return value
    if isinstance(value, list):
        return StringSlice(to_string(item) for item in value if item is not None)
    if isinstance(value, bytes):
        return StringSlice(str(byte) for byte in value)
    return StringSlice() if value is None else StringSlice([to_string(value)])


@function("quote", "...any", "string")
def quote(*values: object) -> str:
    return " ".join(quote_literal(to_string(value)) for value in values if value is not None)


@function("squote", "...any", "string")
def squote(*values: object) -> str:
    return " ".join(f"'{default_format(value)}'" for value in values if value is not None)


@function("cat", "...any", "string")
def cat(*values: object) -> str:
    return " ".join(default_format(value) for value in values if value is not None)


# --- trimming ------------------------------------------------------------------------------------------------------


@function("trim", "string", "string")
def trim(text: str) -> str:
    return text.strip(unicode.SPACE)


@function("trimAll", "string, string", "string", "trimall")
def trim_all(characters: str, text: str) -> str:
    return text.strip(characters)


@function("trimSuffix", "string, string", "string")
def trim_suffix(suffix: str, text: str) -> str:
    return text.removesuffix(suffix)


@function("trimPrefix", "string, string", "string")
def trim_prefix(prefix: str, text: str) -> str:
    return text.removeprefix(prefix)


@function("nospace", "string", "string")
def no_space(text: str) -> str:
    if text.isascii():
        return text.translate(_NO_SPACE)
    # goutils looks at bytes, not at letters: a blank makes it write each byte as a Latin-1 letter
    letters = utf8(text).decode("latin-1")
    kept = "".join(letter for letter in letters if not unicode.is_space(letter))
    return text if len(kept) == len(letters) else kept


# --- cutting and repeating -----------------------------------------------------------------------------------------


@function("trunc", "int, string", "string")
def trunc(width: int, text: str) -> str:
    if text.isascii():
        if width < 0:
            return text[width:] if len(text) + width > 0 else text
        return text[:width]
    data = utf8(text)
    if width < 0:
        return from_utf8(data[width:]) if len(data) + width > 0 else text
    return from_utf8(data[:width])


@function("substr", "int, int, string", "string")
def substr(start: int, end: int, text: str) -> str:
    data = utf8(text)
    if start < 0:
        if end > len(data):
            raise FunctionError(f"runtime error: slice bounds out of range [:{end}] with length {len(data)}")
        if end < 0:
            raise FunctionError(f"runtime error: slice bounds out of range [:{end}]")
        return from_utf8(data[:end])
    if end < 0 or end > len(data):
        end = len(data)
    if start > end:
        raise FunctionError(f"runtime error: slice bounds out of range [{start}:{end}]")
    return from_utf8(data[start:end])


@function("abbrev", "int, string", "string")
def abbrev(width: int, text: str) -> str:
    return text if width < 4 else _abbreviate(text, 0, width)


@function("abbrevboth", "int, int, string", "string")
def abbrev_both(left: int, right: int, text: str) -> str:
    return text if right < 4 or (left > 0 and right < 7) else _abbreviate(text, left, right)


def _abbreviate(text: str, offset: int, width: int) -> str:
    """Shorten to `width` bytes with dots at the end, or at both ends around what begins at `offset`."""
    data = utf8(text)
    if len(data) <= width:
        return text
    room = width - 3
    offset = min(offset, len(data))
    if len(data) - offset < room:
        offset = len(data) - room
    if offset <= 4:
        return from_utf8(data[:room]) + "..."
    if width < 7:
        return ""
    if offset + room < len(data):
        if room < 4:
            return "..."
        return "..." + _abbreviate(from_utf8(data[offset:]), 0, room)
    return "..." + from_utf8(data[len(data) - room :])


@function("repeat", "int, string", "string")
def repeat(count: int, text: str) -> str:
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    bounded("bytes", count * len(text), MAX_TEXT)
    return text * count


@function("indent", "int, string", "string")
def indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise FunctionError("strings: negative Repeat count")
    bounded("bytes", spaces * (text.count("\n") + 1), MAX_TEXT)
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


@function("nindent", "int, string", "string")
def nindent(spaces: int, text: str) -> str:
    return "\n" + indent(spaces, text)


@function("replace", "string, string, string", "string")
def replace(old: str, new: str, text: str) -> str:
    if len(new) > len(old):
        occurrences = text.count(old)
        bounded("bytes", len(text) + occurrences * len(new), MAX_TEXT)
    return text.replace(old, new)


# --- searching -----------------------------------------------------------------------------------------------------


@function("contains", "string, string", "bool")
def contains(part: str, text: str) -> bool:
    return part in text


@function("hasPrefix", "string, string", "bool")
def has_prefix(prefix: str, text: str) -> bool:
    return text.startswith(prefix)


@function("hasSuffix", "string, string", "bool")
def has_suffix(suffix: str, text: str) -> bool:
    return text.endswith(suffix)


@function("plural", "string, string, int", "string")
def plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


# --- splitting and joining -----------------------------------------------------------------------------------------


def _split(text: str, separator: str, at_most: int = -1) -> list[str]:
    """strings.SplitN: all parts for a negative `at_most`, none for 0; an empty separator parts the runes."""
    if at_most == 0:
        return []
    if separator:
        return text.split(separator, at_most - 1 if at_most > 0 else -1)
    if 0 < at_most < len(text):
        return [*text[: at_most - 1], text[at_most - 1 :]]
    return list(text)


@function("split", "string, string", "map[string]string")
def split(separator: str, text: str) -> dict[str, str]:
    return StringMap((f"_{number}", part) for number, part in enumerate(_split(text, separator)))


@function("splitn", "string, int, string", "map[string]string")
def splitn(separator: str, at_most: int, text: str) -> dict[str, str]:
    return StringMap((f"_{number}", part) for number, part in enumerate(_split(text, separator, at_most)))


@function("splitList", "string, string", "[]string")
def split_list(separator: str, text: str) -> list[str]:
    return StringSlice(_split(text, separator))


@function("join", "string, any", "string")
def join(separator: str, values: object) -> str:
    return separator.join(to_strings(values))


@function("sortAlpha", "any", "[]string")
def sort_alpha(values: object) -> list[str]:
    if isinstance(values, (list, bytes)):
        return StringSlice(sorted(to_strings(values), key=utf8))
    return StringSlice([to_string(values)])


# --- wrapping ------------------------------------------------------------------------------------------------------


@function("wrap", "int, string", "string")
def wrap(width: int, text: str) -> str:
    return _wrap(text, width, "\n", long_words=False)


@function("wrapWith", "int, string, string", "string")
def wrap_with(width: int, newline: str, text: str) -> str:
    return _wrap(text, width, newline or "\n", long_words=True)


def _wrap(text: str, width: int, newline: str, *, long_words: bool) -> str:
    """Break lines at blanks; words longer than `width` are cut if `long_words`, else left to stick out."""
    data, separator, width = utf8(text), utf8(newline), max(width, 1)
    lines: list[bytes] = []
    start = 0
    while len(data) - start > width:
        if data[start] == 0x20:
            start += 1
            continue
        blank = data.rfind(b" ", start, start + width + 1)
        if blank < 0 and not long_words:
            blank = data.find(b" ", start + width)
            if blank < 0:
                break
        if blank >= 0:
            lines.append(data[start:blank])
            start = blank + 1
        else:
            lines.append(data[start : start + width])
            start += width
    return from_utf8(separator.join([*lines, data[start:]]))
