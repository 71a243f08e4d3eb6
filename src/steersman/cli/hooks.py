"""`steer hooks`: what hooks a release has, and how they went."""

from __future__ import annotations

from steersman import moments
from steersman.cli import declare
from steersman.cli.formats import emit, output_option, table
from steersman.cli.output import echo
from steersman.cli.results import go_ansic
from steersman.cli.settings import Settings
from steersman.lazy import TYPE_CHECKING
from steersman.manifest.hooks import DeletePolicy, HookEvent

if TYPE_CHECKING:
    from typing import Any

    from steersman.client.results import HookInfo
    from steersman.lifecycle.runs import HookRun

HEADERS = ("EVENT", "WEIGHT", "KIND", "NAME", "DELETE POLICY", "REVISION", "LAST RUN", "DURATION", "RESULT")


@declare.command("hooks")
@declare.argument("name", metavar="RELEASE")
@declare.option("--revision", type=int, default=0, help="the hooks of this revision, and their runs in it")
@declare.option(
    "--event",
    "events",
    multiple=True,
    type=declare.Choice([str(event) for event in HookEvent]),
    help="only hooks of this event (repeatable)",
)
@output_option
@declare.pass_obj
def command(settings: Settings, name: str, revision: int, events: tuple[str, ...], output: str) -> None:
    """Show each hook of a release: event, weight, policies, last run, duration, result."""
    from steersman.cli.question import answer

    infos = answer(settings, lambda client: client.hooks(name, revision))
    if events:
        infos = [info for info in infos if info.event in events]
    if output == "table":
        echo(table(HEADERS, [row(info, revision) for info in infos]))
    else:
        emit([data(info, revision) for info in infos], output)


def last_run(info: HookInfo, revision: int) -> HookRun | None:
    """The hook's last run, in this revision where one is asked for."""
    runs = [run for run in info.runs if not revision or run.revision == revision]
    return runs[-1] if runs else None


def row(info: HookInfo, revision: int) -> tuple[object, ...]:
    run = last_run(info, revision)
    policies = ",".join(info.hook.delete_policies) or f"{DeletePolicy.BEFORE_HOOK_CREATION} (default)"
    known = (info.event, info.hook.weight, info.hook.kind, info.hook.name, policies)
    return (
        (*known, "-", "never", "-", "-")
        if run is None
        else (*known, run.revision, go_ansic(run.started), took(run), result(run))
    )


def took(run: HookRun) -> str:
    seconds = duration(run)
    return "-" if seconds is None else f"{seconds:.1f}s"


def duration(run: HookRun) -> float | None:
    """Seconds from start to end; None where nobody saw the end."""
    start, end = moments.read(run.started), moments.read(run.ended)
    if start is None or end is None:
        return None
    return round(end[0] - start[0] + float(f"0{end[1]}") - float(f"0{start[1]}"), 6)


def result(run: HookRun) -> str:
    if run.result == "Skipped":
        return f"{run.result}: {run.message}"
    code = f", exit code {run.exit_code}" if run.exit_code is not None and run.result != "Succeeded" else ""
    reason = f" ({run.reason}{code})" if run.reason and run.result != "Succeeded" else ""
    attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
    return f"{run.result}{reason}{attempt}"


def data(info: HookInfo, revision: int) -> dict[str, Any]:
    runs = [run for run in info.runs if not revision or run.revision == revision]
    return {
        "name": info.hook.name,
        "kind": info.hook.kind,
        "event": str(info.event),
        "weight": info.hook.weight,
        "deletePolicies": list(info.hook.delete_policies),
        "path": info.hook.path,
        "runs": [{**run.without_log(), "seconds": duration(run)} for run in runs],
    }
