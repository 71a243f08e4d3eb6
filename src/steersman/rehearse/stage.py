"""Where a rehearsal begins: a throw-away cluster brought to the state of the present release.

That state is a chart with its values, or the stored records of a real release: of these only the rendered documents are used, as
a chart of plain text. What the documents refer to and do not bring along (Secrets, ConfigMaps) is stood in for, with made-up
values: of a Secret of the real cluster only the names of its keys are read, nothing secret is copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from steersman.chart.model import Chart, File, Metadata
from steersman.errors import AlreadyExists, KubernetesError
from steersman.kube.interface import Kubernetes, Object, ObjectRef
from steersman.lifecycle.plan import Options
from steersman.manifest.documents import split
from steersman.rehearse.actor import Actor
from steersman.rehearse.rights import existing_rights
from steersman.release.record import Release

STAND_IN = "rehearsal"
Known = Mapping[tuple[str, str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class State:
    """One revision that was there before: a chart and the user's values.

    `known` is what ConfigMaps and Secrets that it refers to hold, by kind and name, as far as that may be known; `rights` are
    accounts, roles and bindings that are there without the release's doing.
    """

    chart: Chart
    values: dict[str, Any]
    known: Known = field(default_factory=dict)
    rights: Sequence[Object] = ()


def recorded(release: Release) -> State:
    """The revision of a stored record: its documents as they were rendered, hooks included."""
    metadata = release.chart.get("metadata") or {}
    documents = [(document.path, document.text) for document in split("", release.manifest)]
    documents += [(hook.path, hook.manifest) for hook in release.hooks]
    templates = [
        File(f"templates/{number:04d}.yaml", text.replace("{{", '{{ "{{" }}').encode())
        for number, (_, text) in enumerate(documents)
    ]
    chart = Chart(
        Metadata(
            name=str(metadata.get("name") or release.name),
            version=str(metadata.get("version") or "0.0.0"),
            app_version=str(metadata.get("appVersion") or ""),
            api_version="v2",
        ),
        templates=templates,
        values=release.chart.get("values") or {},
    )
    return State(chart, release.config)


async def present(kube: Kubernetes, release: Release) -> State:
    """A stored record's revision, with what `kube`, the cluster that it is from, lets one read of what it refers to."""
    known: dict[tuple[str, str], Mapping[str, str]] = {}
    for kind, name in sorted({(kind, name) for kind, name, _ in references(objects_of(release))}):
        with suppress(KubernetesError):  # not there, or not to be read: then it is made up
            found = await kube.get(ObjectRef("v1", kind, name, release.namespace))
            data = found.get("data") or {}
            known[kind, name] = dict.fromkeys(data, STAND_IN) if kind == "Secret" else data
    rights = await existing_rights(kube, release.name, release.namespace)
    return replace(recorded(release), known=known, rights=rights)


def objects_of(release: Release) -> list[Object]:
    """All objects of a revision, its hooks too."""
    texts = [release.manifest, *(hook.manifest for hook in release.hooks)]
    return [doc.object for text in texts for doc in split("", text) if isinstance(doc.object, dict)]


async def set_up(client: Actor, name: str, states: Sequence[State], options: Options) -> None:
    """Install the first state and upgrade to each that follows, hooks and all. Raises what install and upgrade raise."""
    for number, state in enumerate(states):
        if number == 0:
            operation = await client.install(name, state.chart, state.values, options=options)
        else:
            operation = await client.upgrade(name, state.chart, state.values, options=options)
        await operation.result()


async def stand_in(
    kube: Kubernetes, namespace: str, objects: Iterable[Object], known: Known | None = None
) -> list[str]:
    """Create what these objects refer to and do not bring along, with what is `known` of it and made-up values for the rest;
    `Kind/name` of each stand-in comes back."""
    objects = list(objects)
    brought = {(obj.get("kind"), (obj.get("metadata") or {}).get("name")) for obj in objects}
    wanted: dict[tuple[str, str], set[str]] = {}
    for obj in objects:
        for kind, name, key in references(obj):
            if (kind, name) not in brought:
                wanted.setdefault((kind, name), set()).update({key} - {""})
    for (kind, name), keys in wanted.items():
        content = "stringData" if kind == "Secret" else "data"
        made = {
            "apiVersion": "v1",
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
            content: {**dict.fromkeys(sorted(keys), STAND_IN), **(known or {}).get((kind, name), {})},
        }
        with suppress(AlreadyExists):
            await kube.create(made)
    return sorted(f"{kind}/{name}" for kind, name in wanted)


def references(value: Any) -> Iterator[tuple[str, str, str]]:
    """(kind, name, key) of every ConfigMap and Secret that a Pod's spec inside of `value` needs; key "" for the whole."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
        return
    if not isinstance(value, dict):
        return
    for holder, kind, named in (
        ("secretKeyRef", "Secret", "name"),
        ("configMapKeyRef", "ConfigMap", "name"),
        ("secretRef", "Secret", "name"),
        ("configMapRef", "ConfigMap", "name"),
        ("secret", "Secret", "secretName"),
        ("configMap", "ConfigMap", "name"),
    ):
        found = value.get(holder)
        if isinstance(found, dict) and found.get(named) and not found.get("optional"):
            items = found.get("items") or [{}]
            for item in items:
                yield kind, str(found[named]), str(found.get("key") or item.get("key") or "")
    for item in value.values():
        yield from references(item)
