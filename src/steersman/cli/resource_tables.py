"""The live resources of a release as Helm prints them below RESOURCES: the server's tables, one for each version and kind.

Helm keeps the kinds in no order and leaves out headers that are those of the kind before; here they stand in the manifest's
order, each with its headers.
"""

from __future__ import annotations

import re

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from steersman.client.live import LiveResources

# Of kubectl's tables: each table stands alone, so rows of one kind that came by themselves are padded by themselves.
NARROWEST, PADDING = 6, 3
_LINE_END = re.compile(r"[\f\n\r]")
_WITHOUT_TABLE = [{"name": "Name"}, {"name": "Age"}]


def resource_tables(live: LiveResources) -> str:
    """All tables, each with an empty line behind it; "" where nothing is there."""
    return "".join(f"==> {kind}\n{_tables(found)}\n" for kind, found in live.found.items())


def _tables(found: list[dict[str, Any]]) -> str:
    text, shown = "", None
    for obj in found:
        columns, rows = _content(obj)
        lines = [
            [cell for cell, column in zip(row, columns, strict=False) if not column.get("priority")] for row in rows
        ]
        if lines and columns != shown:
            lines.insert(0, [column["name"].upper() for column in columns if not column.get("priority")])
            shown = columns
        text += _padded(lines)
    return text


def _content(obj: dict[str, Any]) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The columns and rows of a table, or those that kubectl makes for an object where the server has none."""
    if obj.get("kind") == "Table":
        rows = [[_shown(cell) for cell in row.get("cells") or []] for row in obj.get("rows") or []]
        return obj.get("columnDefinitions") or [], rows
    items = obj["items"] if str(obj.get("kind", "")).endswith("List") and "items" in obj else [obj]
    return _WITHOUT_TABLE, [[str(item.get("metadata", {}).get("name", "")), "<unknown>"] for item in items]


def _shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if not isinstance(cell, str):
        return str(cell)
    first = _LINE_END.split(cell, maxsplit=1)[0]
    return (first if first == cell else f"{first}...").replace("\x1b", "^[")


def _padded(lines: list[list[str]]) -> str:
    if not lines:
        return ""
    widths = [max(NARROWEST, max(map(len, column)) + PADDING) for column in zip(*lines, strict=True)]
    return "".join(
        "".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)) + line[-1] + "\n"
        for line in lines
    )
