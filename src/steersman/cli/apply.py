"""`steer apply`: a saved plan, carried out if the cluster is still as it was."""

from __future__ import annotations

import sys
from pathlib import Path

from steersman.cli import declare
from steersman.cli.action_options import OUTPUTS, How
from steersman.cli.conclusion import released, said
from steersman.cli.rollback import SUCCESS
from steersman.cli.settings import Settings
from steersman.errors import UsageError
from steersman.lifecycle.policy import Action


@declare.command("apply")
@declare.argument("file", metavar="PLAN")
@declare.option(
    "--hook-logs", type=declare.Choice(["all", "failed", "none"]), default="all", help="which hooks' output to show"
)
@declare.option(
    "-o", "--output", type=declare.Choice(OUTPUTS), default="table", help="format of the result; jsonl: every event"
)
@declare.pass_obj
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
