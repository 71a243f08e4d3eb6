"""`steer template`: render a chart and print what Helm would print, to the byte."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from steersman.chart.values import ValueSources
from steersman.cli import declare
from steersman.cli.locate import ChartReference, chart_reference_options
from steersman.cli.options import capabilities_options, schema_option, values_options
from steersman.cli.settings import Settings
from steersman.errors import UsageError

if TYPE_CHECKING:
    from steersman.chart.model import Chart
    from steersman.memo import Memo

# `helm template` takes the flags of `helm install`; those that say nothing about rendering are taken and not heard.
_UNHEARD_FLAGS = (
    "--create-namespace --disable-openapi-validation --force-conflicts --force-replace --force --replace "
    "--rollback-on-failure --atomic --take-ownership --wait-for-jobs --hide-notes --render-subchart-notes --skip-crds"
)
_UNHEARD_WORDS = ("--description", "--timeout", "-l --labels")


def _unheard(command: Callable[..., Any]) -> Callable[..., Any]:
    for flag in _UNHEARD_FLAGS.split():
        command = declare.option(flag, is_flag=True, expose_value=False, hidden=True)(command)
    for words in _UNHEARD_WORDS:
        command = declare.option(*words.split(), multiple=True, expose_value=False, hidden=True)(command)
    return command


@declare.command("template")
@declare.argument("arguments", metavar="[NAME] [CHART]", nargs=-1, required=True)
@values_options
@capabilities_options
@chart_reference_options
@schema_option
@declare.option("-s", "--show-only", multiple=True, help="only show manifests rendered from the given templates")
@declare.option("--include-crds", is_flag=True, help="include CRDs in the templated output")
@declare.option("--is-upgrade", is_flag=True, help="set .Release.IsUpgrade instead of .Release.IsInstall")
@declare.option("--no-hooks", is_flag=True, help="leave hooks out")
@declare.option("--skip-tests", is_flag=True, help="leave out test hooks")
@declare.option("--output-dir", default="", help="write the rendered templates to files in this folder")
@declare.option("--release-name", is_flag=True, help="use the release's name in the --output-dir path")
@declare.option("--name-template", default="", help="template that names the release")
@declare.option("-g", "--generate-name", is_flag=True, help="generate the name (and omit NAME)")
@declare.option(
    "--post-renderer", default="", help="postrenderer plugin, or program, to pipe the rendered manifests through"
)
@declare.option("--post-renderer-args", multiple=True, help="argument for the post-renderer (repeatable)")
@declare.option("--enable-dns", is_flag=True, help="enable DNS lookups when rendering templates")
@declare.option("--dependency-update", is_flag=True, help="update dependencies that are missing before rendering")
@declare.option("--validate", is_flag=True, help="ask the cluster (the same as --dry-run=server)")
@_unheard
@declare.pass_obj
def command(
    settings: Settings,
    arguments: tuple[str, ...],
    values: ValueSources,
    kube_version: str,
    api_versions: list[str],
    reference: ChartReference,
    skip_schema_validation: bool,
    show_only: tuple[str, ...],
    include_crds: bool,
    is_upgrade: bool,
    no_hooks: bool,
    skip_tests: bool,
    output_dir: str,
    release_name: bool,
    name_template: str,
    generate_name: bool,
    post_renderer: str,
    post_renderer_args: tuple[str, ...],
    enable_dns: bool,
    dependency_update: bool,
    validate: bool,
    dry_run: str,
    server_side: str,
    wait: str,
) -> None:
    """Render chart templates locally and display the output.

    Values that would normally be looked up in the cluster are faked, and nothing is checked against a cluster.
    """
    from steersman.cli.templating import TemplateRequest, run_template

    request = TemplateRequest(
        arguments=arguments,
        values=values,
        kube_version=kube_version,
        api_versions=api_versions,
        skip_schema_validation=skip_schema_validation,
        show_only=show_only,
        include_crds=include_crds,
        is_upgrade=is_upgrade,
        no_hooks=no_hooks,
        skip_tests=skip_tests,
        output_dir=output_dir,
        release_name=release_name,
        name_template=name_template,
        generate_name=generate_name,
        post_renderer=post_renderer,
        post_renderer_args=post_renderer_args,
        enable_dns=enable_dns,
        server=validate or _dry_run_asks_server(dry_run),
    )

    def load_chart(path: str, memo: Memo) -> Chart:
        return reference.load_installable(path, memo, dependency_update=dependency_update)

    run_template(request, settings, reference.locate, load_chart)


command.parameters.extend(
    [
        declare.bare(
            "--dry-run",
            bare_value="unset",
            default="client",
            help="client, or server: ask the cluster",
            metavar="[=string]",
        ),
        declare.bare(
            "--wait", bare_value="watcher", default="hookOnly", help="accepted and not used", metavar="[=string]"
        ),
        declare.bare(
            "--server-side", bare_value="true", default="true", help="accepted and not used", metavar="[=bool]"
        ),
    ]
)


def _dry_run_asks_server(value: str) -> bool:
    if value in ("client", "unset", "true", "True", "TRUE", "1", "t", "T"):
        return False
    if value == "server":
        return True
    raise UsageError(f'invalid dry-run value ("{value}"). Must be "server" or "client"')
