"""Reading YAML as Helm reads it: libyaml's events, go-yaml v2's meaning, sigs.k8s.io/yaml's turn to JSON.

Python objects are built straight from the parser's events, without a node tree. What Go does in three steps (parse, decode,
make JSON of it) happens in one, so care is taken that of several errors the one is raised that Go would have met first.
"""

from __future__ import annotations

from yaml import events
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError
from yaml.scanner import ScannerError

from steersman.errors import Location, YamlError
from steersman.lazy import TYPE_CHECKING

from .builder import Builder, DecodeError, ParseError, too_deep
from .dialect import strict_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .builder import Numbers

_PREFIX = "error converting YAML to JSON: "

# libyaml's own bound (1000 flow collections, since 0.2.6), which its look-ahead may meet before our builder meets ours.
_SCANNER_TOO_DEEP = "exceeded maximum nesting depth"
_END: Any = object()


def load(text: str | bytes, path: str = "", *, numbers: Numbers = "json", strict: bool = False) -> Any:
    """The first document of a YAML text as JSON-shaped data: dict, list, str, bool, None and numbers.

    `numbers` says which kinds of number come out:
    - "json": what Kubernetes' decoder makes of JSON: int where the number is whole and fits 64 bits, else float;
    - "float64": every number is a float, as in Go's `interface{}`: what templates see of values files and of `fromYaml`;
    - "yaml": int and float as written (1e3 is a float), as go-yaml itself decodes.

    `strict` refuses a key that stands twice in a mapping; else the last one wins, as in Helm's manifests and values.
    Raises YamlError: its text is Go's own message, its location has `path` and the line.
    """
    document = _Reader(text, path, numbers, strict).next_document()
    return None if document is _END else document


def load_all(text: str | bytes, path: str = "", *, numbers: Numbers = "json", strict: bool = False) -> Iterator[Any]:
    """All documents of a YAML stream, empty ones as None; otherwise like `load`."""
    reader = _Reader(text, path, numbers, strict)
    while (document := reader.next_document()) is not _END:
        yield document


class _Reader:
    """The documents of one stream, one after the other."""

    def __init__(self, text: str | bytes, path: str, numbers: Numbers, strict: bool) -> None:
        self.path = path
        self.numbers: Numbers = numbers
        self.strict = strict
        self.parser = CParser(_encoded(text) if isinstance(text, str) else text)
        self.get_event = strict_events(self.parser.get_event, text)
        self._event()  # the start of the stream

    def next_document(self) -> Any:
        if not isinstance(self._event(), events.DocumentStartEvent):
            return _END
        builder = Builder(self.get_event, self.numbers, self.strict)
        try:
            value = builder.build()
            self.get_event()  # the document's end: what follows the value may be broken
        except YAMLError as error:
            raise self._syntax_error(error) from None
        except ParseError as error:
            raise self._error(f"yaml: {error}", error.line) from None
        except DecodeError as error:
            self._finish(builder)
            raise self._error(f"yaml: {error}", error.line) from None
        if builder.duplicates:
            lines = "\n  ".join(message for message, _ in builder.duplicates)
            raise self._error(f"yaml: unmarshal errors:\n  {lines}", builder.duplicates[0][1])
        if builder.not_json is not None:
            raise self._error(*builder.not_json)
        return value

    def _finish(self, builder: Builder) -> None:
        """Go parses a document to its end before it decodes: an error of syntax there is the one that it reports."""
        while not isinstance(event := self._event(), events.DocumentEndEvent):
            try:
                builder.note_anchor(event)
            except ParseError as error:
                raise self._error(f"yaml: {error}", error.line) from None

    def _event(self) -> Any:
        try:
            return self.get_event()
        except YAMLError as error:
            raise self._syntax_error(error) from None
        except ParseError as error:
            raise self._error(f"yaml: {error}", error.line) from None

    def _error(self, message: str, line: int) -> YamlError:
        return YamlError(_PREFIX + message, location=Location(self.path, line + 1))

    def _syntax_error(self, error: YAMLError) -> YamlError:
        if isinstance(error, ReaderError):
            return YamlError(f"{_PREFIX}yaml: {error.reason}", location=Location(self.path))
        if not isinstance(error, MarkedYAMLError):
            return YamlError(f"{_PREFIX}yaml: {error}", location=Location(self.path))
        if error.problem == _SCANNER_TOO_DEEP and error.problem_mark is not None:
            refusal = too_deep(error.problem_mark.line)
            return self._error(f"yaml: {refusal}", refusal.line)
        # Go names the line of the problem, or of its context where the problem stands on the first line, and counts
        # from 1 only for scanner errors. Our location always counts from 1.
        line = 0
        if error.problem_mark is not None and error.problem_mark.line:
            line = error.problem_mark.line + isinstance(error, ScannerError)
        elif error.context_mark is not None:
            line = error.context_mark.line
        where = f"line {line}: " if line else ""
        mark = error.problem_mark or error.context_mark
        location = Location(self.path, mark.line + 1, mark.column + 1) if mark is not None else Location(self.path)
        return YamlError(f"{_PREFIX}yaml: {where}{error.problem}", location=location)


def _encoded(text: str) -> bytes:
    """The text's bytes; those that are not UTF-8 stand in it as surrogate escapes, and are the parser's to refuse."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
