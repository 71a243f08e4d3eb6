"""`steer rollback`."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.action_options import How, action_options, late_options
from steersman.cli.conclusion import said
from steersman.cli.dry_run import dry_run_choice
from steersman.cli.output import echo
from steersman.cli.settings import Settings
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy

FLAGS = (
    "--no-hooks --parallel-hooks --wait-for-jobs --strict --force-conflicts --force-replace "
    "--recreate-immutable --cleanup-on-fail"
)
SUCCESS = "Rollback was a success! Happy Helming!"


@declare.command("rollback")
@declare.argument("name", metavar="RELEASE")
@declare.argument("revision", type=int, default=0, required=False)
@action_options(FLAGS)
@declare.option(
    "--history-max", type=int, envvar="HELM_MAX_HISTORY", default=10, show_default=True, help="revisions kept; 0: all"
)
@declare.pass_obj
def command(settings: Settings, name: str, revision: int, options: Options, how: How, dry_run: str) -> None:
    """Roll back a release to a previous revision, with that revision's hooks.

    Without REVISION, or with 0, to the one before.
    """
    from steersman.cli.session import act, ask

    if dry_run_choice(dry_run) != "none":
        plan = ask(settings, lambda client: client.plan_rollback(name, revision, options=options), policy=how.policy)
        if how.policy is Policy.HELM:
            echo(SUCCESS)
            return
        for step in plan.steps:
            echo(step.title)
        return
    sys.exit(
        act(
            settings,
            how,
            lambda client: client.rollback(name, revision, options=options),
            said(how, SUCCESS),
        )
    )


late_options(command, server_side="auto")
