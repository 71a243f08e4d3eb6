"""index.yaml: which charts, in which versions, a repository has."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from steersman.chart.metadata import default_api_version, read_metadata, validate
from steersman.chart.model import Metadata
from steersman.chart.versions import is_compatible, newest_first
from steersman.errors import ChartError, ChartNotFound, SteersmanError, YamlError
from steersman.manifest import yaml
from steersman.manifest.yaml.jsonable import json_numbers, string_of
from steersman.record import field, record

Warn = Callable[[str], None]

_REPEATED = "validation: more than one dependency with name or alias"


@record(slots=True)
class ChartVersion:
    """One version of one chart in a repository; `created` is an RFC 3339 time."""

    metadata: Metadata
    urls: list[str] = field(default_factory=list)
    created: str = ""
    digest: str = ""
    removed: bool = False

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def version(self) -> str:
        return self.metadata.version

    def document(self) -> dict[str, Any]:
        optional = {"digest": self.digest, "removed": self.removed}
        created = self.created or "0001-01-01T00:00:00Z"
        given = {name: value for name, value in optional.items() if value}
        return {**self.metadata.document(), "urls": self.urls, "created": created, **given}


@record(slots=True)
class Index:
    """A repository's charts by name, newest version first."""

    entries: dict[str, list[ChartVersion]] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[ChartVersion]:
        for versions in self.entries.values():
            yield from versions

    def get(self, name: str, version: str = "") -> ChartVersion:
        """The named chart: exactly `version`, or the newest that satisfies it as a constraint, or the newest stable one.

        Raises ChartNotFound.
        """
        versions = self.entries.get(name)
        if versions is None:
            raise ChartNotFound("no chart name found", name=name, version=version)
        for entry in versions:
            if version and entry.version == version:
                return entry
        for entry in versions:
            if is_compatible(version or "*", entry.version):
                return entry
        raise ChartNotFound(
            f"no chart version found for {name}-{version}" if versions else "no chart version found",
            name=name,
            version=version,
        )

    def add(self, entry: ChartVersion) -> None:
        self.entries.setdefault(entry.name, []).append(entry)

    def merge(self, other: Index) -> None:
        """Take up the versions of `other` that are not here."""
        for entry in other:
            if all(entry.version != mine.version for mine in self.entries.get(entry.name, ())):
                self.add(entry)

    def sort(self) -> None:
        for name, versions in self.entries.items():
            self.entries[name] = newest_first(versions, lambda entry: entry.version)

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "apiVersion": "v1",
            "generated": now(),
            "entries": {name: [entry.document() for entry in versions] for name, versions in self.entries.items()},
        }
        return {**found, "annotations": self.annotations} if self.annotations else found

    def text(self, *, as_json: bool = False) -> str:
        document = self.document()
        return json.dumps(document, indent=2, ensure_ascii=False) if as_json else yaml.dump(document)


def now() -> str:
    """The present time as Go writes it in JSON: RFC 3339, local zone."""
    return datetime.now().astimezone().isoformat(timespec="microseconds").replace("+00:00", "Z")


def load_index(path: Path, warn: Warn) -> Index:
    """An index file. Raises ChartError naming it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ChartError(f"open {path}: {(error.strerror or str(error)).lower()}") from error
    try:
        return parse_index(data, str(path), warn)
    except ChartError as error:
        raise ChartError(f"error loading {path}: {error}", hint=error.hint) from error


def parse_index(data: bytes, source: str, warn: Warn) -> Index:
    """The index in a file's content; entries that are no valid charts are left out, with a warning. Raises ChartError."""
    if not data:
        raise ChartError("empty index.yaml file")
    try:
        document = yaml.load(data, source, numbers="yaml", strict=True)
    except YamlError as error:
        raise ChartError(str(error), location=error.location) from error
    if not isinstance(document, dict) or not document.get("apiVersion"):
        raise ChartError("no API version specified", hint="Is this the address of a chart repository?")
    index = Index()
    annotations = document.get("annotations")
    if isinstance(annotations, dict):
        index.annotations = {key: string_of(value) or "" for key, value in annotations.items()}
    entries = document.get("entries") or {}
    if not isinstance(entries, dict):
        raise ChartError("error unmarshaling JSON: while decoding JSON: entries is not a table of charts")
    for name, versions in entries.items():
        index.entries[name] = []
        for raw in versions or ():
            entry = _entry(raw, name, source, warn)
            if entry is not None:
                index.entries[name].append(entry)
    index.sort()
    return index


def _entry(raw: Any, name: str, source: str, warn: Warn) -> ChartVersion | None:
    if not isinstance(raw, dict):
        warn(f"skipping loading invalid entry for chart: empty entry name={name} source={source}")
        return None
    try:
        metadata = read_metadata(raw)
        default_api_version(metadata)
        validate(metadata)
    except SteersmanError as error:
        if not str(error).startswith(_REPEATED):
            warn(f"skipping loading invalid entry for chart {name} {raw.get('version')!r} from {source}: {error}")
            return None
    return ChartVersion(
        metadata,
        urls=[string_of(url) or "" for url in raw.get("urls") or ()],
        created=string_of(raw.get("created")) or "",
        digest=string_of(raw.get("digest")) or "",
        removed=bool(json_numbers(raw.get("removed"))),
    )


def index_directory(folder: Path, base_url: str, warn: Warn) -> Index:
    """An index of the packaged charts in a folder and in the folders in it; what is no chart is passed over.

    `base_url` is the address below which they will be found; "" makes the addresses relative. Raises ChartError.
    """
    from steersman.chart.load import load

    index = Index()
    for archive in [*sorted(folder.glob("*.tgz")), *sorted(folder.glob("*/*.tgz"))]:
        try:
            chart = load(archive, warn)
        except ChartError:
            continue
        inside = archive.relative_to(folder).parent.as_posix()
        base = join_url(base_url, inside if inside != "." else "")
        url = join_url(base, archive.name) if base else archive.name
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        default_api_version(chart.metadata)
        index.add(ChartVersion(chart.metadata, [url], now(), digest))
    return index


def join_url(base: str, path: str) -> str:
    """Go's URLJoin: the path put below the address's own path, cleaned."""
    parts = urlsplit(base)
    segments = "/".join(part for part in (parts.path.rstrip("/"), path.strip("/")) if part)
    if parts.netloc and segments and not segments.startswith("/"):
        segments = "/" + segments
    return urlunsplit(parts._replace(path=re.sub("/{2,}", "/", segments)))


def absolute_url(base: str, url: str) -> str:
    """An address from an index: as it is if it is absolute, otherwise relative to the repository's address."""
    if urlsplit(url).scheme:
        return url
    parts = urlsplit(base)
    # Python resolves only within the protocols that it knows, and those of plugins it does not.
    resolved = urlsplit(urljoin(f"http://host{parts.path.rstrip('/')}/", url))
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{resolved.netloc if resolved.netloc != 'host' else parts.netloc}{resolved.path}{query}"


def same_url(one: str, other: str) -> bool:
    """Whether two addresses are the same but for a slash at the end."""
    return _clean(one) == _clean(other)


def _clean(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=re.sub("/{2,}", "/", parts.path).rstrip("/") or "/"))
