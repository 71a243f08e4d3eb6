"""From a chart and values to documents: the pipeline of `helm template` and of every install.

`prepare` settles what the templates will see (subcharts switched on or off, values coalesced and checked against schemas);
`render` runs the templates and divides what comes out into hooks, manifests and notes.
"""

from __future__ import annotations

from steersman.chart.capabilities import Capabilities
from steersman.chart.coalesce import coalesce_values
from steersman.chart.dependencies import process
from steersman.chart.files import Files
from steersman.chart.model import Chart, File
from steersman.chart.notice import ERROR, INFO, ignore_warning, notice
from steersman.chart.versions import is_compatible
from steersman.errors import ChartError, RenderedYamlError, ValuesError, YamlError
from steersman.lazy import TYPE_CHECKING
from steersman.record import field, record
from steersman.template.helm_types import Values, seen_from_inside, seen_from_outside
from steersman.template.values import from_utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from steersman.manifest.documents import Document
    from steersman.manifest.hooks import Hook
    from steersman.memo import Memo
    from steersman.template.functions.registry import Functions
    from steersman.template.limits import Limits

    Warn = Callable[[str], None]
    PostRenderer = Callable[[str], str]
    # apiVersion, kind, namespace, name → the object, or {} where there is none
    Lookup = Callable[[str, str, str, str], dict[str, Any]]

NOTES = "NOTES.txt"


@record(frozen=True, slots=True)
class ReleaseOptions:
    """What `.Release` says."""

    name: str
    namespace: str = "default"
    revision: int = 1
    is_upgrade: bool = False
    is_install: bool = True

    def templating(self) -> dict[str, Any]:
        return {
            "Name": self.name,
            "Namespace": self.namespace,
            "IsUpgrade": self.is_upgrade,
            "IsInstall": self.is_install,
            "Revision": self.revision,
            "Service": "Helm",
        }


@record(frozen=True, slots=True)
class Prepared:
    """A chart with its subcharts chosen, and the values that its templates will see."""

    chart: Chart
    values: dict[str, Any]
    warn: Warn = ignore_warning


@record(slots=True)
class Rendered:
    """What a chart came to: hooks and manifests in the order of their kinds.

    `crds` are the files of crds/ as (path below the root chart, file); they are no templates and no part of a release.
    `dropped` are the manifests that Helm silently leaves out, because they name a hook event it does not know.
    """

    hooks: list[Hook] = field(default_factory=list)
    manifests: list[Document] = field(default_factory=list)
    notes: str = ""
    crds: list[tuple[str, File]] = field(default_factory=list)
    dropped: list[Document] = field(default_factory=list)

    def manifest(self, *, include_crds: bool = False) -> str:
        """The manifests as one text, each below a `# Source:` line: what a release record keeps."""
        return "".join(f"---\n# Source: {path}\n{text}\n" for path, text in self.sources(include_crds=include_crds))

    def sources(self, *, include_crds: bool = False) -> Iterator[tuple[str, str]]:
        """(path, text) of each CRD file, if wanted, and of each manifest."""
        if include_crds:
            for path, file in self.crds:
                yield path, from_utf8(file.data)
        for document in self.manifests:
            yield document.path, document.text


def prepare(
    chart: Chart,
    values: Mapping[str, Any],
    *,
    skip_schema_validation: bool = False,
    warn: Warn = ignore_warning,
    memo: Memo | None = None,
) -> Prepared:
    """Choose subcharts and coalesce values. Neither argument is changed. Raises ValuesError, SchemaError.

    `memo` may know that these values have been found good before.
    """
    try:
        chosen = process(chart, dict(values), warn)
    except ValuesError as error:
        warn(notice("chart dependencies processing failed", ERROR, error=error))
        raise ValuesError(f"chart dependencies processing failed: {error}", hint=error.hint) from error
    coalesced = coalesce_values(chosen, dict(values), warn)
    if not skip_schema_validation and _has_schema(chosen):
        from steersman.chart import schema

        schema.validate(chosen, coalesced, memo)
    return Prepared(chosen, coalesced, warn)


def render(
    prepared: Prepared,
    release: ReleaseOptions,
    *,
    capabilities: Capabilities | None = None,
    lookup: Lookup | None = None,
    post_renderer: PostRenderer | None = None,
    subchart_notes: bool = False,
    enable_dns: bool = False,
    lint: bool = False,
    memo: Memo | None = None,
    limits: Limits | None = None,
) -> Rendered:
    """Run the templates and sort what they give; `memo` may know documents' heads from an earlier run.

    `lookup` answers the template function of that name; without one it finds nothing. `lint` lets `required` and `fail`
    pass. `limits` bound the time and the output of the templates. Raises ChartError (kubeVersion), TemplateError,
    RenderedYamlError.
    """
    files = render_files(
        prepared, release, capabilities=capabilities, lookup=lookup, enable_dns=enable_dns, lint=lint, limits=limits
    )
    notes = _take_notes(prepared.chart, files, subchart_notes)
    if post_renderer is not None:
        from steersman.chart.postrender import post_render

        files = post_render(files, post_renderer)
    from steersman.manifest.order import sort_manifests

    dropped: list[Document] = []
    read_head = None
    if memo is not None:
        from steersman.chart.remember import head_of

        read_head = head_of(memo)
    try:
        hooks, manifests = sort_manifests(files, dropped=dropped, read_head=read_head)
    except YamlError as error:
        raise RenderedYamlError(str(error), location=error.location, hint=error.hint, files=files) from error
    from steersman.manifest.documents import EVENT_ANNOTATION

    for document in dropped:
        prepared.warn(notice("skipping unknown hooks", INFO, hookTypes=document.annotations[EVENT_ANNOTATION]))
    return Rendered(hooks, manifests, notes, list(prepared.chart.crds()), dropped)


