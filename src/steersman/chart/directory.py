"""Reading a chart from its folder: every file that `.helmignore` leaves, links followed, as Helm walks it."""

from __future__ import annotations

import os
import stat

from steersman.chart import ignore
from steersman.chart.archive import BOM, MAX_CHART_SIZE, MAX_FILES
from steersman.chart.model import File
from steersman.chart.notice import INFO, notice
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def read_directory(path: str, warn: Callable[[str], None]) -> list[File]:
    """The files of the chart in the folder `path`, sorted by name within each folder.

    Raises ChartError for what Helm refuses (a socket or device, more than 100 MiB, a broken link) and, beyond Helm,
    for a link that leads back to a folder it lies in.
    """
    top = os.path.abspath(path)
    files: list[File] = []
    total = 0
    for name, full, status in _walk(top, _rules(top), warn):
        if not stat.S_ISREG(status.st_mode):
            raise ChartError(f"cannot load irregular file {full} as it has file mode type bits set")
        total += status.st_size
        if total > MAX_CHART_SIZE:
            raise ChartError(
                f"error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes",
                hint=_LEAVE_OUT,
            )
        if len(files) >= MAX_FILES:
            raise ChartError(f"chart holds more than {MAX_FILES} files", hint=_LEAVE_OUT)
        try:
            with open(full, "rb") as stream:
                data = stream.read()
        except OSError as error:
            raise ChartError(f"error reading {name}: open {full}: {(error.strerror or '').lower()}") from error
        files.append(File(name, data.removeprefix(BOM), status.st_mtime_ns))
    return files


_LEAVE_OUT = "Leave out what the chart does not need with a .helmignore."


def _rules(top: str) -> ignore.Rules:
    path = os.path.join(top, ignore.FILE_NAME)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            return ignore.parse(stream.read(), path)
    except FileNotFoundError:
        return ignore.parse("")
    except OSError as error:
        raise ChartError(f"open {path}: {(error.strerror or '').lower()}") from error


def _walk(top: str, rules: ignore.Rules, warn: Callable[[str], None]) -> Iterator[tuple[str, str, os.stat_result]]:
    """(name, full path, status) of every file that is not ignored; folders behind links are walked too."""

    def walk(folder: str, prefix: str, above: frozenset[tuple[int, int]]) -> Iterator[tuple[str, str, os.stat_result]]:
        # Go sorts names by their bytes; file names are compared as such here too
        for entry in sorted(os.listdir(folder), key=os.fsencode):
            full, name = f"{folder}/{entry}", prefix + entry
            status = os.lstat(full)
            if stat.S_ISLNK(status.st_mode):
                status = _followed(full, warn)
            is_folder = stat.S_ISDIR(status.st_mode)
            if rules.ignores(name, is_folder=is_folder):
                continue
            if not is_folder:
                yield name, full, status
                continue
            identity = (status.st_dev, status.st_ino)
            if identity in above:
                raise ChartError(f"{full} is a link to a folder that it lies in", hint="Remove the link or ignore it.")
            yield from walk(full, f"{name}/", above | {identity})

    status = os.stat(top)
    try:
        yield from walk(top, "", frozenset({(status.st_dev, status.st_ino)}))
    except OSError as error:
        raise ChartError(f"{error.filename}: {(error.strerror or '').lower()}") from error


def _followed(path: str, warn: Callable[[str], None]) -> os.stat_result:
    try:
        status = os.stat(path)
    except OSError as error:
        target = os.path.realpath(path)
        raise ChartError(
            f"error evaluating symlink {path}: lstat {target}: {(error.strerror or '').lower()}"
        ) from error
    message = "found symbolic link in path. Contents of linked file included and used"
    warn(notice(message, INFO, path=path, resolved=os.path.realpath(path)))
    return status
