"""`steer apply`: a saved plan, carried out if the cluster is still as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from steersman.cli.action_options import OUTPUTS, How
from steersman.cli.command import HelmCommand
from steersman.cli.conclusion import released, said
from steersman.cli.rollback import SUCCESS
from steersman.cli.settings import Settings
from steersman.errors import UsageError
from steersman.lifecycle.policy import Action


@click.command("apply", cls=HelmCommand)
@click.argument("file", metavar="PLAN")
@click.option(
    "--hook-logs", type=click.Choice(["all", "failed", "none"]), default="all", help="which hooks' output to show"
)
@click.option(
    "-o", "--output", type=click.Choice(OUTPUTS), default="table", help="format of the result; jsonl: every event"
)
@click.pass_obj
def command(settings: Settings, file: str, hook_logs: str, output: str) -> None:
    """Carry out a plan that `steer plan … --save PLAN` has kept.

    Refused when the cluster has moved on since: it then says what has changed.
    """
    from steersman.cli.session import act
    from steersman.lifecycle.saved import SavedPlan

    try:
        saved = SavedPlan.from_json(Path(file).read_text())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    how = How(policy=saved.policy, output=output, hook_logs=hook_logs)
    settings = settings.override({"namespace": saved.namespace})
    if saved.action in (Action.INSTALL, Action.UPGRADE):
        conclude = released(how)
    else:
        conclude = said(how, SUCCESS if saved.action is Action.ROLLBACK else f'release "{saved.name}" uninstalled')
    sys.exit(act(settings, how, lambda client: client.apply(saved), conclude))
