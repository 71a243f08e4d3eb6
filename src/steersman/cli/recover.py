"""`steer recover`."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.action_options import How, action_options
from steersman.cli.conclusion import said
from steersman.cli.settings import Settings
from steersman.lifecycle.plan import Options


@declare.command("recover")
@declare.argument("name", metavar="RELEASE")
@action_options(description=False)
@declare.pass_obj
def command(settings: Settings, name: str, options: Options, how: How) -> None:
    """Finish what a command left half way when its process died; nothing else.

    Every other command on the release does this by itself first.
    """
    from steersman.cli.session import act

    sys.exit(
        act(
            settings,
            how,
            lambda client: client.recover(name, options=options),
            said(how, f'Release "{name}" is in order'),
        )
    )
