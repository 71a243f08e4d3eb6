"""Reading a packaged chart (.tgz) safely: nothing is ever written to disk, nothing outside the chart can be named.

The checks and limits are Helm's; one of ours is added, on the number of files. Links inside an archive are read as empty
files, as Helm reads them: they lead nowhere.
"""

from __future__ import annotations

import io
import posixpath

from steersman.chart.model import File
from steersman.errors import ChartError
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.record import record

if TYPE_CHECKING:
    import tarfile
    from typing import IO, Any

# Helm's limit, in bytes, for a folder or an archive.
MAX_CHART_SIZE = 100 * 1024 * 1024
# Ours: the entries of one archive, and the bytes of a chart with all the archives in it.
MAX_FILES = 20_000
MAX_TOTAL_SIZE = 200 * 1024 * 1024

BOM = b"\xef\xbb\xbf"
_DRIVE = pattern(r"[a-zA-Z]:/")
_CHUNK = 1 << 16
# What the headers between two entries may come to, in bytes: Go's limit on one of them.
_HEADERS = 1 << 20


def read_archive(path: str) -> list[File]:
    """The files of the packaged chart at `path`, names relative to the chart's folder. Raises ChartError."""
    return unpack(io.BytesIO(read_packed(path)), Allowance())


def read_packed(path: str) -> bytes:
    """The bytes of a packaged chart. Raises ChartError for what cannot be one."""
    try:
        with open(path, "rb") as stream:
            start = stream.read(512)
            check_is_archive(path, start)
            data = start + stream.read(MAX_CHART_SIZE)
    except OSError as error:
        raise ChartError(f"open {path}: {(error.strerror or str(error)).lower()}") from error
    if len(data) > MAX_CHART_SIZE:
        raise ChartError(f"unable to load chart archive: larger than the maximum size {MAX_CHART_SIZE}")
    return data


def check_is_archive(path: str, start: bytes) -> None:
    """Raise ChartError unless the file starts as gzip does."""
    if start.startswith(b"\x1f\x8b\x08"):
        return
    if path.endswith((".yml", ".yaml")):
        raise ChartError(f"file '{path}' seems to be a YAML file, but expected a gzipped archive")
    # Go looks at 512 bytes, zeros where the file is shorter
    kind = "application/octet-stream" if len(start) < 512 or _is_binary(start) else "text/plain; charset=utf-8"
    raise ChartError(f"file '{path}' does not appear to be a gzipped archive; got '{kind}'")


@record(slots=True)
class Allowance:
    """How many bytes a chart may still come to, the archives inside it included."""

    remaining: int = MAX_TOTAL_SIZE

    def take(self, size: int) -> None:
        """Raises ChartError when it is used up."""
        self.remaining -= size
        if self.remaining < 0:
            raise ChartError(f"decompressed chart with its subcharts is larger than the maximum size {MAX_TOTAL_SIZE}")


def unpack(stream: IO[bytes], allowance: Allowance) -> list[File]:
    """The files of a gzipped tar. Raises ChartError."""
    import tarfile
    import zlib

    files: list[File] = []
    remaining = MAX_CHART_SIZE
    try:
        # "r|": read once from front to end, so that no more is unpacked than is asked for
        inflated: Any = Inflated(stream)
        with tarfile.open(fileobj=inflated, mode="r|") as archive:
            for number, entry in enumerate(archive):
                if number >= MAX_FILES:
                    raise ChartError(f"chart archive holds more than {MAX_FILES} files")
                inflated.allow(min(entry.size, remaining))
                if entry.isdir() or entry.name.endswith("/"):
                    continue
                name = relative_name(entry.name)
                if entry.size > remaining:
                    raise ChartError(f"decompressed chart is larger than the maximum size {MAX_CHART_SIZE}")
                allowance.take(entry.size)
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


class Inflated:
    """A gzip stream (also of several members) as a file to read, inflating only what is asked for.

    A reader of archives asks for as much as a header says, and for all that it skips. So there is a limit until the next entry.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        from zlib import decompressobj

        self._stream = stream
        self._make = decompressobj
        self._inflate = decompressobj(wbits=31)
        self._pending = b""
        self._left = _HEADERS

    def allow(self, size: int) -> None:
        """Let an entry of this size be read, and the headers of the next one."""
        self._left = size + _HEADERS

    def read(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            if self._inflate.eof:
                self._pending = self._inflate.unused_data or self._pending
                if not self._pending:
                    self._pending = self._stream.read(_CHUNK)
                if not self._pending:
                    break
                self._inflate = self._make(wbits=31)
            if not self._pending:
                self._pending = self._stream.read(_CHUNK)
                if not self._pending:
                    raise EOFError("unexpected EOF")
            part = self._inflate.decompress(self._pending, size)
            self._pending = self._inflate.unconsumed_tail
            parts.append(part)
            size -= len(part)
            self._left -= len(part)
            if self._left < 0:
                raise ValueError("what an entry or its header comes to is larger than allowed")
        return b"".join(parts)


def _is_binary(start: bytes) -> bool:
    """Whether Go's content sniffing (https://mimesniff.spec.whatwg.org) would call these bytes binary."""
    return any(byte < 0x09 or byte == 0x0B or 0x0E <= byte <= 0x1A or 0x1C <= byte <= 0x1F for byte in start)