def _telling(warn: Warn) -> Callable[[str, str, str], None]:
    return lambda level, what, message: warn(notice(what, level, message=message))


def render_files(
    prepared: Prepared,
    release: ReleaseOptions,
    *,
    capabilities: Capabilities | None = None,
    lookup: Lookup | None = None,
    enable_dns: bool = False,
    lint: bool = False,
    limits: Limits | None = None,
) -> dict[str, str]:
    """The rendered text of every template but partials, by path (`chart/templates/x.yaml`).

    Raises ChartError for a chart that is not made for this Kubernetes, TemplateError.
    """
    from steersman.template.environment import Environment, in_parsing_order
    from steersman.template.functions.registry import FUNCTIONS, Layers

    capabilities = capabilities or Capabilities()
    if not lint:  # which helm's linter does not look at either
        check_kube_version(prepared.chart, capabilities)
    functions: Functions = FUNCTIONS
    if lookup is not None or enable_dns or lint:
        from steersman.template.functions.flow import RunOptions, for_run

        options = RunOptions(lookup=lookup, dns=enable_dns, lint=lint, tell=_telling(prepared.warn))
        functions = Layers(for_run(options), FUNCTIONS)
    environment = Environment(functions, limits=limits)
    templates = template_scopes(prepared, release, capabilities)
    names = in_parsing_order(templates)
    for name in names:
        environment.parse(name, templates[name].text)
    rendered: dict[str, str] = {}
    inside: Values | None = None
    for name in names:
        if not name.rpartition("/")[2].startswith("_"):
            template = templates[name]
            if template.values is not inside:
                if inside is not None:
                    seen_from_outside(inside)
                inside = template.values
                seen_from_inside(inside)
            template.scope["Template"] = Values(Name=name, BasePath=template.base)
            rendered[name] = environment.render(name, template.scope)
    environment.save()
    return rendered


def check_kube_version(chart: Chart, capabilities: Capabilities) -> None:
    """Raise ChartError where Chart.yaml's kubeVersion does not allow this Kubernetes."""
    wanted, have = chart.metadata.kube_version, capabilities.kube_version
    if wanted and not is_compatible(wanted, have.normalized):
        raise ChartError(
            f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {have.version}",
            hint="Pass --kube-version to render for another Kubernetes.",
        )


@record(frozen=True, slots=True)
class Template:
    """One template: its text, what it sees, its chart's values (in `scope` a template may put others in their place), and
    the `.Template.BasePath` of its chart."""

    text: str
    scope: Values
    values: Values
    base: str


def template_scopes(prepared: Prepared, release: ReleaseOptions, capabilities: Capabilities) -> dict[str, Template]:
    """Every template of the chart and its subcharts by path, with what it sees; one chart's templates see one object."""
    templates: dict[str, Template] = {}
    shared = {"Release": release.templating(), "Capabilities": capabilities}

    def visit(chart: Chart, values: Values, path: str) -> Values:
        subcharts: dict[str, Any] = {}
        scope = Values(
            Chart={**chart.metadata.templating(), "IsRoot": chart.is_root},
            Files=Files.of(chart.files),
            **shared,
            Values=values,
            Subcharts=subcharts,
        )
        for subchart in chart.dependencies:
            # the very tables of the parent's values, so that `set` in one shows in the other; Helm looks the them up by
            # a dotted path: a dot in a chart's name leads it astray
            inner = values.get(subchart.name) if "." not in subchart.name else None
            if type(inner) is dict:
                inner = values[subchart.name] = Values(inner)
            inner = inner if isinstance(inner, Values) else Values()
            seen_from_outside(inner)
            subcharts[subchart.name] = visit(subchart, inner, f"{path}/charts/{subchart.name}")
        for file in chart.templates:
            if not chart.is_library or file.name.rpartition("/")[2].startswith("_"):
                templates[f"{path}/{file.name}"] = Template(from_utf8(file.data), scope, values, f"{path}/templates")
        return scope

    visit(prepared.chart, Values(prepared.values), prepared.chart.name)
    return templates


def _has_schema(chart: Chart) -> bool:
    return chart.schema is not None or any(map(_has_schema, chart.dependencies))


def _take_notes(chart: Chart, files: dict[str, str], subchart_notes: bool) -> str:
    """Take every NOTES.txt out of the files; the text is the root chart's, or all charts' joined by blank lines."""
    own = f"{chart.name}/templates/{NOTES}"
    notes = {path: files.pop(path) for path in list(files) if path.endswith(NOTES)}
    return "\n".join(text for path, text in notes.items() if text and (subchart_notes or path == own))
