"""`steer logs`: what hooks printed, kept with the release after their Jobs are gone."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.hooks import result, took
from steersman.cli.output import echo
from steersman.cli.results import go_ansic
from steersman.cli.settings import Settings
from steersman.errors import ReleaseNotFound
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.lifecycle.runs import HookRun


@declare.command("logs")
@declare.argument("name", metavar="RELEASE")
@declare.argument("hook", metavar="[HOOK]", default="")
@declare.option("--revision", type=int, default=0, help="only runs of this revision")
@declare.option("-p", "--previous", is_flag=True, help="the run before the last one")
@declare.pass_obj
def command(settings: Settings, name: str, hook: str, revision: int, previous: bool) -> None:
    """Show the end of what a release's hooks printed: the last run of each hook, or of HOOK.

    With --revision every run of that revision. The end of each log is kept with the release, so this works after the Job is
    deleted as well.
    """
    from steersman.cli.question import answer

    runs = answer(settings, lambda client: client.hook_runs(name))
    chosen = choose(runs, hook=hook, revision=revision, previous=previous)
    if not chosen:
        what = f"hook {hook!r}" if hook else "any hook"
        raise ReleaseNotFound(
            f"release {name!r} has no recorded run of {what}",
            release=name,
            hint=f"`steer hooks {name}` shows all hooks.",
        )
    for run in chosen:
        show(run)


def choose(runs: list[HookRun], *, hook: str, revision: int, previous: bool) -> list[HookRun]:
    """The runs to show, oldest first."""
    runs = [run for run in runs if (not hook or run.hook == hook) and (not revision or run.revision == revision)]
    if revision and not previous:
        return runs
    by_hook: dict[tuple[str, str, str], list[HookRun]] = {}
    for run in runs:
        by_hook.setdefault((run.event, run.kind, run.hook), []).append(run)
    place = -2 if previous else -1
    return [found[place] for found in by_hook.values() if len(found) >= -place]


def show(run: HookRun) -> None:
    echo(
        f"==> {run.event} {run.kind}/{run.hook}, revision {run.revision}, {go_ansic(run.started)}, {took(run)}: {result(run)}"
    )
    for line in run.log_tail:
        echo(line)
    echo()
