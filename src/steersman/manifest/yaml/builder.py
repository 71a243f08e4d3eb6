"""From a document's events to a Python value, by the rules of go-yaml v2's decoder and sigs.k8s.io/yaml's conversion."""

from __future__ import annotations

import binascii
from math import isinf, isnan

from yaml import events

from steersman.lazy import TYPE_CHECKING

from .gosyntax import go_syntax
from .jsonable import json_number_kind
from .numbers import INT64_MAX, format_g32
from .scalars import BINARY, HINTS, MERGE, Scalar, TagMismatch, plain, resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    Numbers = Literal["json", "float64", "yaml"]

MAX_DEPTH = 500
"""Collections inside collections, aliases expanded. (Go's own bound, 10,000, is out of reach of real charts too.)"""

_NONE: Any = object()


class DecodeError(Exception):
    """What Go's decoder refuses in a text whose syntax is right; `line` counts from 0."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class ParseError(DecodeError):
    """What Go refuses already while it parses, before it decodes anything, and libyaml does not."""


class _Key:
    """A mapping key that needs its value before it is known to be an error: null, too big, or there already."""

    def __init__(self, raw: Scalar, text: str | None) -> None:
        self.raw = raw
        self.text = text


_MERGE = _Key("<<", None)


class Builder:
    """Builds one document's value. Afterwards `duplicates` (strict only) and `not_json` hold what Go would complain
    about only after decoding, each with its 0-based line."""

    def __init__(self, get_event: Callable[[], Any], numbers: Numbers, strict: bool) -> None:
        self.get_event = get_event
        self.numbers = numbers
        self.strict = strict
        self.duplicates: list[tuple[str, int]] = []
        self.not_json: tuple[str, int] | None = None
        # by name: the value, its raw scalar where it is one, for how many nodes it stands, how deep it is
        self.anchors: dict[str, tuple[Any, Any, int, int]] = {}
        self.nodes = 1
        self.aliased = 0

    def build(self) -> Any:
        """The value of the document whose start has just been read. Raises DecodeError and the parser's own errors."""
        # One loop with an explicit stack; this is where reading spends its time, hence the local names and the order
        # of the cases.
        get_event, number, anchors, strict, hints = self.get_event, self._number, self.anchors, self.strict, HINTS
        scalar_event, mapping_start, sequence_start = (
            events.ScalarEvent,
            events.MappingStartEvent,
            events.SequenceStartEvent,
        )
        alias_event = events.AliasEvent
        stack: list[tuple[Any, Any, Any, int, int]] = []
        container: Any = None
        in_map = False
        key: Any = _NONE
        nodes, deepest = self.nodes, 0

        while True:
            event = start = get_event()
            kind = event.__class__
            if kind is scalar_event:
                nodes += 1
                text = event.value
                if event.tag is None:
                    if event.style:
                        value = raw = text
                    elif text and text[0] not in hints:
                        if in_map and key is _NONE and text == "<<":
                            key = self._merge_key(event)
                            nodes -= 1
                            continue
                        value = raw = text
                    else:
                        value = raw = plain(text)
                        if (raw.__class__ is int or raw.__class__ is float) and not (in_map and key is _NONE):
                            value = number(raw, event)
                else:
                    if in_map and key is _NONE and text == "<<" and (event.implicit[0] or event.tag == MERGE):
                        key = self._merge_key(event)
                        nodes -= 1
                        continue
                    value = raw = self._tagged(event)
                    if (raw.__class__ is int or raw.__class__ is float) and not (in_map and key is _NONE):
                        value = number(raw, event)
                if event.anchor is not None:
                    anchors[event.anchor] = (value, raw, 1, 0)
            elif kind is mapping_start or kind is sequence_start:
                nodes += 1
                stack.append((container, key, event, nodes, deepest))
                depth = len(stack)
                if depth > MAX_DEPTH:
                    raise too_deep(event.start_mark.line)
                if event.anchor is not None:
                    anchors[event.anchor] = (_NONE, _NONE, 0, 0)
                    deepest = depth
                elif depth > deepest:
                    deepest = depth
                in_map = kind is mapping_start
                container = {} if in_map else []
                key = _NONE
                continue
            elif kind is alias_event:
                self.nodes = nodes + 1
                value, raw, height = self._alias(event)
                nodes = self.nodes
                if len(stack) + height > deepest:
                    deepest = len(stack) + height
                    if deepest > MAX_DEPTH:
                        raise too_deep(event.start_mark.line)
            else:  # the end of a mapping or sequence
                value, raw = container, _NONE
                depth = len(stack)
                container, key, start, started, before = stack.pop()
                in_map = container.__class__ is dict
                if start.anchor is not None:
                    anchors[start.anchor] = (value, _NONE, nodes - started + 1, deepest - depth + 1)
                    deepest = max(deepest, before)

            if in_map:
                if key is _NONE:
                    key = raw if raw.__class__ is str else self._key(raw, value, start)
                    if strict and key in container:
                        key = _Key(raw, key)
                elif key.__class__ is str:
                    container[key] = value
                    key = _NONE
                else:
                    self._odd_key(container, key, value, start)
                    key = _NONE
            elif container is not None:
                container.append(value)
            else:
                return value

    def note_anchor(self, event: Any) -> None:
        """Follow anchors and aliases without building anything. Raises ParseError."""
        if isinstance(event, events.AliasEvent):
            if event.anchor not in self.anchors:
                raise _unknown(event)
        elif getattr(event, "anchor", None) is not None:
            self.anchors[event.anchor] = (None, None, 1, 0)

    def _merge_key(self, event: Any) -> _Key:
        if event.anchor is not None:
            self.anchors[event.anchor] = ("<<", "<<", 1, 0)
        return _MERGE

    def _tagged(self, event: Any) -> Scalar:
        tag: str = event.tag
        text: str = event.value
        if tag == "!":
            return text
        line = event.start_mark.line
        if tag == BINARY:
            try:
                data = binascii.a2b_base64(text.replace("\r", "").replace("\n", ""), strict_mode=True)
            except (binascii.Error, ValueError):
                raise DecodeError("!!binary value contains invalid base64 data", line) from None
            return "".join(
                "\ufffd" if "\udc80" <= c <= "\udcff" else c for c in data.decode("utf-8", "surrogateescape")
            )
        try:
            return resolve(text, tag)[1]
        except TagMismatch as error:
            raise DecodeError(str(error), line) from None

    def _alias(self, event: Any) -> tuple[Any, Any, int]:
        found = self.anchors.get(event.anchor)
        if found is None:
            raise _unknown(event)
        value, raw, size, height = found
        if value is _NONE:
            raise DecodeError(f"anchor '{event.anchor}' value contains itself", event.start_mark.line)
        self.nodes += size
        self.aliased += size
        if self.aliased > 100 and self.nodes > 1000 and self.aliased / self.nodes > _allowed_ratio(self.nodes):
            raise DecodeError("document contains excessive aliasing", event.start_mark.line)
        return (_copy(value) if size > 1 else value), raw, height

    def _key(self, raw: Any, value: Any, start: Any) -> Any:
        if raw is _NONE:
            raise DecodeError(f"invalid map key: {go_syntax(value)}", start.start_mark.line)
        if raw.__class__ is bool:
            return "true" if raw else "false"
        if raw.__class__ is int and raw <= INT64_MAX:
            return str(raw)
        if raw.__class__ is float:
            return format_g32(raw)
        if raw.__class__ is str:
            return raw
        return _Key(raw, None)

    def _odd_key(self, container: dict[str, Any], key: _Key, value: Any, start: Any) -> None:
        line = start.start_mark.line
        if key is _MERGE:
            self._merge(container, value, start)
        elif key.text is not None:
            self.duplicates.append((f"line {line + 1}: key {go_syntax(key.raw)} already set in map", line))
        elif self.not_json is None or self.not_json[0].startswith("json:"):
            kind, name = ("%!s(<nil>)", "<nil>") if key.raw is None else ("uint64", go_syntax(key.raw))
            shown = "<nil>" if value is None else go_syntax(value)
            self.not_json = (f"unsupported map key of type: {kind}, key: {name}, value: {shown}", line)

    def _merge(self, container: dict[str, Any], value: Any, start: Any) -> None:
        line = start.start_mark.line
        sources: list[Any] = [value]
        if isinstance(value, list) and isinstance(start, events.SequenceStartEvent):
            sources = value[::-1]  # of several sources the first one wins
        for source in sources:
            if not isinstance(source, dict):
                raise DecodeError("map merge requires map or sequence of maps as the value", line)
            if self.strict:
                for key in source.keys() & container.keys():
                    self.duplicates.append((f"line {line + 1}: key {go_syntax(key)} already set in map", line))
            container.update(source)

    def _number(self, raw: Any, event: Any) -> Any:
        if raw.__class__ is float:
            if isnan(raw) or isinf(raw):
                if self.not_json is None:
                    name = "NaN" if isnan(raw) else "+Inf" if raw > 0 else "-Inf"
                    self.not_json = (f"json: unsupported value: {name}", event.start_mark.line)
                return raw
        elif self.numbers == "float64":
            return float(raw)
        return json_number_kind(raw) if self.numbers == "json" else raw


def _allowed_ratio(nodes: int) -> float:
    """How large a part of all decoded nodes may come out of aliases: go-yaml's rule against alias bombs."""
    low, high = 400_000, 4_000_000
    if nodes <= low:
        return 0.99
    if nodes >= high:
        return 0.10
    return 0.99 - 0.89 * ((nodes - low) / (high - low))


def _copy(value: Any) -> Any:
    if value.__class__ is dict:
        return {key: _copy(item) for key, item in value.items()}
    if value.__class__ is list:
        return [_copy(item) for item in value]
    return value


def too_deep(line: int) -> ParseError:
    """The refusal of a text that nests deeper than MAX_DEPTH on this line (counted from 0)."""
    return ParseError(f"line {line + 1}: exceeded max depth of {MAX_DEPTH}", line)


def _unknown(event: Any) -> ParseError:
    return ParseError(f"unknown anchor '{event.anchor}' referenced", event.start_mark.line)
