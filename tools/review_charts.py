"""Review real charts: `review_charts.py FOLDER` prints the table of findings per rule; `--write` puts it into docs/review.md.

Hooks that a chart makes only on demand are switched on, so that they are reviewed, too.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

from steersman.chart.load import load
from steersman.chart.values import ValueSources, merge_files_and_sets
from steersman.errors import SteersmanError
from steersman.review.build import from_chart
from steersman.review.rules import all_rules
from steersman.review.runner import Review, review

PAGE = Path(__file__).resolve().parent.parent / "docs" / "review.md"
BEGIN, END = "<!-- table: tools/review_charts.py -->\n", "<!-- end of table -->\n"

_MARIADB = "mariadb.passwordUpdateJob."
ON_DEMAND: dict[str, list[str]] = {
    "bitnami__kafka": ["provisioning.enabled=true"],
    "bitnami__postgresql": [
        "passwordUpdateJob.enabled=true,auth.password=new,auth.postgresPassword=new",
        "passwordUpdateJob.previousPasswords.postgresPassword=old",
    ],
    "bitnami__wordpress": [
        "wordpressPassword=new,mariadb.auth.rootPassword=new,mariadb.auth.password=new",
        f"{_MARIADB}enabled=true,{_MARIADB}previousPasswords.rootPassword=old,{_MARIADB}previousPasswords.password=old",
    ],
    "druid": ["zookeeper.jobs.chroots.enabled=true"],
    "influxdb": ["setDefaultUser.enabled=true"],
}


def main(folder: Path) -> str:
    totals: Counter[str] = Counter()
    charts: dict[str, set[str]] = defaultdict(set)
    reviewed = hooks = 0
    for path in sorted(folder.glob("*.tgz")):
        result = reviewed_chart(path)
        if result is None or not result.subject.hooks:
            continue
        reviewed += 1
        hooks += len(result.subject.hooks)
        for finding in result.findings:
            totals[finding.rule] += 1
            charts[finding.rule].add(path.stem)
    lines = [f"{reviewed} charts with {hooks} hooks, {totals.total()} findings:", ""]
    lines += ["| Rule | Severity | Findings | Charts |", "|---|---|---|---|"]
    for rule in sorted(all_rules(), key=lambda rule: (-totals[rule.id], rule.id)):
        lines.append(
            f"| [{rule.id}](rules/{rule.id}.md) | {rule.severity} | {totals[rule.id]} | {len(charts[rule.id])} |"
        )
    return "\n".join(lines) + "\n"


def write(table: str) -> None:
    """Replace the table between its two marks in the docs."""
    before, rest = PAGE.read_text().split(BEGIN, 1)
    PAGE.write_text(f"{before}{BEGIN}\n{table}{END}{rest.partition(END)[2]}")


def reviewed_chart(path: Path) -> Review | None:
    sets = next((sets for name, sets in ON_DEMAND.items() if path.stem.endswith(name)), [])
    try:
        return review(from_chart(load(str(path)), merge_files_and_sets(ValueSources(set=sets))))
    except SteersmanError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return None


if __name__ == "__main__":
    found = main(Path(sys.argv[1]))
    if "--write" in sys.argv:
        write(found)
    else:
        print(found, end="")
