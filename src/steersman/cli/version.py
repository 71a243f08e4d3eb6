"""`steer version`."""

from __future__ import annotations

import os

from steersman import __version__
from steersman.cli import declare
from steersman.cli.output import echo

# The Helm whose behaviour, templates and records this version follows.
HELM_VERSION = "v4.3.1"


@declare.command("version")
@declare.option("--short", is_flag=True, help="print the version number")
@declare.option(
    "--template", default="", help="template for version string format: {{.Version}} is of the Helm that is followed"
)
def command(short: bool, template: str) -> None:
    """Print the version, and the Helm that it follows. A plugin that asks is told as helm tells it."""
    if os.environ.get("HELM_PLUGIN_NAME") and not template:
        echo(_helms(short))
        return
    if template:
        from steersman.chart.capabilities import HelmVersion
        from steersman.cli.go_template import render

        echo(render(template, HelmVersion()), nl=False)
        return
    echo(__version__ if short else f"steer {__version__} (follows Helm {HELM_VERSION})")


def _helms(short: bool) -> str:
    """Plugins look for helm's version in helm's words, and refuse what they do not know."""
    from steersman.chart.capabilities import HelmVersion

    helm = HelmVersion()
    if short:
        return f"{helm.version}+g{helm.git_commit[:7]}"
    said = ", ".join(f'{name}:"{getattr(helm, field)}"' for name, field in helm.go_fields.items())
    return f"{helm.go_type}{{{said}}}"
