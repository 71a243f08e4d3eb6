"""`steer plugin`: Helm's plugins, which are put where helm looks for them, too."""

from __future__ import annotations

from steersman.cli import declare
from steersman.cli.formats import table
from steersman.cli.output import echo, warn
from steersman.cli.plugin_home import folders


@declare.group("plugin")
def command() -> None:
    """Install, list, or uninstall Helm plugins."""


@command.command("list")
@declare.option("--type", "kind", default="", help="plugin type (cli/v1, getter/v1, postrenderer/v1)")
def listing(kind: str) -> None:
    """List installed Helm plugins."""
    from steersman.cli.plugin_command import is_ours
    from steersman.plugins.finding import find
    from steersman.plugins.manifest import CLI
    from steersman.plugins.provenance import status

    found = find(folders(), warn, type=kind)
    rows = [
        (one.name, one.version, one.type, one.api_version, status(one), one.source_url or "unknown") for one in found
    ]
    echo(table(("NAME", "VERSION", "TYPE", "APIVERSION", "PROVENANCE", "SOURCE"), rows))
    for one in found:
        if one.type == CLI and is_ours(one.command):
            warn(f'the plugin "{one.name}" cannot be run: `steer {one.command}` is a command of steer itself')
