"""Rendered text cut into YAML documents as Helm cuts it, and what a document says of itself.

Source: the behaviour of helm 4.3.1: text is split wherever a line starts with `---`, whatever follows on that line.
"""

from __future__ import annotations

from steersman.errors import Location, YamlError
from steersman.lazy import TYPE_CHECKING, once
from steersman.record import field, record

from . import yaml
from .yaml.jsonable import json_numbers, string_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

# By this annotation a manifest is a hook.
EVENT_ANNOTATION = "helm.sh/hook"

# What Go's unicode.IsSpace knows; Python's str.strip also takes the separators \x1c to \x1f.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_METADATA_TYPE = 'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'


@record(frozen=True)
class Head:
    """The part of a manifest by which Helm sorts it."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


@record(frozen=True)
class Document:
    """One YAML document of a rendered file.

    `path` is the template (`chart/templates/x.yaml`), `text` the document without its `---` line and leading blank lines,
    `line` the 1-based line of the rendered file where the text starts. The text is parsed when it is first asked for.
    """

    path: str
    text: str
    line: int = 1

    @once
    def raw(self) -> Any:
        """The parsed text with numbers as written. Raises YamlError with Helm's message."""
        try:
            return yaml.load(self.text, self.path, numbers="yaml")
        except YamlError as error:
            raise YamlError(f"YAML parse error on {self.path}: {error}", location=self._locate(error)) from None

    @once
    def object(self) -> Any:
        """The object as Kubernetes decodes it; None for a document without content. Raises YamlError."""
        return json_numbers(self.raw)

    @once
    def head(self) -> Head:
        """Raises YamlError: broken YAML, or a field that is not what every manifest has there."""
        raw = self.raw
        if raw is None:
            return Head()
        if not isinstance(raw, dict):
            raise self._wrong_kind(raw, "value of type util.SimpleHead")
        api_version, kind = self._text(raw, "apiVersion"), self._text(raw, "kind")
        metadata = _field(raw, "metadata")
        if metadata is None:
            metadata = {}
        elif not isinstance(metadata, dict):
            raise self._wrong_kind(metadata, f"struct field .metadata of type {_METADATA_TYPE}")
        annotations = self._annotations(_field(metadata, "annotations"))
        return Head(
            api_version=api_version,
            kind=kind,
            name=self._text(metadata, "name", "metadata."),
            namespace=string_of(metadata.get("namespace")) or "",
            annotations=annotations,
            labels=_texts(metadata.get("labels")),
        )

    def know_head(self, head: Head) -> None:
        """Take the head as read, so that the text need not be parsed for it."""
        self.__dict__["head"] = head

    @property
    def api_version(self) -> str:
        return self.head.api_version

    @property
    def kind(self) -> str:
        return self.head.kind

    @property
    def name(self) -> str:
        return self.head.name

    @property
    def namespace(self) -> str:
        return self.head.namespace

    @property
    def annotations(self) -> dict[str, str]:
        return self.head.annotations

    @property
    def labels(self) -> dict[str, str]:
        return self.head.labels

    def _text(self, parent: dict[str, Any], name: str, where: str = "") -> str:
        value = _field(parent, name)
        text = string_of(value)
        if text is None and value is not None:
            raise self._wrong_kind(value, f"struct field .{where}{name} of type string")
        return text or ""

    def _annotations(self, value: Any) -> dict[str, str]:
        if value is not None and not isinstance(value, dict):
            raise self._wrong_kind(value, "struct field .metadata.annotations of type map[string]string")
        for key, item in sorted((value or {}).items()):
            if item is not None and string_of(item) is None:
                raise self._wrong_kind(item, f"struct field .metadata.annotations.{key} of type string")
        return _texts(value)

    def _wrong_kind(self, value: Any, target: str) -> YamlError:
        kind = {dict: "object", list: "array", str: "string", bool: "bool"}.get(type(value), "number")
        return YamlError(
            f"YAML parse error on {self.path}: error unmarshaling JSON: while decoding JSON: "
            f"json: cannot unmarshal {kind} into Go {target}",
            location=Location(self.path, self.line),
            hint="a manifest needs apiVersion and kind as text, and metadata with a name; annotation values are text",
        )

    def _locate(self, error: YamlError) -> Location:
        if error.location is None or error.location.line is None:
            return Location(self.path, self.line)
        return Location(self.path, self.line + error.location.line - 1, error.location.column)


def _field(parent: dict[str, Any], name: str) -> Any:
    """Go's JSON decoder finds a struct's field in whatever case it is written."""
    if name in parent:
        return parent[name]
    lower = name.lower()
    return next((value for key, value in parent.items() if key.lower() == lower), None)


def _texts(value: Any) -> dict[str, str]:
    return {key: string_of(item) or "" for key, item in value.items()} if isinstance(value, dict) else {}


def split(path: str, text: str) -> list[Document]:
    """The documents of one rendered file, in order; those of nothing but blanks are left out, comments are kept."""
    documents = []
    body = text.lstrip(_SPACE)  # before the cut: a "---" that only blanks precede is a separator, too
    offset = len(text) - len(body)
    begin = 0
    for cut, resume in _separators(body):
        content = body[begin:cut].lstrip(_SPACE)
        if content:
            line = text.count("\n", 0, offset + cut - len(content)) + 1
            documents.append(Document(path, content, line))
        begin = resume
    return documents


def _separators(text: str) -> Iterator[tuple[int, int]]:
    """Where each `---` at the start of a line and the blanks after it begin and end, and last the end of the text."""
    begin = 0 if text.startswith("---") else text.find("\n---") + 1 or len(text)
    while begin < len(text):
        end = begin + 3
        while text.startswith((" ", "\t"), end):
            end += 1
        yield begin, end
        begin = text.find("\n---", end) + 1 or len(text)
    yield len(text), len(text)


def join(documents: Iterable[tuple[str, str]]) -> str:
    """(path, text) pairs as one stream, the way releases store it and `helm template` prints it."""
    return "".join(f"---\n# Source: {path}\n{text}\n" for path, text in documents)
