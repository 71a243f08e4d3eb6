"""`--fix`: the certain changes, made in the templates as text, so that comments and layout stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from steersman.review.model import Finding, Fix


def apply_fixes(chart: Path, findings: Iterable[Finding]) -> list[Finding]:
    """Change the files of the chart in folder `chart`; returns the findings that were mended.

    A fix is made only where the finding's line in the template is certain and holds the fix's old text exactly
    once. Raises OSError.
    """
    by_file: dict[Path, list[tuple[int, Fix, Finding]]] = defaultdict(list)
    for finding in findings:
        line = finding.item.source_line(finding.line)
        path = chart / finding.item.path.partition("/")[2]
        if finding.fix is not None and line is not None and path.is_file():
            by_file[path].append((line, finding.fix, finding))
    mended = []
    for path, wanted in by_file.items():
        lines: list[str | None] = [*path.read_text().splitlines(keepends=True)]
        for number, fix, finding in wanted:
            changed = _changed(lines[number - 1] if number <= len(lines) else None, fix)
            if changed is not None:
                lines[number - 1] = changed if changed.strip() else None
                mended.append(finding)
        path.write_text("".join(line for line in lines if line is not None))
    return mended


def _changed(line: str | None, fix: Fix) -> str | None:
    return line.replace(fix.old, fix.new) if line is not None and line.count(fix.old) == 1 else None
