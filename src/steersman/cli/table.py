"""Plain tables as helm prints them: columns parted by a tab, padded to their widest cell."""

from __future__ import annotations

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], *, widest: int = 0) -> str:
    """The rows as lines; cells longer than `widest` are cut there with an ellipsis (0: never)."""
    cut = [[cell if not widest or len(cell) <= widest else cell[: widest - 3] + "..." for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    return "\n".join("\t".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cut)
