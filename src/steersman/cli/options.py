"""Options that several commands share, as decorators. Each hands the command one object instead of a dozen words."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from functools import wraps

from steersman.chart.values import ValueSources
from steersman.cli import declare
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

Command = Callable[..., "Any"]

_VALUES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("-f", "--values", "value_files"), "specify values in a YAML file, or - for standard input (repeatable)"),
    (("--set",), "set values: key1=val1,key2=val2 (repeatable)"),
    (("--set-string",), "set STRING values: key1=val1,key2=val2 (repeatable)"),
    (("--set-file",), "set values from files: key1=path1,key2=path2 (repeatable)"),
    (("--set-json",), 'set JSON values: key1=jsonval1 or {"key1": jsonval1} (repeatable)'),
    (("--set-literal",), "set a literal STRING value (repeatable)"),
)


def values_options(command: Command) -> Command:
    """`-f` and the `--set` family; the command gets `values: ValueSources`."""

    @wraps(command)
    def collected(*args: Any, **given: Any) -> Any:
        sources = ValueSources(
            files=comma_separated(given.pop("value_files")),
            set=list(given.pop("set")),
            set_string=list(given.pop("set_string")),
            set_file=list(given.pop("set_file")),
            set_json=list(given.pop("set_json")),
            set_literal=list(given.pop("set_literal")),
        )
        return command(*args, values=sources, **given)

    return _with_options(collected, [declare.option(*names, multiple=True, help=text) for names, text in _VALUES])


def capabilities_options(command: Command) -> Command:
    """`--kube-version` and `--api-versions`; the command gets `kube_version: str` and `api_versions: list[str]`."""

    @wraps(command)
    def collected(*args: Any, **given: Any) -> Any:
        given["api_versions"] = comma_separated(given["api_versions"])
        return command(*args, **given)

    return _with_options(
        collected,
        [
            declare.option("--kube-version", default="", help="Kubernetes version used for Capabilities.KubeVersion"),
            declare.option(
                "-a",
                "--api-versions",
                multiple=True,
                help="Kubernetes api versions used for Capabilities.APIVersions (repeatable, or comma-separated)",
            ),
        ],
    )


def schema_option(command: Command) -> Command:
    """`--skip-schema-validation`; the command gets a bool of that name."""
    return declare.option("--skip-schema-validation", is_flag=True, help="if set, disables JSON schema validation")(
        command
    )


def comma_separated(words: Sequence[str]) -> list[str]:
    """The values of Go's StringSlice flags: each may hold several, separated by commas, quoted as in CSV."""
    return [word for line in words for word in (next(csv.reader([line])) if '"' in line else line.split(","))]


def _with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
