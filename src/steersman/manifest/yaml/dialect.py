"""Where libyaml 0.2.5 takes more than go-yaml v2, whose scanner stems from an older libyaml: refused here as Go refuses it.

- the escape `\\/` in a double-quoted scalar;
- a `?` inside a plain scalar in flow context: to Go it starts a key, as in `[http://host/?q=1]`;
- the directive `%YAML 1.2`.
"""

from __future__ import annotations

from yaml import events

from steersman.lazy import TYPE_CHECKING, pattern

from .builder import ParseError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SLASH_ESCAPE = pattern(r"(?s:\\[^/]|[^\\])*\\/")


def strict_events(get_event: Callable[[], Any], text: str | bytes) -> Callable[[], Any]:
    """The parser's events, checked where the text has something on which the two differ."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if "\\/" in text or "%YAML" in text or ("?" in text and ("{" in text or "[" in text)):
        return _Checked(get_event, text).get_event
    return get_event


class _Checked:
    def __init__(self, get_event: Callable[[], Any], text: str) -> None:
        self.inner = get_event
        self.text = text
        self.collections: list[Any] = []

    def get_event(self) -> Any:
        event: Any = self.inner()
        if isinstance(event, events.ScalarEvent):
            if event.style == '"':
                self._check_escapes(event)
            elif event.style == "" and "?" in event.value:
                self._check_plain(event)
        elif isinstance(event, events.CollectionStartEvent):
            self.collections.append(event)
        elif isinstance(event, events.CollectionEndEvent):
            self.collections.pop()
        elif isinstance(event, events.DocumentStartEvent) and event.version not in (None, (1, 1)):
            raise _problem("found incompatible YAML document", _line(event), 0)
        return event

    def _check_escapes(self, event: Any) -> None:
        source = self.text[event.start_mark.index : event.end_mark.index]
        match = _SLASH_ESCAPE.match(source)
        if match is not None:
            line = event.start_mark.line + source.count("\n", 0, match.end())
            raise _problem("found unknown escape character", line, 1)

    def _check_plain(self, event: Any) -> None:
        if not self.collections or not self.collections[-1].flow_style:
            return
        inside = self.collections[-1]
        pair_in_sequence = inside.start_mark.index == inside.end_mark.index
        closing = "}" if isinstance(inside, events.MappingStartEvent) and not pair_in_sequence else "]"
        source = self.text[event.start_mark.index : event.end_mark.index]
        line = event.start_mark.line + source.count("\n", 0, source.find("?"))
        raise _problem(f"did not find expected ',' or '{closing}'", line, 0)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line


def _problem(message: str, line: int, base: int) -> ParseError:
    """Go counts a scanner's errors from line 1, a parser's from 0, and leaves the first line out."""
    return ParseError(f"line {line + base}: {message}" if line else message, line)
