"""From a chart, a manifest or a release record to a `Subject`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steersman.errors import ChartError, SteersmanError
from steersman.manifest.documents import Document, split
from steersman.manifest.hooks import Hook, read_hook
from steersman.review.subject import Item, Subject

if TYPE_CHECKING:
    from steersman.chart.model import Chart
    from steersman.release.record import Release


def from_chart(
    chart: Chart,
    values: Mapping[str, Any],
    *,
    name: str = "release-name",
    namespace: str = "default",
    timeout: float = 300.0,
) -> Subject:
    """Render a chart as install would and take all its documents, the ones that Helm drops for an unknown event included.

    Hooks that only an upgrade renders (`if .Release.IsUpgrade`) are taken, too, where the chart lets itself be upgraded so.

    Raises what rendering raises (ChartError, ValuesError, TemplateError, YamlError).
    """
    from steersman.chart.capabilities import Capabilities
    from steersman.chart.render import ReleaseOptions, prepare, render

    prepared = prepare(chart, values)
    capabilities = Capabilities.for_rendering("", [])
    rendered = render(prepared, ReleaseOptions(name, namespace), capabilities=capabilities)
    upgrade = ReleaseOptions(name, namespace, revision=2, is_install=False, is_upgrade=True)
    try:
        upgraded = render(prepared, upgrade, capabilities=capabilities)
    except SteersmanError:  # some charts upgrade only with the passwords of the release that is there
        upgraded = rendered
    templates = dict(_templates(prepared.chart, prepared.chart.metadata.name))
    items = [_hook_item(hook, templates.get(hook.path)) for hook in rendered.hooks]
    items += [
        _hook_item(hook, templates.get(hook.path), only_at="upgrade") for hook in _added(rendered.hooks, upgraded.hooks)
    ]
    items += [_item(document, templates.get(document.path)) for document in rendered.dropped]
    kept = {_place(document) for document in upgraded.manifests}
    for document in rendered.manifests:
        only_at = "" if _place(document) in kept else "install"
        items.append(_item(document, templates.get(document.path), only_at=only_at))
    return Subject(chart.metadata.name, _objects(items), timeout=timeout, release=name)


def from_manifest(text: str, path: str, *, timeout: float = 300.0) -> Subject:
    """Take a file of documents, already rendered. Raises YamlError, ChartError where there is no object in it."""
    items = _objects(_item(document, text) for document in split(path, text))
    if not items:
        raise ChartError(f"{path}: no Kubernetes object in it", hint="Name a chart, a release, or a file of manifests.")
    return Subject(path, items, timeout=timeout)


def from_release(release: Release, *, timeout: float = 300.0) -> Subject:
    """Take what a release recorded: its hooks and its manifest."""
    items = [_hook_item(hook, None) for hook in release.hooks]
    items += [_item(document, None) for document in split("", release.manifest)]
    return Subject(release.name, _objects(items), timeout=timeout)


def _added(install: Sequence[Hook], upgrade: Sequence[Hook]) -> list[Hook]:
    """The hooks of an upgrade that have no counterpart among those of an install.

    Names do not tell: they may be random, or hold the revision.
    """
    counterparts = Counter(_identity(hook) for hook in install)
    found = []
    for hook in upgrade:
        counterparts[_identity(hook)] -= 1
        if counterparts[_identity(hook)] < 0:
            found.append(hook)
    return found


def _identity(hook: Hook) -> tuple[str, str, tuple[str, ...]]:
    return hook.path, hook.kind, tuple(hook.events)


def _place(document: Document) -> tuple[str, str]:
    return document.path, str(_object(document).get("kind"))


def _hook_item(hook: Hook, template: str | None, *, only_at: str = "") -> Item:
    return Item(hook.path, hook.manifest, _object(Document(hook.path, hook.manifest)), hook, template, only_at)


def _item(document: Document, template: str | None, *, only_at: str = "") -> Item:
    path = document.path
    if not path:  # a record's manifest tells the template in a comment
        first = document.text.partition("\n")[0]
        path = first.removeprefix("# Source: ") if first.startswith("# Source: ") else "manifest"
    return Item(path, document.text, _object(document), read_hook(document), template, only_at)


def _object(document: Document) -> dict[str, Any]:
    found = document.object
    return found if isinstance(found, dict) else {}


def _objects(items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(item for item in items if item.object)


def _templates(chart: Chart, prefix: str) -> Iterable[tuple[str, str]]:
    """Every template of a chart and its subcharts by the path that rendering gives it."""
    for file in chart.templates:
        yield f"{prefix}/{file.name}", file.data.decode("utf-8", "replace")
    for child in chart.dependencies:
        yield from _templates(child, f"{prefix}/charts/{child.metadata.name}")
