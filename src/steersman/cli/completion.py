"""`steer completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.output import echo

VARIABLE = "_STEER_COMPLETE"
# Beside the other variable, this one says that words are offered alone.
BARE = "_STEER_COMPLETE_BARE"


@declare.command("completion")
@declare.argument("shell", type=declare.Choice(["bash", "zsh", "fish", "powershell"]))
@declare.option("--no-descriptions", is_flag=True, help="disable completion descriptions")
def command(shell: str, no_descriptions: bool) -> None:
    """Generate the autocompletion script for SHELL.

    For the current session: source <(steer completion bash), steer completion fish | source,
    or in PowerShell: steer completion powershell | Out-String | Invoke-Expression
    """
    from click.shell_completion import get_completion_class

    from steersman.cli import powershell
    from steersman.cli.main import root

    powershell.register()
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(root, {}, "steer", VARIABLE).source()
    if no_descriptions and shell == "powershell":
        script = script.replace(f"    $env:{VARIABLE} =", f"    $env:{BARE} = '1'\n    $env:{VARIABLE} =")
        script = script.replace(f"Env:{VARIABLE} ", f"Env:{VARIABLE}, Env:{BARE} ")
    elif no_descriptions:
        script = script.replace(f"{VARIABLE}=", f"{BARE}=1 {VARIABLE}=")
    echo(script)
