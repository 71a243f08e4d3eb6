"""`steer rehearse`: try an action on a throw-away cluster, and what happens when a hook goes wrong."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from steersman.chart.values import ValueSources, merge_files_and_sets
from steersman.cli import declare
from steersman.cli.durations import DURATION
from steersman.cli.formats import FORMATS, emit
from steersman.cli.options import values_options
from steersman.cli.output import echo
from steersman.cli.policy import chosen_policy
from steersman.cli.settings import Settings

if TYPE_CHECKING:
    from steersman.chart.model import Chart
    from steersman.client import AsyncClient
    from steersman.lifecycle.events import HookFinished
    from steersman.rehearse.perform import Play
    from steersman.rehearse.stage import State
    from steersman.rehearse.verdict import Rehearsal, Scenario
    from steersman.release.record import Release


@declare.group("rehearse")
def command() -> None:
    """Run an action on a throw-away cluster, undisturbed and with faults: is each hook safe to run twice, to be killed, to fail?

    The present state comes from the cluster's release records, or from --from CHART where there is no cluster to ask.
    """


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def collected(settings: Settings, *args: Any, **given: Any) -> None:
        policy, timeout = chosen_policy(given.pop("failure_policy")), given.pop("timeout")
        output, keep = given.pop("output"), given.pop("keep")
        scenarios = given.pop("scenario")
        play = function(settings, *args, **given)
        if scenarios:
            play = replace(play, scenarios=frozenset(scenarios))
        sys.exit(_rehearse(settings, play, str(policy), timeout, output, keep=keep))

    for option in (
        declare.option("--failure-policy", type=declare.Choice(["rollback", "helm"]), help="what a failure leads to"),
        declare.option("--timeout", type=DURATION, default="2m", show_default=True, help="for each operation"),
        declare.option("--keep", is_flag=True, help="where something does not hold, keep that cluster until Ctrl-C"),
        declare.option(
            "--scenario",
            multiple=True,
            type=declare.Choice(["twice", "killed", "fails"]),
            callback=lambda _context, _option, words: [_scenario(word) for word in words],
            help="beside the undisturbed run, play only this one (repeatable)",
        ),
        declare.option(
            "-o", "--output", type=declare.Choice([*FORMATS, "junit"]), default="table", help="format of the verdicts"
        ),
    ):
        collected = option(collected)
    return declare.pass_obj(collected)


def _scenario(word: str) -> Scenario:
    from steersman.rehearse.verdict import Scenario

    return Scenario[word.upper()]


def _from_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--from` and `--from-values`: the present state where no cluster is asked."""
    function = declare.option("--from-values", multiple=True, help="values file of the present release (repeatable)")(
        function
    )
    return declare.option(
        "--from", "from_chart", default="", help="chart of the present release, instead of its record"
    )(function)


@command.command("install")
@declare.argument("name", metavar="RELEASE")
@declare.argument("chart_name", metavar="CHART")
@values_options
@_options
def install(settings: Settings, name: str, chart_name: str, values: ValueSources) -> Play:
    """Rehearse the installation of CHART."""
    return _play(settings, "install", name, (), _load(chart_name), merge_files_and_sets(values))


@command.command("upgrade")
@declare.argument("name", metavar="RELEASE")
@declare.argument("chart_name", metavar="CHART")
@_from_options
@values_options
@_options
def upgrade(
    settings: Settings, name: str, chart_name: str, from_chart: str, from_values: tuple[str, ...], values: ValueSources
) -> Play:
    """Rehearse the upgrade of a release to CHART."""
    before = _present(settings, name, from_chart, from_values)
    return _play(settings, "upgrade", name, before, _load(chart_name), merge_files_and_sets(values))


@command.command("rollback")
@declare.argument("name", metavar="RELEASE")
@declare.argument("revision", type=int, default=0)
@_options
def rollback(settings: Settings, name: str, revision: int) -> Play:
    """Rehearse the way back to REVISION, by default the one before."""

    def both(history: list[Release]) -> list[Release]:
        current = history[-1]
        wanted = revision or current.version - 1
        return [next((release for release in history if release.version == wanted), current), current]

    return _play(settings, "rollback", name, _recorded(settings, name, both), revision=1)


@command.command("uninstall")
@declare.argument("name", metavar="RELEASE")
@_from_options
@_options
def uninstall(settings: Settings, name: str, from_chart: str, from_values: tuple[str, ...]) -> Play:
    """Rehearse the removal of a release."""
    return _play(settings, "uninstall", name, _present(settings, name, from_chart, from_values))


