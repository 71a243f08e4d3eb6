"""The report: what it tells, that nothing in it can act, and that a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from steersman.lifecycle.runs import HookRun
from steersman.manifest.hooks import Hook
from steersman.release.record import Info, Release, Status
from steersman.report.html import Markup, tag
from steersman.report.model import chapters
from steersman.report.page import page

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


def revision(version: int, status: Status, data: str, description: str = "Upgrade complete") -> Release:
    manifest = f"---\n# Source: c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{x: {data}}}\n"
    info = Info(status=status, description=description, last_deployed=f"2026-11-22T10:0{version}:00Z")
    hooks: list[Hook] = []
    return Release(
        "web",
        "shop",
        version,
        info=info,
        manifest=manifest,
        hooks=hooks,
        chart={"metadata": {"name": "c", "version": "1"}},
    )


def run(version: int, event: str, hook: str, start: int, end: int, **more: object) -> HookRun:
    def at(second: int) -> str:
        return f"2026-11-22T10:0{version}:{second:02}.5Z"

    known: dict[str, object] = {"result": "Succeeded", **more}
    return HookRun(event, hook, "Job", version, 1, at(start), at(end), **known)  # type: ignore[arg-type]


HISTORY = [
    revision(1, Status.SUPERSEDED, "one", "Install complete"),
    revision(2, Status.DEPLOYED, "two"),
    revision(3, Status.FAILED, "three", 'Upgrade "web" failed: pre-upgrade hook failed'),
]
RUNS = [
    run(2, "pre-upgrade", "migrate", 0, 4),
    run(2, "post-upgrade", "flush", 9, 10),
    run(
        3,
        "pre-upgrade",
        "migrate",
        0,
        2,
        result="Failed",
        exit_code=3,
        reason="BackoffLimitExceeded",
        log_tail=(HOSTILE,),
    ),
]


def test_a_chapter_a_revision_newest_first_with_hooks_on_a_time_line() -> None:
    third, second, first = chapters(HISTORY, RUNS)
    assert [chapter.release.version for chapter in (third, second, first)] == [3, 2, 1]
    assert [(bar.start, bar.end) for bar in second.bars] == [(0.0, 4.0), (9.0, 10.0)]
    assert second.resources == (4.0, 9.0)
    assert third.failed
    assert third.bars[0].failed
    assert first.bars == ()
    assert [each.name for each in third.differences] == ["ConfigMap/a"]
    assert "-  x: two" in third.differences[0].diff


def test_a_failed_attempt_is_not_what_the_next_revision_is_compared_with() -> None:
    history = [*HISTORY, revision(4, Status.DEPLOYED, "two")]
    assert chapters(history, [])[0].differences == ()


class Elements(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, element: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(element)
        self.attributes += attributes
        if element not in ("meta", "br", "hr"):
            self.open.append(element)

    def handle_endtag(self, element: str) -> None:
        assert self.open.pop() == element


def test_nothing_hostile_becomes_markup_and_nothing_is_loaded() -> None:
    named = [revision(1, Status.FAILED, "x", HOSTILE)]
    runs = [run(1, HOSTILE, HOSTILE, 0, 1, result="Failed", message=HOSTILE, log_tail=(HOSTILE,))]
    text = page(HOSTILE, HOSTILE, chapters(named, runs), explain=lambda _: HOSTILE)
    elements = Elements()
    elements.feed(text)
    assert elements.open == []
    assert "script" not in elements.seen
    assert "img" not in elements.seen
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in elements.attributes)
    assert not re.search(r"https?://|url\(|@import", text)
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in elements.attributes


def test_attributes_are_escaped() -> None:
    assert tag("p", "a<b", title='"x"') == '<p title="&quot;x&quot;">a&lt;b</p>'
    assert tag("p", Markup("<b>")) == "<p><b></p>"


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium here to look at the page with")
@pytest.mark.parametrize(("width", "height"), [(1200, 1400), (400, 900)])
def test_a_browser_shows_it(tmp_path: Path, width: int, height: int) -> None:
    source, picture = tmp_path / "report.html", tmp_path / "report.png"
    source.write_text(page("web", "shop", chapters(HISTORY, RUNS)))
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
    ]
    flags += [f"--user-data-dir={tmp_path}/profile", f"--window-size={width},{height}", f"--screenshot={picture}"]
    subprocess.run(["chromium", *flags, f"file://{source}"], check=True, capture_output=True, timeout=120)
    assert picture.read_bytes().startswith(b"\x89PNG")
    dump = subprocess.run(
        ["chromium", *flags[:-1], "--dump-dom", f"file://{source}"], check=True, capture_output=True, timeout=120
    )
    assert b"Revision 3" in dump.stdout
