"""`--fix`: the certain changes, made in the templates as text, so that comments and layout stay."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from steersman.review.model import Finding


def apply_fixes(chart: Path, findings: Iterable[Finding]) -> list[Finding]:
    """Change the files of the chart in folder `chart`; returns the findings that were mended.

    A fix is made only where its old lines stand exactly once in the template. Raises OSError.
    """
    mended = []
    for finding in findings:
        if finding.fix is None:
            continue
        path = chart / finding.item.path.partition("/")[2]
        if not path.is_file():
            continue
        text = path.read_text()
        if text.count(finding.fix.old) == 1:
            path.write_text(text.replace(finding.fix.old, finding.fix.new))
            mended.append(finding)
    return mended
