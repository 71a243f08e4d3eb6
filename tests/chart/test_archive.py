"""Hostile archives: each one clear error, in bounded time and memory, and nothing outside the chart is touched."""

from __future__ import annotations

import gzip
import io
import resource
import tarfile
import time
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest

from steersman.chart import archive
from steersman.chart.load import load, load_archive
from steersman.errors import ChartError

from .conftest import Helm, chart_yaml, packed

GOOD = {"Chart.yaml": chart_yaml("c"), "templates/a.yaml": "a: b\n"}


def tarball(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for entry, data in entries:
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def named(name: str, data: bytes = b"x") -> bytes:
    """A good chart with one more file of this name in the tar."""
    return tarball(
        [(tarfile.TarInfo(f"c/{path}"), text.encode()) for path, text in GOOD.items()] + [(tarfile.TarInfo(name), data)]
    )


def linked(kind: bytes, target: str) -> bytes:
    entry = tarfile.TarInfo("c/templates/link.yaml")
    entry.type, entry.linkname = kind, target
    return tarball([(tarfile.TarInfo(f"c/{path}"), text.encode()) for path, text in GOOD.items()] + [(entry, b"")])


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a parent": (lambda: named("c/../../evil"), "illegally references parent directory"),
    "a parent, in Windows' spelling": (lambda: named("c\\..\\..\\evil"), "illegally references parent directory"),
    "a parent after the folder": (lambda: named("c/x/../../evil"), "illegally references parent directory"),
    "an absolute path": (lambda: named("c//etc/evil"), "illegally contains absolute paths"),
    "a drive": (lambda: named("c/c:/evil"), "illegally named files"),
    "a file without a folder": (lambda: named("evil"), "content outside the base directory"),
    "Chart.yaml without a folder": (lambda: named("Chart.yaml/x"), "chart yaml not in base directory"),
    "nothing": (lambda: tarball([]), "no files in chart archive"),
    "no Chart.yaml": (lambda: tarball([(tarfile.TarInfo("c/a"), b"x")]), "no Chart.yaml found"),
    "text": (lambda: gzip.compress(b"hello" * 1000), "unable to load chart archive"),
    "half an archive": (lambda: packed(GOOD)[:-40], "unable to load chart archive"),
    "a broken checksum": (lambda: packed(GOOD)[:-8] + b"12345678", "unable to load chart archive"),
}


@pytest.mark.oracle
@pytest.mark.parametrize("case", REFUSED)
def test_hostile_archives_are_refused_as_helm_refuses_them(case: str, tmp_path: Path, real_helm: Helm) -> None:
    make, problem = REFUSED[case]
    path = tmp_path / "c-1.0.0.tgz"
    path.write_bytes(make())
    with pytest.raises(ChartError, match=problem):
        load(path)
    if case != "a broken checksum":  # Go has read the tar's end before it looks at gzip's
        real_helm.refusal("template", "x", str(path))
    assert {entry.name for entry in tmp_path.iterdir()} == {"c-1.0.0.tgz"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_archives_lead_nowhere(kind: bytes) -> None:
    chart = load_archive(linked(kind, "/etc/passwd"))
    assert [file.data for file in chart.templates if file.name == "templates/link.yaml"] == [b""]


def test_helm_knows_no_limit_for_one_file() -> None:
    assert len(load_archive(named("c/large", bytes(20 << 20))).files[0].data) == 20 << 20


def test_an_archive_of_several_gzip_members() -> None:
    whole = gzip.decompress(packed(GOOD))
    halves = gzip.compress(whole[:700]) + gzip.compress(whole[700:])
    assert [file.name for file in load_archive(halves).templates] == ["templates/a.yaml"]


def test_what_follows_the_archive_is_not_looked_at() -> None:
    assert load_archive(packed(GOOD) + b"\0" * 100).name == "c"


def bounded(action: Callable[[], object]) -> tuple[float, int]:
    """(seconds, KiB by which the process's peak memory grew) of an action that must raise ChartError."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.monotonic()
    with pytest.raises(ChartError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return time.monotonic() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


# Generous bounds: without the checks these inputs would take gigabytes or minutes.
MAX_SECONDS, MAX_KIB = 30, 400 * 1024


@cache
def zeros(size: int) -> bytes:
    """A gzip member of that many zero bytes."""
    deflate = zlib.compressobj(9, wbits=31)
    return b"".join([*(deflate.compress(bytes(1 << 20)) for _ in range(size >> 20)), deflate.flush()])


def bomb(size: int, name: str = "c/zeros", kind: bytes = tarfile.REGTYPE) -> bytes:
    """gzip of `size` zero bytes behind a tar header that promises a file of that size, or what else the kind says."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    return gzip.compress(entry.tobuf()) + zeros(size)


def test_a_zip_bomb_is_not_unpacked() -> None:
    seconds, grown = bounded(lambda: load_archive(bomb(1 << 28)))
    assert seconds < MAX_SECONDS
    assert grown < MAX_KIB


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("c/x", tarfile.XHDTYPE),
        ("c/x", tarfile.XGLTYPE),
        ("c/x", tarfile.GNUTYPE_LONGNAME),
        ("c/x", tarfile.GNUTYPE_LONGLINK),
        ("c/folder/", tarfile.REGTYPE),
        ("c/folder", tarfile.DIRTYPE),
    ],
)
def test_what_is_no_file_is_no_bomb_either(name: str, kind: bytes) -> None:
    data = bomb(1 << 28, name, kind)
    seconds, grown = bounded(lambda: load_archive(data))
    assert seconds < 5
    assert grown < MAX_KIB / 10


def test_many_files_of_allowed_size_are_too_much() -> None:
    data = bytes(40 * 1024 * 1024)
    whole = tarball((tarfile.TarInfo(f"c/f{number}"), data) for number in range(4))
    seconds, grown = bounded(lambda: load_archive(whole))
    assert seconds < MAX_SECONDS
    assert grown < MAX_KIB


def test_archives_inside_archives_share_one_allowance() -> None:
    inner = packed({"Chart.yaml": chart_yaml("s"), **{f"f{number}": bytes(4 << 20) for number in range(20)}}, "s")
    whole = packed({"Chart.yaml": chart_yaml("c"), **{f"charts/s{number}-1.tgz": inner for number in range(20)}})
    seconds, grown = bounded(lambda: load_archive(whole))
    assert seconds < MAX_SECONDS
    assert grown < MAX_KIB


def test_too_many_files() -> None:
    whole = tarball((tarfile.TarInfo(f"c/f{number}"), b"") for number in range(archive.MAX_FILES + 1))
    seconds, _ = bounded(lambda: load_archive(whole))
    assert seconds < MAX_SECONDS


def test_charts_nested_too_deep() -> None:
    files = {"Chart.yaml": chart_yaml("c")}
    files |= {f"{'charts/c/' * depth}Chart.yaml": chart_yaml("c") for depth in range(1, 300)}
    bounded(lambda: load_archive(packed(files)))
