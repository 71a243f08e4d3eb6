"""The folders and files that steer shares with helm: repositories.yaml, cached indexes, cached charts, credentials.

Source: helm's documentation of its environment variables and XDG folders; `helm env` of helm 4.3.1.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from steersman.record import record


@record(frozen=True, slots=True)
class Home:
    """Where Helm keeps its things for this user."""

    repositories: Path
    """repositories.yaml"""
    repository_cache: Path
    """folder of NAME-index.yaml and NAME-charts.txt"""
    content_cache: Path
    """folder of downloaded charts by their sha256"""
    registry_config: Path
    """credentials of OCI registries, in Docker's format"""
    cache_home: Path = Path()
    """the folder above the caches"""
    config_home: Path = Path()
    """the folder above the configuration"""
    data_home: Path = Path()
    """the folder above what the user adds to Helm: `starters`"""

    @classmethod
    def of_user(cls, environment: Mapping[str, str] | None = None) -> Home:
        """From HELM_* and XDG_* variables, or the system's usual folders."""
        env = os.environ if environment is None else environment
        cache = _folder(env, "HELM_CACHE_HOME", "XDG_CACHE_HOME", ".cache", "Library/Caches")
        config = _folder(env, "HELM_CONFIG_HOME", "XDG_CONFIG_HOME", ".config", "Library/Preferences")
        return cls(
            repositories=_path(env, "HELM_REPOSITORY_CONFIG", config / "repositories.yaml"),
            repository_cache=_path(env, "HELM_REPOSITORY_CACHE", cache / "repository"),
            content_cache=_path(env, "HELM_CONTENT_CACHE", cache / "content"),
            registry_config=_path(env, "HELM_REGISTRY_CONFIG", config / "registry" / "config.json"),
            cache_home=cache,
            config_home=config,
            data_home=_folder(env, "HELM_DATA_HOME", "XDG_DATA_HOME", ".local/share", "Library"),
        )

    def index_of(self, repository: str) -> Path:
        return self.repository_cache / f"{repository}-index.yaml"

    def charts_of(self, repository: str) -> Path:
        return self.repository_cache / f"{repository}-charts.txt"

    def content(self, digest: str, kind: str = ".chart") -> Path:
        """Where the chart (or, with `kind` ".prov", the provenance) of this hex sha256 is kept."""
        return self.content_cache / digest[:2] / f"{digest}{kind}"


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that no reader ever sees a part of it; folders are made where they are missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as stream:
            stream.write(data)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _folder(env: Mapping[str, str], helm: str, xdg: str, linux: str, mac: str) -> Path:
    if env.get(helm):
        return Path(env[helm])
    if env.get(xdg):
        return Path(env[xdg]) / "helm"
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    return home / (mac if sys.platform == "darwin" else linux) / "helm"


def _path(env: Mapping[str, str], variable: str, default: Path) -> Path:
    return Path(env[variable]) if env.get(variable) else default
