"""`steer install`."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.action_options import How, action_options, late_options
from steersman.cli.chart_options import ChartChoice, chart_choice
from steersman.cli.conclusion import released
from steersman.cli.dry_run import dry_run_choice
from steersman.cli.helm_words import helm_words
from steersman.cli.settings import Settings
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Action, error_prefix

FLAGS = (
    "--no-hooks --parallel-hooks --wait-for-jobs --strict --force-conflicts --force-replace --take-ownership "
    "--rollback-on-failure --skip-crds --upgrade-crds --create-namespace"
)


@declare.command("install")
@declare.argument("arguments", metavar="[NAME] [CHART]", nargs=-1, required=True)
@chart_choice
@action_options(FLAGS)
@declare.option("--name-template", default="", help="template that names the release")
@declare.option("-g", "--generate-name", is_flag=True, help="generate the name (and omit NAME)")
@declare.option(
    "--replace", is_flag=True, help="reuse the name of a release that was uninstalled with its history kept"
)
@declare.option("--hide-notes", is_flag=True, help="do not show notes")
@declare.option("--hide-secret", is_flag=True, help="hide Secrets when also using --dry-run")
@declare.pass_obj
def command(
    settings: Settings,
    arguments: tuple[str, ...],
    choice: ChartChoice,
    options: Options,
    how: How,
    name_template: str,
    generate_name: bool,
    replace: bool,
    hide_notes: bool,
    hide_secret: bool,
    dry_run: str,
) -> None:
    """Install a chart, with its hooks, and wait until it runs.

    CHART is a folder, a packaged chart, or a reference to a repository's or a registry's chart.
    """
    from steersman.chart.naming import name_and_chart
    from steersman.cli.session import act

    mode = dry_run_choice(dry_run)
    with helm_words(how.policy, error_prefix(how.policy, Action.INSTALL)):
        name, chart_name = name_and_chart(arguments, name_template=name_template, generate=generate_name)
        chart, values = choice.load(chart_name), choice.values()
        if mode != "none":
            from steersman.cli.dry_run import show
            from steersman.cli.rendering import render_release

            release = render_release(
                settings, name, chart, values, choice, server=mode == "server", options=options, replace=replace
            )
            show(release, how.output, hide_secret=hide_secret)
            return
        sys.exit(
            act(
                settings,
                how,
                lambda client: client.install(
                    name, chart, values, options=options, chart_options=choice.options(), replace=replace
                ),
                released(how, notes=not hide_notes),
            )
        )


late_options(command, server_side="true")
