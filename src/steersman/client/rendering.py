"""From a chart and values to what an install or upgrade is to bring about, on the cluster that it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from steersman.errors import NoMatchingKind, NotFound
from steersman.kube.interface import Kubernetes, ObjectRef
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.common import Wanted
from steersman.record import field, record
from steersman.release.record import Info, Release

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.capabilities import Capabilities
    from steersman.chart.model import Chart


@record(frozen=True, slots=True)
class ChartOptions:
    """How a chart is rendered for a release. `labels` are the user's own labels of the release."""

    skip_schema_validation: bool = False
    post_renderer: Callable[[str], str] | None = None
    subchart_notes: bool = False
    enable_dns: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    warn: Callable[[str], None] = lambda _: None


@record(frozen=True, slots=True)
class Naming:
    """What `.Release` will say."""

    name: str
    namespace: str
    revision: int
    is_install: bool


async def render(
    kube: Kubernetes,
    chart: Chart,
    values: dict[str, Any],
    naming: Naming,
    options: ChartOptions,
    *,
    defaults: dict[str, Any] | None = None,
) -> Wanted:
    """Render off the event loop; the template function `lookup` asks the cluster.

    `defaults` replaces the chart's default values. Raises ChartError, ValuesError, SchemaError, TemplateError, YamlError.
    """
    capabilities = await capabilities_of(kube)
    if defaults is not None and defaults is not chart.values:
        from copy import copy

        chart = copy(chart)
        chart.values = defaults
    loop = asyncio.get_running_loop()
    return await asyncio.to_thread(_render, chart, values, naming, options, capabilities, _lookup(kube, loop))


def _render(
    chart: Chart,
    values: dict[str, Any],
    naming: Naming,
    options: ChartOptions,
    capabilities: Capabilities,
    lookup: Callable[[str, str, str, str], dict[str, Any]],
) -> Wanted:
    from steersman.chart.render import ReleaseOptions, prepare
    from steersman.chart.render import render as render_chart
    from steersman.release.chart_record import chart_record

    prepared = prepare(chart, values, skip_schema_validation=options.skip_schema_validation, warn=options.warn)
    rendered = render_chart(
        prepared,
        ReleaseOptions(
            naming.name,
            naming.namespace,
            naming.revision,
            is_upgrade=not naming.is_install,
            is_install=naming.is_install,
        ),
        capabilities=capabilities,
        lookup=lookup,
        post_renderer=options.post_renderer,
        subchart_notes=options.subchart_notes,
        enable_dns=options.enable_dns,
    )
    release = Release(
        name=naming.name,
        namespace=naming.namespace,
        version=naming.revision,
        info=Info(notes=rendered.notes),
        chart=chart_record(prepared.chart),
        config=values,
        manifest=rendered.manifest(),
        hooks=rendered.hooks,
        labels=dict(options.labels),
    )
    return Wanted(
        release=release,
        crds=tuple((path, file.data.decode("utf-8", "replace")) for path, file in rendered.crds),
        dropped=tuple((document.path, document.text) for document in rendered.dropped),
    )


async def capabilities_of(kube: Kubernetes) -> Capabilities:
    from steersman.chart.capabilities import Capabilities, KubeVersion, VersionSet

    version, apis = await asyncio.gather(kube.server_version(), kube.api_versions())
    return Capabilities(KubeVersion.parse(version), VersionSet(apis))


def _lookup(kube: Kubernetes, loop: asyncio.AbstractEventLoop) -> Callable[[str, str, str, str], dict[str, Any]]:
    """The template function: called in the rendering thread, answered on the event loop."""

    async def find(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        try:
            if name:
                return await kube.get(ObjectRef(api_version, kind, name, namespace or None))
            found = await kube.list(api_version, kind, namespace=namespace or None)
        except (NotFound, NoMatchingKind):
            return {}
        return {"apiVersion": api_version, "kind": f"{kind}List", "items": found.items}

    def lookup(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        return asyncio.run_coroutine_threadsafe(find(api_version, kind, namespace, name), loop).result()

    return lookup
