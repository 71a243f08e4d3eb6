"""Reading a packaged chart (.tgz) safely: nothing is ever written to disk, nothing outside the chart can be named.

The checks and limits are Helm's; one of ours is added, on the number of files. Links inside an archive are read as empty
files, as Helm reads them: they lead nowhere.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from typing import IO, TYPE_CHECKING, cast

from steersman.chart.model import File
from steersman.errors import ChartError

if TYPE_CHECKING:
    import tarfile

# Helm's limits, in bytes.
MAX_CHART_SIZE = 100 * 1024 * 1024
MAX_FILE_SIZE = 5 * 1024 * 1024
MAX_FILES = 20_000

BOM = b"\xef\xbb\xbf"
_DRIVE = re.compile(r"[a-zA-Z]:/")
_CHUNK = 1 << 16


def read_archive(path: str) -> list[File]:
    """The files of the packaged chart at `path`, names relative to the chart's folder. Raises ChartError."""
    try:
        with open(path, "rb") as stream:
            check_is_archive(path, stream.read(512))
            stream.seek(0)
            return unpack(stream)
    except OSError as error:
        raise ChartError(f"open {path}: {(error.strerror or str(error)).lower()}") from error


def check_is_archive(path: str, start: bytes) -> None:
    """Raise ChartError unless the file starts as gzip does."""
    if start.startswith(b"\x1f\x8b\x08"):
        return
    if path.endswith((".yml", ".yaml")):
        raise ChartError(f"file '{path}' seems to be a YAML file, but expected a gzipped archive")
    # Go looks at 512 bytes, zeros where the file is shorter
    kind = "application/octet-stream" if len(start) < 512 or _is_binary(start) else "text/plain; charset=utf-8"
    raise ChartError(f"file '{path}' does not appear to be a gzipped archive; got '{kind}'")


def unpack(stream: IO[bytes], *, limit: int = MAX_CHART_SIZE) -> list[File]:
    """The files of a gzipped tar, with at most `limit` bytes in all. Raises ChartError."""
    import tarfile

    files: list[File] = []
    remaining = limit
    try:
        # "r|": read once from front to end, so that no more is unpacked than is asked for
        with tarfile.open(fileobj=cast("IO[bytes]", _Inflated(stream)), mode="r|") as archive:
            for number, entry in enumerate(archive):
                if number >= MAX_FILES:
                    raise ChartError(f"chart archive holds more than {MAX_FILES} files")
                if entry.isdir() or entry.name.endswith("/"):
                    continue
                name = relative_name(entry.name)
                if entry.size > remaining:
                    raise ChartError(f"decompressed chart is larger than the maximum size {limit}")
                if entry.size > MAX_FILE_SIZE:
                    raise ChartError(
                        f'decompressed chart file "{entry.name}" is larger than the maximum file size {MAX_FILE_SIZE}'
                    )
                data = _content(archive, entry)
                remaining -= len(data)
                files.append(File(name, data.removeprefix(BOM), int(entry.mtime) * 1_000_000_000))
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise ChartError(f"unable to load chart archive: {error}") from error
    if not files:
        raise ChartError("unable to load chart archive: no files in chart archive")
    return files


def relative_name(name: str) -> str:
    """An entry's name below the chart's folder, checked as Helm checks it. Raises ChartError for one that leads out."""
    delimiter = "\\" if "\\" in name else "/"
    base, *rest = name.split(delimiter)
    inner = "/".join(rest)
    if inner.startswith("/"):
        raise ChartError("chart illegally contains absolute paths")
    inner = posixpath.normpath(inner)
    if inner == ".":
        raise ChartError(f'chart illegally contains content outside the base directory: "{name}"')
    if inner.startswith(".."):
        raise ChartError("chart illegally references parent directory")
    if _DRIVE.match(inner):
        raise ChartError("chart contains illegally named files")
    if base == "Chart.yaml":
        raise ChartError("chart yaml not in base directory")
    return inner


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    if not entry.isreg():
        return b""
    reader = archive.extractfile(entry)
    return reader.read() if reader is not None else b""


class _Inflated:
    """A gzip stream (also of several members) as a file to read, inflating only what is asked for."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = b""

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            if self._inflate.eof:
                self._pending = self._inflate.unused_data or self._pending
                if not self._pending:
                    self._pending = self._stream.read(_CHUNK)
                if not self._pending:
                    break
                self._inflate = zlib.decompressobj(wbits=31)
            if not self._pending:
                self._pending = self._stream.read(_CHUNK)
                if not self._pending:
                    raise EOFError("unexpected EOF")
            part = self._inflate.decompress(self._pending, size)
            self._pending = self._inflate.unconsumed_tail
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _is_binary(start: bytes) -> bool:
    """Whether Go's content sniffing (https://mimesniff.spec.whatwg.org) would call these bytes binary."""
    return any(byte < 0x09 or byte == 0x0B or 0x0E <= byte <= 0x1A or 0x1C <= byte <= 0x1F for byte in start)
