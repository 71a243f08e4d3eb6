"""Packaged plugins wherever they are: a file, an address, an OCI registry; with the signature that lies beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from steersman.chart.repo.fetch import Access, get
from steersman.chart.repo.home import Home
from steersman.chart.repo.reference import parse_reference
from steersman.chart.repo.registry import Registry
from steersman.errors import FetchError, PluginError, RepositoryError
from steersman.plugins.archives import is_archive
from steersman.record import record

ARTIFACT = "application/vnd.helm.plugin.v1+json"
_TITLE = "org.opencontainers.image.title"


@record(frozen=True, slots=True)
class Packaged:
    """A packaged plugin; `file_name` is what its signature calls it, `provenance` that signature, None where there is none."""

    data: bytes
    file_name: str
    provenance: bytes | None


def is_address(source: str) -> bool:
    """Whether it is the address of a packaged plugin."""
    parts = urlsplit(source)
    return parts.scheme in ("http", "https") and is_archive(parts.path)


def from_file(path: Path) -> Packaged:
    """Raises PluginError."""
    signature = path.with_name(f"{path.name}.prov")
    try:
        return Packaged(path.read_bytes(), path.name, signature.read_bytes() if signature.exists() else None)
    except OSError as error:
        raise PluginError(f"failed to read archive: open {error.filename}: {(error.strerror or '').lower()}") from error


def from_address(url: str, access: Access) -> Packaged:
    """Raises FetchError."""
    parts = urlsplit(url)
    data = get(url, access)
    try:
        signature: bytes | None = get(parts._replace(path=f"{parts.path}.prov").geturl(), access)
    except FetchError:
        signature = None
    return Packaged(data, parts.path.rpartition("/")[2], signature)


def from_registry(source: str, access: Access, home: Home) -> Packaged:
    """Raises RepositoryError, FetchError, ChartNotFound."""
    reference = parse_reference(source)
    registry = Registry(reference.registry, access, home)
    manifest = registry.artifact(reference)
    config = manifest.get("config")
    kind = manifest.get("artifactType") or (config.get("mediaType") if isinstance(config, dict) else "")
    if kind != ARTIFACT:
        raise RepositoryError(f"expected artifact type {ARTIFACT}, got {kind}", hint=f"{reference} is no plugin.")
    name = reference.repository.rpartition("/")[2]
    archive = _layer(manifest, name, ".tgz")
    if archive is None:
        raise RepositoryError(f"required layer matching pattern {name}-VERSION.tgz not found in manifest")
    signature = _layer(manifest, name, ".tgz.prov")
    return Packaged(
        registry.content(reference, archive),
        _title(archive),
        registry.content(reference, signature) if signature is not None else None,
    )


def _layer(manifest: dict[str, Any], name: str, ending: str) -> dict[str, Any] | None:
    for layer in manifest.get("layers") or ():
        if isinstance(layer, dict) and (title := _title(layer)).startswith(f"{name}-") and title.endswith(ending):
            return layer
    return None


def _title(layer: dict[str, Any]) -> str:
    annotations = layer.get("annotations")
    return str(annotations.get(_TITLE, "")) if isinstance(annotations, dict) else ""
