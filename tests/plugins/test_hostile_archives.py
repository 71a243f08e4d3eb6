"""Archives that want to write elsewhere, or to fill the disk, are refused, and nothing of them stays."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from steersman.errors import PluginError
from steersman.plugins import archives

from .toys import Pair, first_error

MANIFEST = b"name: toy\nversion: 0.3.0\ncommand: echo toy\n"


def entry(name: str, data: bytes = b"x", **attributes: object) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.size = len(data)
    for key, value in attributes.items():
        setattr(made, key, value)
    return made, data


def packed(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for made, data in (entry("toy/plugin.yaml", MANIFEST), *entries):
            archive.addfile(made, io.BytesIO(data))
    return stream.getvalue()


HOSTILE = {
    "up": [entry("toy/../../up")],
    "up by backslash": [entry("toy\\..\\..\\up")],
    "absolute": [entry("/tmp/absolute")],
    "drive": [entry("c:/x")],
    "link": [entry("toy/link", b"", type=tarfile.SYMTYPE, linkname="/etc"), entry("toy/link/passwd")],
    "hard link": [entry("toy/link", b"", type=tarfile.LNKTYPE, linkname="/etc/passwd")],
    "device": [entry("toy/device", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "pipe": [entry("toy/pipe", b"", type=tarfile.FIFOTYPE)],
}


@pytest.mark.oracle
@pytest.mark.parametrize("entries", HOSTILE.values(), ids=HOSTILE)
def test_what_leads_elsewhere(pair: Pair, tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    (tmp_path / "toy-0.3.0.tgz").write_bytes(packed(*entries))
    theirs, ours = pair.both("plugin", "install", "toy-0.3.0.tgz", "--verify=false")
    why = first_error(theirs).removeprefix("Error: failed to extract archive: ")
    assert first_error(ours) == f"Error: extracting files from archive: {why}"
    assert ours.code == 1
    assert [path.name for path in pair.plugins.iterdir()] == ["toy-0.3.0.tgz"], "which is helm's"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "plugin data is not a gzip compressed archive"),
        (b"PK\x03\x04", "plugin data is not a gzip compressed archive"),
        (packed()[:-30], "extracting files from archive: unexpected EOF"),
        (packed()[:20] + b"garbage" * 9, "extracting files from archive: "),
        (packed(entry("toy/plugin.yaml/x")), "extracting files from archive: "),
    ],
    ids=["empty", "zip", "cut off", "garbage", "file as folder"],
)
def test_what_is_no_archive(data: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(PluginError) as raised:
        archives.unpack(data, tmp_path / "unpacked")
    assert str(raised.value).startswith(why)


def test_bombs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archives, "MAX_SIZE", 10_000)
    monkeypatch.setattr(archives, "MAX_FILES", 20)
    sizes: dict[str, Callable[[], bytes]] = {
        "large": lambda: packed(entry("toy/zeros", bytes(1_000_000))),
        "many": lambda: packed(*[entry(f"toy/{number}") for number in range(30)]),
    }
    for name, make in sizes.items():
        with pytest.raises(PluginError, match=r"larger than the maximum size 10000|holds more than 20 files"):
            archives.unpack(make(), tmp_path / name)
        written = sum(path.stat().st_size for path in (tmp_path / name).rglob("*") if path.is_file())
        assert written <= 10_000


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_what_is_no_file_is_no_bomb_either(kind: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(archives, "MAX_SIZE", 10_000)
    with pytest.raises(PluginError, match="larger than allowed"):
        archives.unpack(packed(entry("toy/x", bytes(3_000_000), type=kind)), tmp_path / "unpacked")


def test_an_archive_without_a_manifest(pair: Pair, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        archive.addfile(entry("a/b/plugin.yaml")[0], io.BytesIO(b"x"))
    (tmp_path / "toy-0.3.0.tgz").write_bytes(stream.getvalue())
    shown = pair.by_steer("plugin", "install", "toy-0.3.0.tgz", "--verify=false")
    assert first_error(shown) == "Error: plugin metadata (plugin.yaml) missing"
    (tmp_path / "toy-0.3.0.tgz").write_bytes(packed(entry("toy/plugin.yaml", b"name: a b")))
    shown = pair.by_steer("plugin", "install", "toy-0.3.0.tgz", "--verify=false")
    assert first_error(shown).startswith(
        'Error: failed to extract plugin metadata from tarball: invalid plugin name "a b"'
    )
    assert not list(pair.plugins.iterdir())


def test_modes_are_kept_but_for_those_that_make_somebody_else_of_one(tmp_path: Path) -> None:
    data = packed(entry("toy/run.sh", mode=0o4755), entry("toy/plain", mode=0o640))
    root = archives.unpack(data, tmp_path / "unpacked")
    assert [oct((root / name).stat().st_mode & 0o7777) for name in ("run.sh", "plain")] == ["0o755", "0o640"]


def test_links_are_not_packed(tmp_path: Path) -> None:
    (tmp_path / "plugin.yaml").write_bytes(MANIFEST)
    (tmp_path / "link").symlink_to("plugin.yaml")
    with pytest.raises(PluginError, match="toy/link is neither a file nor a folder"):
        archives.pack(tmp_path, "toy")
