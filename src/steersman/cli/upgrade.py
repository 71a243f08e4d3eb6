"""`steer upgrade`."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.action_options import How, action_options, late_options
from steersman.cli.chart_options import ChartChoice, chart_choice
from steersman.cli.conclusion import released
from steersman.cli.dry_run import dry_run_choice
from steersman.cli.settings import Settings
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Action, Policy, error_prefix

FLAGS = (
    "--no-hooks --parallel-hooks --hooks-on-change --wait-for-jobs --strict --force-conflicts --force-replace --take-ownership "
    "--recreate-immutable --cleanup-on-fail --rollback-on-failure --skip-crds --upgrade-crds --create-namespace"
)
SUCCESS = 'Release "{}" has been upgraded. Happy Helming!'
NOT_THERE = 'Release "{}" does not exist. Installing it now.'


@declare.command("upgrade")
@declare.argument("name", metavar="RELEASE")
@declare.argument("chart_name", metavar="CHART")
@chart_choice
@action_options(FLAGS)
@declare.option("-i", "--install", is_flag=True, help="install the release if it does not exist")
@declare.option(
    "--history-max", type=int, envvar="HELM_MAX_HISTORY", default=10, show_default=True, help="revisions kept; 0: all"
)
@declare.option("--reset-values", is_flag=True, help="take the new values alone, on the chart's own")
@declare.option("--reuse-values", is_flag=True, help="take the last release's values, and the new ones over them")
@declare.option(
    "--reset-then-reuse-values",
    is_flag=True,
    help="the last values on the new chart, the new ones over them",
)
@declare.option("--hide-notes", is_flag=True, help="do not show notes")
@declare.option("--hide-secret", is_flag=True, help="hide Secrets when also using --dry-run")
@declare.pass_obj
def command(
    settings: Settings,
    name: str,
    chart_name: str,
    choice: ChartChoice,
    options: Options,
    how: How,
    install: bool,
    reset_values: bool,
    reuse_values: bool,
    reset_then_reuse_values: bool,
    hide_notes: bool,
    hide_secret: bool,
    dry_run: str,
) -> None:
    """Upgrade a release to a new version of its chart or its values, with its hooks, and wait until it runs."""
    from steersman.cli.session import act
    from steersman.client.values import ReuseValues

    reuse = (
        ReuseValues.RESET
        if reset_values
        else ReuseValues.REUSE
        if reuse_values
        else ReuseValues.RESET_THEN_REUSE
        if reset_then_reuse_values
        else ReuseValues.AUTO
    )
    chart, values = choice.load(chart_name), choice.values()
    mode = dry_run_choice(dry_run)
    if mode != "none":
        from steersman.cli.dry_run import show
        from steersman.cli.rendering import render_upgrade

        server, policy = mode == "server", how.policy
        release = render_upgrade(
            settings, name, chart, values, choice, reuse, server=server, install=install, options=options, policy=policy
        )
        first_line = ""
        if policy is Policy.HELM:
            first_line = NOT_THERE.format(name) if release.version == 1 else SUCCESS.format(name)
        show(release, how.output, hide_secret=hide_secret, first_line=first_line)
        return
    sys.exit(
        act(
            settings,
            how,
            lambda client: client.upgrade(
                name, chart, values, options=options, chart_options=choice.options(), reuse=reuse, install=install
            ),
            released(how, notes=not hide_notes, first_line=SUCCESS.format(name)),
            unsaid=error_prefix(how.policy, Action.INSTALL),  # helm's upgrade says no such thing where it installs
        )
    )


late_options(command, server_side="auto")
