"""`steer version`."""

from __future__ import annotations

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
    """Print the version, and the Helm that it follows."""
    if template:
        from steersman.chart.capabilities import HelmVersion
        from steersman.cli.go_template import render

        echo(render(template, HelmVersion()), nl=False)
        return
    echo(__version__ if short else f"steer {__version__} (follows Helm {HELM_VERSION})")
