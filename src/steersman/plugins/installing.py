"""Putting plugins where steer and helm look for them, bringing them up to date, and taking them away.

A plugin appears complete or not at all: it is made ready in a folder beside its place, checked, and renamed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from steersman.chart.notice import ignore_warning
from steersman.chart.provenance import Verification, verify
from steersman.errors import PluginError, SignatureError
from steersman.plugins import repository
from steersman.plugins.archives import unpack
from steersman.plugins.finding import load_all
from steersman.plugins.manifest import FILE_NAME, Plugin, load, read
from steersman.plugins.provenance import archive_name
from steersman.plugins.running import run_hook
from steersman.plugins.sources import Packaged
from steersman.record import record


@record(frozen=True, slots=True)
class Caller:
    """Who installs: how that is told, line by line, and helm's variables for what a plugin wants done then."""

    say: Callable[[str], None]
    variables: Mapping[str, str]


def install_link(source: Path, folder: Path, caller: Caller) -> None:
    """Make a plugin's own folder one of those in `folder`, by a link, so that changes show at once. Raises PluginError."""
    if not source.is_dir():
        raise PluginError(
            "expected plugin to be a directory (containing a file 'plugin.yaml')",
            hint=f"{source} is neither that nor a .tgz.",
        )
    if not (source / FILE_NAME).exists():
        raise PluginError("plugin metadata (plugin.yaml) missing", hint=f"{source} has no such file.")
    target = folder / source.name
    _check_free(folder, target, load(str(source)))
    folder.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source)
    _finish(target, caller)


def install_archive(packaged: Packaged, folder: Path, caller: Caller, *, keyring: str | None) -> None:
    """Unpack a plugin into `folder`; with a `keyring` ("": GnuPG's own) only if its signature is good.

    The archive is kept beside it: by that, its signature can be looked at later. Raises PluginError, SignatureError.
    """
    verification = None if keyring is None else _verified(packaged, keyring)
    with _draft(folder) as draft:
        root = unpack(packaged.data, draft / "unpacked")
        try:
            plugin = read((root / FILE_NAME).read_bytes())
        except PluginError as error:
            raise PluginError(f"failed to extract plugin metadata from tarball: {error}", hint=error.hint) from error
        target = folder / plugin.name
        _check_free(folder, target, plugin)
        archive = folder / archive_name(plugin)
        archive.write_bytes(packaged.data)
        if packaged.provenance is not None:
            archive.with_name(f"{archive.name}.prov").write_bytes(packaged.provenance)
        root.rename(target)
    for line in verification.lines("Plugin") if verification else ():
        caller.say(line)
    _finish(target, caller)


def install_repository(source: str, folder: Path, caller: Caller, *, version: str) -> None:
    """Clone a git repository into `folder`. Raises PluginError."""
    target = folder / repository.name_of(source)
    with _draft(folder) as draft:
        cloned = draft / "cloned"
        repository.clone(source, cloned, version)
        if not (cloned / FILE_NAME).exists():
            raise PluginError("plugin metadata (plugin.yaml) missing", hint=f"{source} has no such file at its top.")
        _check_free(folder, target, read((cloned / FILE_NAME).read_bytes()))
        cloned.rename(target)
    _finish(target, caller)


def uninstall(plugin: Plugin, caller: Caller) -> None:
    """Remove a plugin, with the archive that it came from, and let it do what it wants done then. Raises PluginError."""
    folder = Path(plugin.folder)
    try:
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder)
        if plugin.version:
            archive = folder.with_name(archive_name(plugin))
            archive.unlink(missing_ok=True)
            archive.with_name(f"{archive.name}.prov").unlink(missing_ok=True)
    except OSError as error:
        raise PluginError(f"remove {error.filename}: {(error.strerror or str(error)).lower()}") from error
    run_hook(plugin, "delete", caller.variables)
    caller.say(f"Uninstalled plugin: {plugin.name}")


def update(plugin: Plugin, caller: Caller) -> None:
    """Bring a plugin that is a git repository up to date. Raises PluginError."""
    repository.update(Path(os.path.realpath(plugin.folder)))
    run_hook(load(plugin.folder), "update", caller.variables)
    caller.say(f"Updated plugin: {plugin.name}")


def _verified(packaged: Packaged, keyring: str) -> Verification:
    if not packaged.provenance:
        raise SignatureError(
            "plugin verification failed: no provenance file (.prov) found",
            hint="--verify=false installs it without: then nothing says that it is what its author packaged.",
        )
    try:
        return verify(packaged.data, packaged.file_name, packaged.provenance, keyring)
    except SignatureError as error:
        raise SignatureError(f"plugin verification failed: {error}", hint=error.hint) from error


def _check_free(folder: Path, target: Path, plugin: Plugin) -> None:
    there = next((one.folder for one in load_all(str(folder), ignore_warning) if one.name == plugin.name), None)
    if there is None and os.path.lexists(target):
        there = str(target)
    if there is not None:
        raise PluginError(
            "plugin already exists", hint=f"It is in {there}. `steer plugin uninstall {plugin.name}` removes it."
        )


def _finish(target: Path, caller: Caller) -> None:
    try:
        plugin = load(str(target))
    except PluginError as error:
        raise PluginError(f"plugin is installed but unusable: {error}", hint=error.hint) from error
    run_hook(plugin, "install", caller.variables)
    caller.say(f"Installed plugin: {plugin.name}")


@contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder to make things ready in, on the same file system; nobody takes it for a plugin."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".installing-", dir=folder))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
