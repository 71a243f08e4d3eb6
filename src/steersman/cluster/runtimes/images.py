"""Images as local programs: which image names the `process` runtime can run, and with what.

`built_in` is what comes out of the box; `ImageTable` adds the user's own from `images.yaml` in the state folder:

    images:
    - names: [registry.example.com/tools/migrate, migrate]   # any tag; with or without the registry
      programs: {migrate: /opt/migrate/bin/migrate}          # name inside the container → program on this machine
      mounts: [/opt/migrate]                                 # folders that they need, read-only at the same path
      entrypoint: [migrate]
      command: [--help]
      env: {MIGRATE_HOME: /opt/migrate}
      user: 1001:0                                           # who it runs as unless the Pod says so; root by default
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from steersman.errors import SteersmanError


class ImageTableError(SteersmanError):
    """The user's table of images cannot be read."""


@dataclass(frozen=True, slots=True)
class Image:
    """What stands for an image."""

    name: str
    programs: dict[str, str] = field(default_factory=dict)
    """Name in the container → absolute path of the program on this machine."""
    mounts: tuple[str, ...] = ()
    """Folders and files that the programs need, visible read-only at the same path."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    folders: tuple[str, ...] = ()
    """Writable folders that the image would bring along."""
    files: dict[str, str] = field(default_factory=dict)
    """Path in the container → file of this machine that is to be there instead of what is."""
    user: str = ""
    """As an image's USER: `UID`, `UID:GID`; root where there is none."""
    service_user: int = 0
    """Not 0: who the image's entrypoint becomes when it is started as root."""
    container_image: str = ""
    """Not empty: podman has this image itself, and nothing of this machine stands for it."""


def repository(reference: str) -> str:
    """An image reference without registry, tag and digest: `docker.io/library/postgres:15` → `postgres`."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        name = rest
    return name.removeprefix("library/")


class ImageTable:
    """Finds what stands for an image. `path` is the user's own table (YAML or JSON), read again whenever it changes."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._read_at: float | None = None
        self._own: dict[str, Image] = {}

    @cached_property
    def _built_in(self) -> dict[str, Image]:
        from steersman.cluster.runtimes import (
            built_in,  # finding programs takes a moment, and not every command runs Pods
        )

        return built_in.table()

    def find(self, reference: str, *, own_only: bool = False) -> Image | None:
        """The user's entry by full name, then by repository; then, unless `own_only`, ours. Raises ImageTableError."""
        self._refresh()
        wanted = repository(reference)
        full = reference.partition("@")[0]
        untagged = full.rpartition("/")[0] + full[full.rfind("/") :].partition(":")[0]
        for name in (full, untagged, wanted, wanted.rpartition("/")[2]):
            if name in self._own:
                return self._own[name]
        if own_only:
            return None
        return self._built_in.get(wanted) or self._built_in.get(wanted.rpartition("/")[2])

    def add(self, entry: dict[str, Any]) -> None:
        """Adds an entry (as in `images.yaml`) for this process only. Raises ImageTableError."""
        self._own |= _parse(entry, "the new entry")

    def names(self) -> list[str]:
        self._refresh()
        return sorted({*self._own, *self._built_in})

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            changed = self._path.stat().st_mtime
        except OSError:
            return
        if changed == self._read_at:
            return
        import yaml

        try:
            loaded = yaml.safe_load(self._path.read_text()) or {}
        except (OSError, yaml.YAMLError) as error:
            raise ImageTableError(f"cannot read the table of images {self._path}: {error}") from error
        if not isinstance(loaded, dict) or not isinstance(loaded.get("images", []), list):
            raise ImageTableError(
                f"{self._path}: `images` must be a list", hint="See `names`, `programs`, `mounts` in the docs."
            )
        for number, entry in enumerate(loaded.get("images", []), 1):
            self._own |= _parse(entry, f"{self._path}, entry {number}")
        self._read_at = changed


def _parse(entry: Any, where: str) -> dict[str, Image]:
    if not isinstance(entry, dict) or not entry.get("names"):
        raise ImageTableError(f"{where}: an entry needs `names`, a list of image names")
    known = {"names", "programs", "mounts", "entrypoint", "command", "env", "workingDir", "folders", "user"}
    if unknown := set(entry) - known:
        raise ImageTableError(f"{where}: unknown field {sorted(unknown)[0]!r}; known are {', '.join(sorted(known))}")
    programs = {str(name): str(path) for name, path in entry.get("programs", {}).items()}
    for name, path in programs.items():
        if not os.path.isabs(path) or not os.path.exists(path):
            raise ImageTableError(
                f"{where}: program {name!r}: no file {path!r}", hint="Give the absolute path on this machine."
            )
    names = [str(name) for name in entry["names"]]
    image = Image(
        names[0],
        programs,
        tuple(str(each) for each in entry.get("mounts", ())),
        tuple(str(each) for each in entry.get("entrypoint", ())),
        tuple(str(each) for each in entry.get("command", ())),
        {str(key): str(value) for key, value in entry.get("env", {}).items()},
        str(entry.get("workingDir", "/")),
        tuple(str(each) for each in entry.get("folders", ())),
        user=str(entry.get("user", "")),
    )
    return dict.fromkeys(names, image)
