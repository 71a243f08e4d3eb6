"""`steer template`: render a chart and print what Helm would print, to the byte."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from steersman.chart.values import ValueSources
from steersman.cli.command import HelmCommand, optional_value
from steersman.cli.locate import ChartReference, chart_reference_options
from steersman.cli.options import capabilities_options, schema_option, values_options
from steersman.cli.output import warn, write
from steersman.cli.settings import Settings
from steersman.errors import RenderedYamlError, SteersmanError, UsageError

# `helm template` takes the flags of `helm install`; those that say nothing about rendering are taken and not heard.
_UNHEARD_FLAGS = (
    "--create-namespace --disable-openapi-validation --force-conflicts --force-replace --force --replace "
    "--rollback-on-failure --atomic --take-ownership --wait-for-jobs --hide-notes --render-subchart-notes --skip-crds"
)
_UNHEARD_WORDS = ("--description", "--timeout", "-l --labels")


def _unheard(command: Callable[..., Any]) -> Callable[..., Any]:
    for flag in _UNHEARD_FLAGS.split():
        command = click.option(flag, is_flag=True, expose_value=False, hidden=True)(command)
    for words in _UNHEARD_WORDS:
        command = click.option(*words.split(), multiple=True, expose_value=False, hidden=True)(command)
    return command


@click.command("template", cls=HelmCommand)
@click.argument("arguments", metavar="[NAME] [CHART]", nargs=-1)
@values_options
@capabilities_options
@chart_reference_options
@schema_option
@click.option("-s", "--show-only", multiple=True, help="only show manifests rendered from the given templates")
@click.option("--include-crds", is_flag=True, help="include CRDs in the templated output")
@click.option("--is-upgrade", is_flag=True, help="set .Release.IsUpgrade instead of .Release.IsInstall")
@click.option("--no-hooks", is_flag=True, help="leave hooks out")
@click.option("--skip-tests", is_flag=True, help="leave out test hooks")
@click.option("--output-dir", default="", help="write the rendered templates to files in this folder")
@click.option("--release-name", is_flag=True, help="use the release's name in the --output-dir path")
@click.option("--name-template", default="", help="template that names the release")
@click.option("-g", "--generate-name", is_flag=True, help="generate the name (and omit NAME)")
@click.option("--post-renderer", default="", help="program to pipe the rendered manifests through")
@click.option("--post-renderer-args", multiple=True, help="argument for the post-renderer (repeatable)")
@click.option("--enable-dns", is_flag=True, help="enable DNS lookups when rendering templates")
@click.option("--dependency-update", is_flag=True, help="update dependencies that are missing before rendering")
@click.option("--validate", is_flag=True, help="ask the cluster (the same as --dry-run=server)")
@_unheard
@click.pass_obj
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
    from steersman.chart import render as rendering
    from steersman.chart.capabilities import Capabilities
    from steersman.chart.naming import check_release_name, name_and_chart
    from steersman.chart.values import merge_files_and_sets

    server = validate or _dry_run_asks_server(dry_run)
    capabilities = Capabilities.for_rendering(kube_version, api_versions)
    name, chart_name = name_and_chart(
        arguments, name_template=name_template, generate=generate_name, default="release-name"
    )
    path = reference.locate(chart_name)
    user_values = merge_files_and_sets(values)
    chart = reference.load_installable(path, dependency_update=dependency_update)
    check_release_name(name)
    release = rendering.ReleaseOptions(
        name, settings.namespace or "default", is_upgrade=is_upgrade, is_install=not is_upgrade
    )
    lookup = None
    if server:
        from steersman.cli.cluster_view import cluster_view

        capabilities, lookup = cluster_view(settings)
    prepared = rendering.prepare(chart, user_values, skip_schema_validation=skip_schema_validation, warn=warn)
    try:
        rendered = rendering.render(
            prepared,
            release,
            capabilities=capabilities,
            lookup=lookup,
            post_renderer=_post_renderer(post_renderer, post_renderer_args),
            enable_dns=enable_dns,
        )
    except SteersmanError as error:
        if settings.debug:
            _show_unreadable(error)
        else:
            error.hint = "\n".join(["\nUse --debug flag to render out invalid YAML", *filter(None, [error.hint])])
        raise
    hooks = [
        (hook.path, hook.manifest)
        for hook in ([] if no_hooks else rendered.hooks)
        if not (skip_tests and "test" in hook.events)
    ]
    sources = list(rendered.sources(include_crds=include_crds))
    if output_dir:
        _write_files(os.path.join(output_dir, name) if release_name else output_dir, [*sources, *hooks])
        sources, hooks = [], []
    text = "".join(f"---\n# Source: {path}\n{manifest}\n" for path, manifest in sources).strip() + "\n"
    text += "".join(f"---\n# Source: {path}\n{manifest}\n" for path, manifest in hooks)
    if show_only:
        text = "".join(f"---\n{manifest}\n" for manifest in _chosen(text, show_only))
    write(text)


command.params.extend(
    [
        optional_value(
            "--dry-run", bare="unset", default="client", help="client, or server: ask the cluster", metavar="string"
        ),
        optional_value("--wait", bare="watcher", default="hookOnly", help="accepted and not used", metavar="string"),
        optional_value("--server-side", bare="true", default="true", help="accepted and not used", metavar="bool"),
    ]
)


def _dry_run_asks_server(value: str) -> bool:
    if value in ("client", "unset", "true", "True", "TRUE", "1", "t", "T"):
        return False
    if value == "server":
        return True
    raise UsageError(f'invalid dry-run value ("{value}"). Must be "server" or "client"')


def _post_renderer(program: str, arguments: tuple[str, ...]) -> Callable[[str], str] | None:
    if not program:
        return None
    from steersman.chart import postrender

    return postrender.command(program, arguments)


def _show_unreadable(error: SteersmanError) -> None:
    files = error.files if isinstance(error, RenderedYamlError) else {}
    write("".join(f"---\n# Source: {path}\n{text}\n" for path, text in files.items() if text.strip()).strip() + "\n")


def _write_files(folder: str, sources: list[tuple[str, str]]) -> None:
    written: set[str] = set()
    for path, text in sources:
        target = f"{folder}/{path}"
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "ab" if path in written else "wb") as stream:
                stream.write(f"---\n# Source: {path}\n{text}\n".encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise UsageError(f"cannot write {target}: {(error.strerror or str(error)).lower()}") from error
        written.add(path)
        write(f"wrote {target}\n")


def _chosen(text: str, patterns: tuple[str, ...]) -> list[str]:
    """The documents whose template, named from the chart's root, matches a pattern; in the order of the patterns."""
    import re

    from steersman.chart import pathmatch
    from steersman.manifest.documents import split

    source = re.compile("# Source: [^/]+/(.+)")
    documents = [(found[1], document.text) for document in split("", text) if (found := source.search(document.text))]
    chosen: list[str] = []
    for pattern in patterns:
        try:
            matches = [manifest for path, manifest in documents if pathmatch.match(pattern, path)]
        except pathmatch.BadPattern:
            matches = []
        if not matches:
            raise UsageError(
                f"could not find template {pattern} in chart",
                hint="Name a template from the chart's root: templates/deployment.yaml, charts/sub/templates/x.yaml.",
            )
        chosen.extend(matches)
    return chosen
