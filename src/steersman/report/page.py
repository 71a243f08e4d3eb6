"""The page: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steersman.lifecycle.runs import HookRun
from steersman.report.html import Markup, join, tag
from steersman.report.model import Bar, Chapter, Difference
from steersman.report.style import STYLE

# Nothing may be loaded and nothing may run, whatever a log or a name contains.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# A hook's diagnosis in words, where the caller has one.
Explain = Callable[[HookRun], str]


def page(name: str, namespace: str, told: Sequence[Chapter], *, made: str = "", explain: Explain | None = None) -> str:
    """The report of a release. `made` is when, as text."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{name} – release report"),
        tag("style", Markup(STYLE)),
    )
    newest = told[0].release if told else None
    about = f"namespace {namespace}" + (f", {len(told)} revisions" if len(told) != 1 else ", 1 revision")
    heading = [tag("h1", name), tag("p", about + (f", as of {made}" if made else ""), class_="soft")]
    if newest is not None:
        heading.append(tag("p", "Last: revision ", str(newest.version), ", ", newest.info.description))
    body = tag("body", *heading, *(_chapter(chapter, explain) for chapter in told))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _chapter(chapter: Chapter, explain: Explain | None) -> Markup:
    release = chapter.release
    status = "degraded" if release.degraded else str(release.info.status)
    metadata = release.chart.get("metadata") or {}
    chart = f"{metadata.get('name', '')} {metadata.get('version', '')}"
    parts = [
        tag("h2", f"Revision {release.version} ", tag("span", status, class_=f"badge {status}")),
        tag("p", f"{chart}, {release.info.last_deployed}", class_="soft"),
        tag("p", release.info.description, class_="why" if chapter.failed else ""),
    ]
    if chapter.bars:
        parts.append(tag("h3", f"Hooks ({chapter.seconds:.1f} s)"))
        parts += _timeline(chapter)
    parts += [_failure(bar.run, explain) for bar in chapter.bars if bar.failed]
    if chapter.differences:
        parts.append(_differences(chapter.differences))
    return tag(
        "section",
        *parts,
        class_="failed" if chapter.failed else "deployed" if status in ("deployed", "degraded") else "",
    )


def _timeline(chapter: Chapter) -> list[Markup]:
    """The bars in the order in which they began, with the resources between pre and post hooks."""
    rows = [(bar.start, _bar(bar, chapter.seconds)) for bar in chapter.bars]
    if chapter.resources is not None:
        start, end = chapter.resources
        rows.append((start, _row("resources", "applied and ready", start, end, chapter.seconds, "resources")))
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _bar(bar: Bar, seconds: float) -> Markup:
    attempt = f", attempt {bar.run.attempt}" if bar.run.attempt > 1 else ""
    weight = f", weight {bar.weight}" if bar.weight is not None else ""
    about = f"{bar.run.event}{weight}{attempt}"
    return _row(f"{bar.run.kind}/{bar.run.hook}", about, bar.start, bar.end, seconds, "failed" if bar.failed else "")


def _row(name: str, about: str, start: float, end: float, seconds: float, kind: str) -> Markup:
    scale = 100 / seconds if seconds else 0
    style = f"left:{start * scale:.2f}%;width:{max((end - start) * scale, 0.5):.2f}%"
    bar = tag("div", class_=f"bar {kind}".strip(), style=style)
    took = tag("span", f"{end - start:.1f} s", class_="took")
    label = tag("div", name, tag("br"), tag("span", about, class_="soft"), class_="name")
    return tag("div", label, tag("div", bar, class_="track"), took, class_="row")


def _failure(run: HookRun, explain: Explain | None) -> Markup:
    code = f", exit code {run.exit_code}" if run.exit_code is not None else ""
    parts = [tag("h3", f"{run.event} hook {run.hook}: {run.reason or run.result}{code}")]
    if run.message:
        parts.append(tag("p", run.message))
    if explain is not None and (words := explain(run)):
        parts.append(tag("pre", words))
    if run.log_tail:
        parts.append(
            tag("details", tag("summary", "The end of its log"), tag("pre", "\n".join(run.log_tail)), open="open")
        )
    return join(*parts)


def _differences(differences: tuple[Difference, ...]) -> Markup:
    items = [
        tag("details", tag("summary", f"{each.name} {each.kind}"), tag("pre", each.diff or "(values are not shown)"))
        for each in differences
    ]
    count = f"{len(items)} object{'s' * (len(items) != 1)} differ from the revision before"
    return join(tag("h3", count), *items)
