"""Modules out of one file are the modules that Python finds by itself, also when a source or the file is not what it was."""

from __future__ import annotations

import importlib
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from steersman.bundle import Bundle

NAMES = ("bundled_one", "bundled_pack", "bundled_pack.two")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sources"
    (folder / "bundled_pack").mkdir(parents=True)
    (folder / "bundled_one.py").write_text("VALUE = 1\n")
    (folder / "bundled_pack" / "__init__.py").write_text("WHERE = __path__\n")
    (folder / "bundled_pack" / "two.py").write_text("def where():\n    return __file__\n")
    (folder / "site-packages").mkdir()
    (folder / "site-packages" / "bundled_foreign.py").write_text("")
    monkeypatch.syspath_prepend(str(folder / "site-packages"))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return folder


def begin(sources: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """What a new process has: none of the modules, and the bundle in front."""
    importlib.invalidate_caches()
    for name in (*NAMES, "bundled_foreign"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    bundle = Bundle(str(sources.parent / "cache"), (str(sources),))
    monkeypatch.setattr(sys, "meta_path", [bundle, *(each for each in sys.meta_path if not isinstance(each, Bundle))])
    return bundle


def load() -> dict[str, ModuleType]:
    return {name: importlib.import_module(name) for name in NAMES}


def kept(sources: Path) -> list[Path]:
    return list((sources.parent / "cache" / "modules").glob("*"))


def from_bundle(module: ModuleType) -> bool:
    return type(module.__loader__).__module__ == "steersman.bundle"


def test_the_next_command_has_the_same_modules(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = begin(sources, monkeypatch)
    own = load()
    importlib.import_module("bundled_foreign")
    assert not any(map(from_bundle, own.values()))
    first.save()
    second = begin(sources, monkeypatch)
    bundled = load()
    assert all(map(from_bundle, bundled.values()))
    assert not from_bundle(importlib.import_module("bundled_foreign")), (
        "installed packages may read files beside their modules"
    )
    for name, module in bundled.items():
        for attribute in ("__name__", "__package__", "__file__", "__cached__"):
            assert getattr(module, attribute) == getattr(own[name], attribute)
    assert bundled["bundled_one"].VALUE == 1
    assert list(bundled["bundled_pack"].WHERE) == list(own["bundled_pack"].WHERE)
    assert bundled["bundled_pack.two"].where() == str(sources / "bundled_pack" / "two.py")
    (written,) = kept(sources)
    before = written.stat().st_mtime_ns
    second.save()
    assert written.stat().st_mtime_ns == before, "there was nothing new"


def test_a_changed_source_counts(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = begin(sources, monkeypatch)
    load()
    first.save()
    (sources / "bundled_one.py").write_text("VALUE = 'two'\n")
    os.unlink(sources / "bundled_pack" / "two.py")
    second = begin(sources, monkeypatch)
    assert importlib.import_module("bundled_one").VALUE == "two"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("bundled_pack.two")
    second.save()
    begin(sources, monkeypatch)
    changed = importlib.import_module("bundled_one")
    assert from_bundle(changed)
    assert changed.VALUE == "two"


@pytest.mark.parametrize("keep", [0, 3, 40, -40], ids=["empty", "length", "table", "code"])
def test_a_damaged_file_is_no_matter(sources: Path, monkeypatch: pytest.MonkeyPatch, keep: int) -> None:
    first = begin(sources, monkeypatch)
    load()
    first.save()
    (written,) = kept(sources)
    written.write_bytes(written.read_bytes()[:keep])
    second = begin(sources, monkeypatch)
    assert load()["bundled_one"].VALUE == 1
    second.save()


def test_what_others_could_have_written_is_not_read(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = begin(sources, monkeypatch)
    load()
    first.save()
    (written,) = kept(sources)
    written.chmod(0o666)
    begin(sources, monkeypatch)
    assert not any(map(from_bundle, load().values()))
    written.chmod(0o600)
    written.parent.chmod(0o777)
    begin(sources, monkeypatch)
    assert not any(map(from_bundle, load().values()))


def test_nothing_is_written_where_python_writes_no_compiled_code(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = begin(sources, monkeypatch)
    load()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    bundle.save()
    assert not kept(sources)


COMMAND = [sys.executable, "-m", "steersman", "version"]


def writing_below(folder: Path) -> dict[str, str]:
    """An environment in which compiled code is written, and the cache is this folder."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**environment, "XDG_CACHE_HOME": str(folder)}


def test_a_full_disk_is_no_matter_and_is_not_filled_further(tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))

    done = subprocess.run(
        COMMAND, env=writing_below(tmp_path), check=False, capture_output=True, text=True, preexec_fn=limited
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "steersman" / "modules").iterdir()) == []


def test_the_command_uses_it(tmp_path: Path) -> None:
    environment = writing_below(tmp_path)
    told = [subprocess.run(COMMAND, env=environment, check=True, capture_output=True, text=True) for _ in range(2)]
    assert told[0].stdout == told[1].stdout
    (written,) = (tmp_path / "steersman" / "modules").iterdir()
    before = written.stat().st_mtime_ns
    subprocess.run(COMMAND, env=environment, check=True, capture_output=True)
    assert written.stat().st_mtime_ns == before
