"""What `steer template` does, apart from the command line: neither click nor anything else that starts slowly is imported."""

from __future__ import annotations

import os

from steersman.chart import render as rendering
from steersman.chart.capabilities import Capabilities
from steersman.chart.model import Chart
from steersman.chart.naming import check_release_name, name_and_chart
from steersman.chart.remember import memo_of
from steersman.chart.values import ValueSources, merge_files_and_sets
from steersman.cli.output import warn, write
from steersman.cli.settings import Settings
from steersman.errors import RenderedYamlError, SteersmanError, UsageError
from steersman.lazy import TYPE_CHECKING
from steersman.memo import Memo
from steersman.record import field, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@record(slots=True)
class TemplateRequest:
    """What the command line asks for; the fields are the options' names."""

    arguments: Sequence[str]
    values: ValueSources = field(default_factory=ValueSources)
    kube_version: str = ""
    api_versions: Sequence[str] = ()
    skip_schema_validation: bool = False
    show_only: Sequence[str] = ()
    include_crds: bool = False
    is_upgrade: bool = False
    no_hooks: bool = False
    skip_tests: bool = False
    output_dir: str = ""
    release_name: bool = False
    name_template: str = ""
    generate_name: bool = False
    post_renderer: str = ""
    post_renderer_args: Sequence[str] = ()
    enable_dns: bool = False
    server: bool = False


def run_template(
    request: TemplateRequest,
    settings: Settings,
    locate: Callable[[str], str],
    load_chart: Callable[[str, Memo], Chart],
) -> None:
    """Render and print. `locate` finds the chart's path by its name, `load_chart` loads one that can be installed.

    Raises SteersmanError.
    """
    capabilities = Capabilities.for_rendering(request.kube_version, request.api_versions)
    name, chart_name = name_and_chart(
        request.arguments,
        name_template=request.name_template,
        generate=request.generate_name,
        default="release-name",
    )
    post_renderer = _post_renderer(request.post_renderer, request.post_renderer_args)
    path = locate(chart_name)
    user_values = merge_files_and_sets(request.values)
    memo = memo_of(path)
    chart = load_chart(path, memo)
    check_release_name(name, warn)
    upgrade = request.is_upgrade
    release = rendering.ReleaseOptions(
        name, settings.namespace or "default", is_upgrade=upgrade, is_install=not upgrade
    )
    lookup = None
    if request.server:
        from steersman.cli.cluster_view import cluster_view

        capabilities, lookup = cluster_view(settings)
    prepared = rendering.prepare(
        chart, user_values, skip_schema_validation=request.skip_schema_validation, warn=warn, memo=memo
    )
    try:
        rendered = rendering.render(
            prepared,
            release,
            capabilities=capabilities,
            lookup=lookup,
            post_renderer=post_renderer,
            enable_dns=request.enable_dns,
            memo=memo,
        )
    except SteersmanError as error:
        if settings.debug:
            _show_unreadable(error)
        else:
            advice = "\nUse --debug flag to render out invalid YAML"
            error.hint = "\n".join([advice, *filter(None, [error.hint])])
        raise
    _print(request, name, rendered)
    memo.save()


def _print(request: TemplateRequest, name: str, rendered: rendering.Rendered) -> None:
    hooks = [
        (hook.path, hook.manifest)
        for hook in ([] if request.no_hooks else rendered.hooks)
        if not (request.skip_tests and "test" in hook.events)
    ]
    sources = list(rendered.sources(include_crds=request.include_crds))
    if request.output_dir:
        folder = os.path.join(request.output_dir, name) if request.release_name else request.output_dir
        _write_files(folder, [*sources, *hooks])
        sources, hooks = [], []
    text = "".join(f"---\n# Source: {path}\n{manifest}\n" for path, manifest in sources).strip() + "\n"
    text += "".join(f"---\n# Source: {path}\n{manifest}\n" for path, manifest in hooks)
    if request.show_only:
        text = "".join(f"---\n{manifest}\n" for manifest in _chosen(text, request.show_only))
    write(text)


def _post_renderer(name: str, arguments: Sequence[str]) -> Callable[[str], str] | None:
    if not name:
        return None
    from steersman.cli.post_renderers import post_renderer

    return post_renderer(name, arguments)


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


def _chosen(text: str, patterns: Sequence[str]) -> list[str]:
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
