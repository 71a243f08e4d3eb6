"""Packaged plugins (.tgz): unpacked with their modes, and nothing else than files and folders below one place.

What is refused and in which words is helm's: links, special files, `..`, absolute names, colons. Limits on size and number are
ours. Nothing is unpacked through a link, since none is ever made.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import Any

from steersman.chart.archive import MAX_FILES, Inflated
from steersman.errors import PluginError
from steersman.plugins.manifest import FILE_NAME

SUFFIXES = (".tgz", ".tar.gz")
# The bytes that a plugin may come to: programs for several platforms fit in.
MAX_SIZE = 512 * 1024 * 1024


def is_archive(name: str) -> bool:
    return name.endswith(SUFFIXES)


def unpack(data: bytes, folder: Path) -> Path:
    """Unpack an archive into a new folder; the answer is where its plugin.yaml lies, there or one level deeper.

    Raises PluginError.
    """
    if not data.startswith(b"\x1f\x8b"):
        raise PluginError("plugin data is not a gzip compressed archive", hint="`steer plugin package` makes one.")
    try:
        inflated = Inflated(io.BytesIO(data))
        stream: Any = inflated
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            _unpack(archive, folder, inflated)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise PluginError(f"extracting files from archive: {error}") from error
    except PluginError as error:
        raise PluginError(f"extracting files from archive: {error}", hint=error.hint) from error
    for root in (folder, *sorted(path for path in folder.iterdir() if path.is_dir())):
        if (root / FILE_NAME).is_file():
            return root
    raise PluginError("plugin metadata (plugin.yaml) missing", hint="It must lie in the archive's one folder.")


def _unpack(archive: tarfile.TarFile, folder: Path, inflated: Inflated) -> None:
    remaining = MAX_SIZE
    folder.mkdir(parents=True)
    for number, entry in enumerate(archive):
        if number >= MAX_FILES:
            raise PluginError(f"the archive holds more than {MAX_FILES} files")
        inflated.allow(min(entry.size, remaining))
        path = folder / _checked(entry.name)
        if entry.isdir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        if not entry.isreg():
            raise PluginError(
                f"unknown type: {ord(entry.type):b} in {entry.name}",
                hint="Only files and folders are unpacked, no links.",
            )
        remaining -= entry.size
        if remaining < 0:
            raise PluginError(f"the unpacked plugin is larger than the maximum size {MAX_SIZE}")
        path.parent.mkdir(parents=True, exist_ok=True)
        reader = archive.extractfile(entry)
        assert reader is not None
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, entry.mode & 0o777 | 0o200), "wb") as stream:
            shutil.copyfileobj(reader, stream)


def _checked(name: str) -> str:
    """An entry's name, as long as it leads nowhere else. Raises PluginError."""
    if ":" in name:
        raise PluginError("path contains ':', which is illegal")
    name = name.replace("\\", "/")
    if ".." in name.split("/"):
        raise PluginError("path contains '..', which is illegal")
    if name.startswith("/"):
        raise PluginError("path is absolute, which is illegal")
    return name


def pack(folder: Path, name: str) -> bytes:
    """A plugin's folder as the bytes of an archive, all below one folder of this name. Raises PluginError.

    Links are refused here: neither helm nor steer would install what holds them.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:

        def only_files(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            if not entry.isreg() and not entry.isdir():
                raise PluginError(
                    f"failed to create plugin tarball: {entry.name} is neither a file nor a folder",
                    hint="Put the file itself there: what holds links cannot be installed.",
                )
            entry.uid = entry.gid = 0  # who packs it is nobody's business
            entry.uname = entry.gname = ""
            return entry

        archive.add(folder.resolve(), name, filter=only_files)
    return packed.getvalue()
