"""Helm's `-o table|json|yaml`, in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from steersman.cli import declare
from steersman.cli.output import echo
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ["table", "json", "yaml"]


def output_option(function: F) -> F:
    """Add `-o/--output table|json|yaml` as the parameter `output`."""
    return declare.option(
        "-o",
        "--output",
        type=declare.Choice(FORMATS),
        default="table",
        help="prints the output in the specified format",
    )(function)


def emit(data: Any, output: str) -> None:
    """Print machine-readable data as Helm does: JSON on one line with `<`, `>` and `&` escaped, YAML with sorted keys."""
    if output == "json":
        from steersman.manifest import gojson

        echo(gojson.dumps(data))
    else:
        from steersman.manifest import yaml

        echo(yaml.dump(data), nl=False)


def table(
    headers: Sequence[str], rows: Iterable[Sequence[object]], *, show_headers: bool = True, widest: int = 0
) -> str:
    """Columns padded to the widest cell with a tab behind, as Helm's tables are; no final newline.

    Cells longer than `widest` are cut there with an ellipsis (0: never).
    """
    lines = ([list(headers)] if show_headers else []) + [[_cut(str(cell), widest) for cell in row] for row in rows]
    if not lines:
        return ""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("\t".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cut(cell: str, widest: int) -> str:
    return cell if not widest or len(cell) <= widest else cell[: widest - 3] + "..."
