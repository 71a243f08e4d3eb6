"""`steer review`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from steersman.chart.values import ValueSources, merge_files_and_sets
from steersman.cli import declare
from steersman.cli.command import HelmCommand
from steersman.cli.durations import DURATION
from steersman.cli.options import comma_separated, values_options
from steersman.cli.output import complain, echo
from steersman.cli.settings import Settings
from steersman.errors import SteersmanError, UsageError

if TYPE_CHECKING:
    from steersman.review.configuration import Configuration
    from steersman.review.model import Rule
    from steersman.review.subject import Subject

FORMATS = ["text", "json", "sarif", "junit"]
LEVELS = ["error", "warning", "info", "never"]


class ReviewCommand(HelmCommand):
    """Exit code 1 means findings, so whatever kept the review from being made is 2."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with could_not_review(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with could_not_review(ctx):
            return super().invoke(ctx)


@contextmanager
def could_not_review(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        complain(error.format_message(), f"Run `{ctx.command_path} --help` for usage.")
        sys.exit(2)
    except SteersmanError as error:
        complain(str(error), error.hint)
        sys.exit(2)


@declare.command("review", cls=ReviewCommand)
@declare.argument("what", metavar="CHART|MANIFEST|RELEASE|-", required=False)
@values_options
@declare.option("-o", "--output", type=declare.Choice(FORMATS), default="text", help="format of the findings")
@declare.option(
    "--fail-on", type=declare.Choice(LEVELS), default="warning", show_default=True, help="exit 1 from this severity on"
)
@declare.option("--rule", "only", multiple=True, help="run only this rule (repeatable, or comma-separated)")
@declare.option("--skip", multiple=True, help="leave out this rule (repeatable, or comma-separated)")
@declare.option(
    "--timeout",
    type=DURATION,
    default="5m0s",
    show_default=True,
    help="the --timeout of the release",
)
@declare.option("--fix", is_flag=True, help="make the changes that are certain, in the chart's templates")
@declare.option("--list-rules", is_flag=True, help="name all rules")
@declare.option("--explain", metavar="RULE", help="say what one rule is about")
@declare.pass_obj
def command(
    settings: Settings,
    what: str | None,
    values: ValueSources,
    output: str,
    fail_on: str,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    timeout: float,
    fix: bool,
    list_rules: bool,
    explain: str | None,
) -> None:
    """Check the hooks of a chart, of a manifest or of a release for production.

    Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 the review could not be made.
    """
    from steersman.review.output import render
    from steersman.review.rules import all_rules
    from steersman.review.runner import review

    rules = all_rules()
    if list_rules:
        width = max(len(rule.id) for rule in rules)
        for rule in rules:
            echo(f"{rule.id:{width}}  {rule.group:9} {rule.severity:7}  {rule.summary}")
        return
    if explain:
        echo(explanation(explain, rules))
        return
    if not what:
        raise UsageError("nothing to review", hint="For example: steer review ./chart")
    configuration = chosen(what, rules, only=comma_separated(only), skip=comma_separated(skip))
    subject = load(settings, what, values, timeout)
    result = review(subject, configuration, rules)
    if fix:
        from steersman.review.fixing import apply_fixes

        if not os.path.isdir(what):
            raise UsageError("--fix changes a chart's templates: name the chart's folder")
        mended = apply_fixes(Path(what), result.findings)
        echo(f"fixed {len(mended)} of {len(result.findings)} findings", err=True)
        result = review(load(settings, what, values, timeout), configuration, rules)
    echo(render(result, output), nl=False)
    worst = result.worst()
    if worst is not None and fail_on != "never" and worst.rank <= LEVELS.index(fail_on):
        sys.exit(1)


def load(settings: Settings, what: str, values: ValueSources, timeout: float) -> Subject:
    """The subject that the argument means: a chart by its folder or archive, a manifest by its file, else a release."""
    from steersman.review.build import from_chart, from_manifest, from_release

    if what == "-":
        return from_manifest(sys.stdin.read(), "standard input", timeout=timeout)
    path = Path(what)
    if path.is_dir() or path.name.endswith((".tgz", ".tar.gz")):
        from steersman.chart.load import load as load_chart

        chart = load_chart(what)
        namespace = settings.namespace or "default"
        subject = from_chart(chart, merge_files_and_sets(values), namespace=namespace, timeout=timeout)
        return replace(subject, folder=what) if path.is_dir() else subject
    if path.is_file():
        return from_manifest(path.read_text(), what, timeout=timeout)
    if "/" in what or path.suffix in (".yaml", ".yml"):
        raise UsageError(f"{what}: no such file")
    from steersman.cli.session import ask

    return from_release(ask(settings, lambda client: client.get(what)), timeout=timeout)


def chosen(what: str, rules: tuple[Rule, ...], *, only: list[str], skip: list[str]) -> Configuration:
    """The chart's own configuration, with what the command line says over it. Raises UsageError."""
    from steersman.review.configuration import load as load_configuration

    known = {rule.id for rule in rules}
    for name in (*only, *skip):
        if name not in known:
            raise UsageError(f"no rule is called {name!r}", hint="`steer review --list-rules` names them all.")
    configuration = load_configuration(Path(what), rules)
    return replace(configuration, only=frozenset(only), disable=configuration.disable | frozenset(skip))


def explanation(name: str, rules: tuple[Rule, ...]) -> str:
    """A rule in a few lines. Raises UsageError."""
    for rule in rules:
        if rule.id == name:
            text = sys.modules[rule.check.__module__].__doc__ or ""
            return f"{rule.id} ({rule.group}, {rule.severity}): {rule.summary}\n\n{text.strip()}"
    raise UsageError(f"no rule is called {name!r}", hint="`steer review --list-rules` names them all.")