@command.command("test")
@declare.argument("name", metavar="RELEASE")
@_from_options
@_options
def test(settings: Settings, name: str, from_chart: str, from_values: tuple[str, ...]) -> Play:
    """Rehearse the tests of a release."""
    return _play(settings, "test", name, _present(settings, name, from_chart, from_values))


def _play(
    settings: Settings,
    action: str,
    name: str,
    before: tuple[State, ...],
    chart: Chart | None = None,
    values: dict[str, Any] | None = None,
    revision: int = 0,
) -> Play:
    from steersman.lifecycle.policy import Action
    from steersman.rehearse.perform import Play

    return Play(Action(action), name, before, chart, values or {}, revision, namespace=settings.namespace or "default")


def _load(name: str) -> Chart:
    from steersman.cli.locate import ChartReference

    reference = ChartReference()
    return reference.load_installable(reference.locate(name))


def _present(settings: Settings, name: str, from_chart: str, from_values: tuple[str, ...]) -> tuple[State, ...]:
    if from_chart:
        from steersman.rehearse.stage import State

        return (State(_load(from_chart), merge_files_and_sets(ValueSources(files=list(from_values)))),)
    return _recorded(settings, name, lambda history: history[-1:])


def _recorded(settings: Settings, name: str, pick: Callable[[list[Release]], list[Release]]) -> tuple[State, ...]:
    """The revisions that `pick` chooses of the release's history, read from the user's cluster. Nothing is written there."""
    from steersman.cli.session import ask
    from steersman.rehearse.stage import present

    async def look(client: AsyncClient) -> list[State]:
        return [await present(client.kube, release) for release in pick(await client.history(name))]

    return tuple(ask(settings, look))


def _rehearse(settings: Settings, play: Play, policy: str, timeout: float, output: str, *, keep: bool) -> int:
    from steersman.client import AsyncClient
    from steersman.lifecycle.plan import Options
    from steersman.lifecycle.policy import Policy
    from steersman.rehearse.run import rehearse

    play = replace(play, policy=Policy(policy), options=Options(timeout=timeout), explain=_explain)

    def tell(text: str) -> None:
        print(f"… {text}", file=sys.stderr, flush=True)

    interrupted = signal.getsignal(signal.SIGINT)

    async def kept(kubeconfig: str) -> None:
        tell(f"something did not hold; this cluster stays until Ctrl-C: KUBECONFIG={kubeconfig}")
        enough, loop = asyncio.Event(), asyncio.get_running_loop()
        # The first Ctrl-C ends only the look at this cluster: what was found is still told.
        loop.add_signal_handler(signal.SIGINT, enough.set)
        try:
            await enough.wait()
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, interrupted)

    with terminated_as_interrupted():
        found = asyncio.run(rehearse(play, AsyncClient, tell, kept if keep else None))
    if output == "table":
        _show(found)
    elif output == "junit":
        from steersman.rehearse.junit import junit

        echo(junit(found))
    else:
        emit(found.to_json(), output)
    return 0 if found.holds else 1


async def _explain(client: AsyncClient, release: Release, hook: HookFinished) -> str:
    """The diagnosis of a hook that failed on the throw-away cluster."""
    from steersman.cli.diagnose import diagnosis_text
    from steersman.diagnose.failure import diagnose_failure

    found = await diagnose_failure(client.kube, release, hook.hook, event=str(hook.event))
    return "" if found is None else diagnosis_text(found)


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Within this block SIGTERM is answered as Ctrl-C: the throw-away clusters are taken down before the process ends."""
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(found: Rehearsal) -> None:
    from steersman.rehearse.verdict import Result

    rows = [(each.hook, each.event, str(each.scenario), str(each.result), each.detail) for each in found.verdicts]
    widths = [max(map(len, column)) for column in zip(("HOOK", "EVENT", "SCENARIO", "RESULT", ""), *rows, strict=True)]
    for row in [("HOOK", "EVENT", "SCENARIO", "RESULT", "DETAIL"), *rows]:
        echo("  ".join(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=False)) + f"  {row[4]}")
    for each in found.verdicts:
        if each.result is not Result.BROKEN:
            continue
        if each.log:
            echo(f"\n{each.event} hook {each.hook}, {each.scenario}: its last lines")
            for line in each.log[-10:]:
                echo(f"  {line}")
        if each.cause:
            echo(f"\n{each.cause}")
    if found.error:
        echo(f"\nThe {found.action} itself did not succeed: {found.error}")
    echo(f"\n{_summary(found)}")


def _summary(found: Rehearsal) -> str:
    held = "Everything held." if found.holds else "Not everything held."
    if not found.left_out:
        return held
    held = "What could be rehearsed held." if found.holds else held
    return f"{held} Not or not wholly rehearsed: {', '.join(found.left_out)}."
