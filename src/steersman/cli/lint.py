"""`steer lint`: say what is wrong with a chart, in Helm's words."""

from __future__ import annotations

from steersman.chart.values import ValueSources
from steersman.cli import declare
from steersman.cli.options import schema_option, values_options
from steersman.cli.output import echo, warn
from steersman.cli.settings import Settings
from steersman.errors import ChartError, UsageError


@declare.command("lint")
@declare.argument("paths", metavar="PATH...", nargs=-1, required=True)
@values_options
@schema_option
@declare.option("--kube-version", default="", help="Kubernetes version used for capabilities and deprecation checks")
@declare.option("--strict", is_flag=True, help="fail on lint warnings")
@declare.option("--quiet", is_flag=True, help="print only warnings and errors")
@declare.option("--with-subcharts", is_flag=True, help="lint dependent charts")
@declare.pass_obj
def command(
    settings: Settings,
    paths: tuple[str, ...],
    values: ValueSources,
    skip_schema_validation: bool,
    kube_version: str,
    strict: bool,
    quiet: bool,
    with_subcharts: bool,
) -> None:
    """Run a series of tests to verify that the charts at PATH are well-formed.

    [ERROR] messages are about what will make an installation fail, [WARNING] messages about breaks with convention.
    """
    from steersman.chart.capabilities import KubeVersion
    from steersman.chart.lint.message import Message, Severity
    from steersman.chart.lint.run import lint, subchart_paths
    from steersman.chart.values import merge_files_and_sets

    version = KubeVersion.parse(kube_version) if kube_version else None
    charts = [*paths, *(inner for path in paths for inner in subchart_paths(path) if with_subcharts)]
    user_values = merge_files_and_sets(values)
    tolerated = Severity.INFO if strict else Severity.WARNING
    failed = noticed = 0
    for path in charts:
        messages: list[Message] = []
        refusal = ""
        try:
            messages = lint(
                path,
                user_values,
                namespace=settings.namespace or "default",
                kube_version=version,
                skip_schema_validation=skip_schema_validation,
                warn=warn,
            )
        except ChartError as error:
            refusal = str(error)
        worth_showing = [message for message in messages if not quiet or message.severity > Severity.INFO]
        noticed += bool(refusal) or any(message.severity > Severity.INFO for message in messages)
        failed += bool(refusal) or any(message.severity > tolerated for message in messages)
        if quiet and not refusal and not worth_showing:
            continue
        echo(f"==> Linting {path}")
        if refusal:
            echo(f"Error {refusal}")
        for message in worth_showing:
            echo(str(message))
        echo()
    summary = f"{len(charts)} chart(s) linted, {failed} chart(s) failed"
    if failed:
        raise UsageError(summary)
    if not quiet or noticed:
        echo(summary)
