"""Chart.yaml, Chart.lock and their ancestors requirements.yaml and .lock: reading and checking, with Helm's messages."""

from __future__ import annotations

from steersman.chart.decode import ANY, BOOL, STRING, TIME, ListOf, MapOf, Struct, decode
from steersman.chart.model import API_VERSION_1, Dependency, Lock, Maintainer, Metadata
from steersman.chart.versions import is_version
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING, pattern

if TYPE_CHECKING:
    from typing import Any

_STRINGS = ListOf("[]string", STRING)

MAINTAINER = Struct(
    "v2.Maintainer", Maintainer, {"name": ("name", STRING), "email": ("email", STRING), "url": ("url", STRING)}
)

DEPENDENCY = Struct(
    "v2.Dependency",
    Dependency,
    {
        "name": ("name", STRING),
        "version": ("version", STRING),
        "repository": ("repository", STRING),
        "condition": ("condition", STRING),
        "tags": ("tags", _STRINGS),
        "enabled": ("enabled", BOOL),
        "import-values": ("import_values", ListOf("[]interface {}", ANY)),
        "alias": ("alias", STRING),
    },
)

METADATA = Struct(
    "v2.Metadata",
    Metadata,
    {
        "name": ("name", STRING),
        "home": ("home", STRING),
        "sources": ("sources", _STRINGS),
        "version": ("version", STRING),
        "description": ("description", STRING),
        "keywords": ("keywords", _STRINGS),
        "maintainers": ("maintainers", ListOf("[]*v2.Maintainer", MAINTAINER)),
        "icon": ("icon", STRING),
        "apiVersion": ("api_version", STRING),
        "condition": ("condition", STRING),
        "tags": ("tags", STRING),
        "appVersion": ("app_version", STRING),
        "deprecated": ("deprecated", BOOL),
        "annotations": ("annotations", MapOf("map[string]string", STRING)),
        "kubeVersion": ("kube_version", STRING),
        "dependencies": ("dependencies", ListOf("[]*v2.Dependency", DEPENDENCY)),
        "type": ("type", STRING),
    },
)

LOCK = Struct(
    "v2.Lock",
    Lock,
    {
        "generated": ("generated", TIME),
        "digest": ("digest", STRING),
        "dependencies": ("dependencies", ListOf("[]*v2.Dependency", DEPENDENCY)),
    },
)


def read_metadata(document: Any, *, into: Metadata | None = None) -> Metadata:
    """Metadata from a parsed Chart.yaml, or `into` with what a requirements.yaml adds. Raises YamlError."""
    metadata: Metadata = decode(document, METADATA, into=into)
    return metadata


def read_lock(document: Any) -> Lock | None:
    """A lock from a parsed Chart.lock; an empty file is none. Raises YamlError."""
    lock: Lock | None = None if document is None else decode(document, LOCK)
    return lock


_ALIAS = pattern(r"[a-zA-Z0-9_-]+")


def validate(metadata: Metadata) -> None:
    """Clean the texts as Helm does (no control characters) and raise ChartError for what Helm refuses."""
    _clean(metadata, "name", "description", "home", "icon", "condition", "tags", "app_version", "kube_version")
    metadata.sources = metadata.sources and [_printable(text) for text in metadata.sources]
    metadata.keywords = metadata.keywords and [_printable(text) for text in metadata.keywords]
    if not metadata.api_version:
        raise _invalid("chart.metadata.apiVersion is required")
    if not metadata.name:
        raise _invalid("chart.metadata.name is required")
    if metadata.name in (".", ".."):
        raise _invalid(f'chart.metadata.name "{metadata.name}" is not allowed')
    if "/" in metadata.name:
        raise _invalid(f'chart.metadata.name "{metadata.name}" is invalid')
    if not metadata.version:
        raise _invalid("chart.metadata.version is required")
    if not is_version(metadata.version):
        raise _invalid(f'chart.metadata.version "{metadata.version}" is invalid')
    if metadata.type not in ("", "application", "library"):
        raise _invalid("chart.metadata.type must be application or library")
    for maintainer in metadata.maintainers or ():
        if maintainer is None:
            raise _invalid("maintainers must not contain empty or null nodes")
        _clean(maintainer, "name", "email", "url")
    _validate_dependencies(metadata.dependencies or [])


def _validate_dependencies(dependencies: list[Dependency]) -> None:
    names: set[str] = set()
    for dependency in dependencies:
        if dependency is None:
            raise _invalid("dependencies must not contain empty or null nodes")
        _clean(dependency, "name", "version", "repository", "condition")
        dependency.tags = dependency.tags and [_printable(tag) for tag in dependency.tags]
        if dependency.alias and not _ALIAS.fullmatch(dependency.alias):
            raise _invalid(f'dependency "{dependency.name}" has disallowed characters in the alias')
        name = dependency.alias or dependency.name
        if name in names:
            raise _invalid(f'more than one dependency with name or alias "{name}"')
        names.add(name)


def default_api_version(metadata: Metadata) -> None:
    """Charts of Helm 2 name no apiVersion: they are of version 1."""
    if not metadata.api_version:
        metadata.api_version = API_VERSION_1


def _invalid(message: str) -> ChartError:
    return ChartError(f"validation: {message}", hint="See https://helm.sh/docs/topics/charts/#the-chartyaml-file")


def _clean(holder: Any, *attributes: str) -> None:
    for attribute in attributes:
        setattr(holder, attribute, _printable(getattr(holder, attribute)))


def _printable(text: str) -> str:
    """`text` with every kind of white space as a blank, and without what Go does not call printable."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if c.isspace() and c not in "\x1c\x1d\x1e\x1f" else c for c in text if c.isspace() or c.isprintable()
    )
