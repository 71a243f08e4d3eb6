"""Writing YAML as Helm writes it: `dump` is `toYaml` (sigs.k8s.io/yaml on go-yaml v2), `dump_pretty` is `toYamlPretty` (v3)."""

from __future__ import annotations

from math import isinf, isnan

from steersman.errors import YamlError
from steersman.lazy import TYPE_CHECKING, pattern, remembering
from steersman.record import record

from .keys import natural_order
from .numbers import INT64_MIN, UINT64_MAX, format_g, json_number
from .scalars import WORDS
from .text import LITERAL, flow_text, is_multiline, literal_text, style_of, wrapped_text

if TYPE_CHECKING:
    from typing import Any

# toYaml goes by way of JSON text, which Go's YAML reader then reads: these characters it refuses ...
_CONTROLS = pattern("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
# ... and U+0085, which JSON leaves as it is, it takes for a line break to be folded.
_NEXT_LINES = pattern(" *\x85[ \x85]*")
_INDICATOR = pattern("\x85(---|\\.\\.\\.)[ \x85]")
_SURROGATES = pattern("[\ud800-\udfff]")
_LONGEST_KEY = 1024
_LONGEST_ESCAPE = len("\\u0000")


@record(frozen=True, slots=True)
class Dialect:
    """In what the two versions of Go's library differ."""

    width: int | None
    indents_sequences: bool
    through_json: bool
    letters_first_after_digit: bool
    tabs_in_blocks: bool


V2 = Dialect(
    width=80, indents_sequences=False, through_json=True, letters_first_after_digit=False, tabs_in_blocks=False
)
V3 = Dialect(
    width=None, indents_sequences=True, through_json=False, letters_first_after_digit=True, tabs_in_blocks=True
)


def dump(value: Any) -> str:
    """JSON-shaped data as the YAML text of sigs.k8s.io/yaml's Marshal, which `toYaml` gives less its last line break.

    Raises YamlError where Go does: NaN, infinities, DEL and C1 control characters, keys of more than 1,024 characters.
    """
    return _Writer(V2).document(value)


def dump_pretty(value: Any) -> str:
    """JSON-shaped data as `toYamlPretty` writes it (less the last line break): indented sequences, no folded lines."""
    return _Writer(V3).document(value)


# A line that ends before this column is never folded.
_SHORT = 78


# What most strings are made of: one that starts with a letter is written as it is, unless YAML has a meaning for it.
_EVERYDAY = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")


@remembering
def _short_line(text: str) -> str | None:
    """The text of a string of which nothing special has to be thought, the same as key and as value: most are such."""
    if len(text) > 64 or not text.isascii() or "\n" in text or "\r" in text or "\x7f" in text:
        return None
    if _EVERYDAY.issuperset(text) and text[:1].isalpha() and text not in WORDS:
        return text
    return flow_text(text)


# Where a node stands: at the root, after "-", after "key:", or after the ":" that follows a "? key" line.
_ROOT, _ITEM, _VALUE, _COMPLEX = "", "-", "key:", "? key :"


class _Writer:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.out: list[str] = []

    def document(self, value: Any) -> str:
        try:
            self._node(value, -1, 0, _ROOT)
        except RecursionError:
            raise YamlError("value is nested too deeply to be written as YAML") from None
        return "".join(self.out)

    def _node(self, value: Any, indent: int, column: int, place: str) -> None:
        """Write a node that follows the current text, up to and with its last line break.

        `indent` is that of the collection it stands in, -1 at the root.
        """
        if isinstance(value, dict) and value:
            self._mapping(value, indent, place)
        elif isinstance(value, (list, tuple)) and value:
            self._sequence(value, indent, place)
        else:
            if place != _ROOT:
                self.out.append(" ")
                column += 1
            self._scalar(value, indent, column)

    def _mapping(self, value: dict[str, Any], indent: int, place: str) -> None:
        out = self.out
        indent = 0 if indent < 0 else indent + 2
        margin = " " * indent
        lead = self._lead(place, margin)
        keys = natural_order(value, letters_first_after_digit=self.dialect.letters_first_after_digit)
        for key in keys:
            item = value[key]
            text = _short_line(key)
            if text is None and (is_multiline(key) or len(key.encode("utf-8", "surrogatepass")) > 128):
                out.append(lead + "? ")
                lead = margin
                self._string(self._key(key), indent, indent + 2)
                out.append(margin + ":")
                self._node(item, indent, indent + 1, _COMPLEX)
                continue
            if text is None:
                text = flow_text(self._key(key))
            if item.__class__ is str and (line := _short_line(item)) and indent + len(text) + len(line) < _SHORT:
                out.append(f"{lead}{text}: {line}\n")
            else:
                out.append(f"{lead}{text}:")
                self._node(item, indent, indent + len(text) + 1, _VALUE)
            lead = margin

    def _sequence(self, value: list[Any] | tuple[Any, ...], indent: int, place: str) -> None:
        if indent < 0:
            indent = 0
        elif place != _VALUE or self.dialect.indents_sequences:
            indent += 2
        margin = " " * indent
        lead = self._lead(place, margin)
        for item in value:
            self.out.append(lead + "-")
            lead = margin
            self._node(item, indent, indent + 1, _ITEM)

    def _lead(self, place: str, margin: str) -> str:
        """What comes before a collection's first entry: it may share the line of the "-" or ":" it belongs to."""
        if place == _VALUE:
            return "\n" + margin
        return "" if place == _ROOT else " "

    def _scalar(self, value: Any, indent: int, column: int) -> None:
        if isinstance(value, str):
            self._string(self._text(value), indent, column)
        else:
            self.out.append(self._atom(value) + "\n")

    def _atom(self, value: Any) -> str:
        if value is None:
            return "null"
        if value is True or value is False:
            return "true" if value else "false"
        if isinstance(value, float):
            return self._float(value)
        if isinstance(value, int):
            return str(int(value))
        if isinstance(value, dict):
            return "{}"
        if isinstance(value, (list, tuple)):
            return "[]"
        raise TypeError(f"not JSON-shaped: {type(value).__name__}")

    def _float(self, value: float) -> str:
        if not self.dialect.through_json:
            return format_g(value)
        if isnan(value) or isinf(value):
            name = "NaN" if isnan(value) else "+Inf" if value > 0 else "-Inf"
            raise YamlError(f"error marshaling into JSON: json: unsupported value: {name}")
        if value.is_integer() and abs(value) < 1e21:
            # JSON has no kinds of numbers: a whole one comes back from it as an integer if it fits.
            if abs(value) < 1 << 53:
                return str(int(value))
            whole = int(json_number(value))
            if INT64_MIN <= whole <= UINT64_MAX:
                return str(whole)
        return format_g(value)

    def _key(self, key: str) -> str:
        if not self.dialect.through_json:
            return key
        if "\x85" in key or (len(key) > _LONGEST_KEY // _LONGEST_ESCAPE and _is_too_long(key)):
            raise YamlError("yaml: did not find expected ',' or '}'")
        return self._text(key)

    def _text(self, text: str) -> str:
        """The string as it arrives at Go's YAML writer."""
        if not self.dialect.through_json:
            return text
        if text.isascii() and "\x7f" not in text:
            return text
        if _CONTROLS.search(text):
            raise YamlError("yaml: control characters are not allowed")
        text = _SURROGATES.sub("\ufffd", text)
        if "\x85" not in text:
            return text
        if _INDICATOR.search(text):
            raise YamlError("yaml: found unexpected document indicator")
        return _NEXT_LINES.sub(lambda match: "\n" * (match[0].count("\x85") - 1) or " ", text)

    def _string(self, text: str, indent: int, column: int) -> None:
        margin = 2 if indent < 0 else indent + 2
        style = style_of(text, self.dialect.tabs_in_blocks)
        if style == LITERAL:
            self.out.append(literal_text(text, margin))
            return
        flow = flow_text(text)
        width = self.dialect.width
        if (width is not None and column + len(flow) > width and " " in text) or is_multiline(text):
            flow = wrapped_text(text, style, margin, column, width)
        self.out.append(flow + "\n")


def _is_too_long(key: str) -> bool:
    import json

    return len(json.dumps(key, ensure_ascii=False)) > _LONGEST_KEY
