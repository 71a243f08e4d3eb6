"""The user's values: files and `--set` arguments, merged in Helm's order of precedence."""

from __future__ import annotations

import sys

from steersman.errors import Location, ValuesError, YamlError
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.manifest import yaml
from steersman.record import field, record

if TYPE_CHECKING:
    from typing import Any

    Table = dict[str, Any]

_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*):")


@record(slots=True)
class ValueSources:
    """Where values come from; the fields stand in Helm's order: each wins over those before it, later items over earlier."""

    files: list[str] = field(default_factory=list)
    set_json: list[str] = field(default_factory=list)
    set: list[str] = field(default_factory=list)
    set_string: list[str] = field(default_factory=list)
    set_file: list[str] = field(default_factory=list)
    set_literal: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any((self.files, self.set_json, self.set, self.set_string, self.set_file, self.set_literal))


def merge_files_and_sets(sources: ValueSources) -> Table:
    """All the user's values as one table. Raises ValuesError naming the file or argument."""
    values: Table = {}
    for path in sources.files:
        values = merge_maps(values, load_file(path))
    if sources.set_json or sources.set or sources.set_string or sources.set_file or sources.set_literal:
        values = _with_sets(values, sources)
    return values


def load_file(path: str) -> Table:
    """One values file (`-`: standard input). Raises ValuesError."""
    data = read_bytes(path)
    try:
        return parse_values(data, path)
    except YamlError as error:
        raise ValuesError(f"failed to parse {path}: {error}", hint=error.hint) from error


def read_bytes(path: str) -> bytes:
    """The contents of a file that an option names, or of standard input for `-`, or what a URL leads to.

    Raises ValuesError, FetchError, PluginError.
    """
    if path.strip() == "-":
        return sys.stdin.buffer.read()
    if path.startswith(("http://", "https://")):
        from steersman.chart.repo.fetch import Access, get

        return get(path, Access())
    if ":" in path and (other := _other_protocol(path)) is not None:
        return other
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except IsADirectoryError as error:
        raise ValuesError(f"read {path}: is a directory") from error
    except OSError as error:
        raise ValuesError(f"open {path}: {(error.strerror or str(error)).lower()}") from error


def _other_protocol(path: str) -> bytes | None:
    """What an address of another protocol leads to; None where nobody fetches such ones: it is a file's name then."""
    from steersman.protocols import fetcher

    found = _SCHEME.match(path)
    fetch = fetcher(found[1]) if found else None
    if fetch is None:
        return None
    from steersman.chart.repo.fetch import Access

    return fetch(path, Access())


def parse_values(data: bytes, path: str) -> Table:
    """The tables of all documents in a values file, later ones over earlier. Raises YamlError."""
    values: Table = {}
    for text in _documents(data):
        try:
            document = yaml.load(text, path, numbers="float64")
        except YamlError as error:
            raise YamlError(
                f"cannot unmarshal yaml document: {error}", location=error.location, hint=error.hint
            ) from error
        if document is None:
            continue
        if not isinstance(document, dict):
            kind = {str: "string", bool: "bool", list: "array"}.get(type(document), "number")
            raise YamlError(
                "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
                f"{kind} into Go value of type map[string]interface {{}}",
                location=Location(path),
                hint=f"{path or 'A values file'} must be a table of keys and values.",
            )
        values = merge_maps(values, document) if values else document
    return values


def merge_maps(under: Table, over: Table) -> Table:
    """A new table: `over` wins, tables are merged, nulls are kept."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = merge_maps(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _documents(data: bytes) -> list[bytes]:
    """The documents of a YAML stream as Kubernetes' reader splits it: at lines of `---` and nothing but a comment."""
    if b"---" not in data:
        return [data]
    documents: list[bytes] = []
    lines: list[bytes] = []
    for line in data.split(b"\n"):
        if lines and line.startswith(b"---") and (line[3:].strip() == b"" or line[3:].strip().startswith(b"#")):
            documents.append(b"\n".join(lines) + b"\n")
            lines = []
        else:
            lines.append(line)
    return [*documents, b"\n".join(lines)]


def _with_sets(values: Table, sources: ValueSources) -> Table:
    from functools import partial

    from steersman.chart import strvals
    from steersman.template.values import from_utf8

    for argument in sources.set_json:
        is_object = argument.strip().startswith("{")
        try:
            if is_object:
                values = merge_maps(values, strvals.parse_json_object(argument))
            else:
                strvals.parse_json(argument, values)
        except ValuesError as error:
            what = "JSON: " if is_object else ""
            raise ValuesError(
                f"failed parsing --set-json data {what}{argument}", hint=error.hint or str(error)
            ) from error
    for option, arguments, parse in (
        ("--set", sources.set, strvals.parse_set),
        ("--set-string", sources.set_string, partial(strvals.parse_set, string=True)),
        ("--set-file", sources.set_file, partial(strvals.parse_file, reader=lambda path: from_utf8(read_bytes(path)))),
        ("--set-literal", sources.set_literal, strvals.parse_literal),
    ):
        for argument in arguments:
            try:
                parse(argument, values)
            except ValuesError as error:
                raise ValuesError(f"failed parsing {option} data: {error}", hint=error.hint) from error
    return values
