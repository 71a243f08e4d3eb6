"""Make docs/screenshots: the live view in the middle of an upgrade, and the report of a release with a failed one.

Both are taken from a real run of examples/task-api on a throw-away embedded cluster. Needs chromium on the PATH.
"""

from __future__ import annotations

import asyncio
import io
import subprocess
import tempfile
from pathlib import Path

from rich.console import Console

from steersman.cli.live import LiveView
from steersman.client import AsyncClient
from steersman.cluster.local import local_cluster
from steersman.lifecycle.events import HookLog
from steersman.report.model import chapters
from steersman.report.page import page

PROJECT = Path(__file__).resolve().parent.parent
CHART = PROJECT / "examples" / "task-api"
FOLDER = PROJECT / "docs" / "screenshots"
NAME = "my-app"


async def take() -> tuple[str, str]:
    """The live view as SVG and the report as HTML."""
    async with local_cluster() as cluster, AsyncClient(kubeconfig=str(cluster.kubeconfig)) as client:
        await (await client.install(NAME, CHART)).result()
        console = Console(file=io.StringIO(), record=True, force_terminal=True, width=110)
        view = LiveView(Console(file=io.StringIO(), force_terminal=True, width=110))
        view.lines.console = console  # what scrolls by is kept; the live part is added once, as it stands then
        seen = False
        async for event in await client.upgrade(NAME, CHART, {"version": "2.0", "sequence": {"enabled": True}}):
            if seen:
                continue
            view.show(event)
            if isinstance(event, HookLog) and "Step 2" in event.line:
                await asyncio.sleep(1)
                view.close()
                console.print(view.below())
                seen = True
        await (await client.upgrade(NAME, CHART, {"version": "3.0", "debugFailure": {"enabled": True}})).finished()
        told = chapters(await client.history(NAME), await client.hook_runs(NAME))
        return console.export_svg(title=f"steer upgrade {NAME} examples/task-api"), page(NAME, "default", told)


def picture(source: Path, target: Path, width: int, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--hide-scrollbars"]
        flags += [f"--window-size={width},{height}", f"--screenshot={target}"]
        subprocess.run(["chromium", *flags, f"file://{source}"], check=True, capture_output=True, timeout=120)


def main() -> None:
    svg, html = asyncio.run(take())
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        live, report = Path(scratch) / "live.svg", Path(scratch) / "report.html"
        live.write_text(svg)
        report.write_text(html)
        picture(live, FOLDER / "live.png", 1380, 520)
        picture(report, FOLDER / "report.png", 1000, 1250)


if __name__ == "__main__":
    main()
