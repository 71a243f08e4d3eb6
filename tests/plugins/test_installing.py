"""`steer plugin install|uninstall|update` leave what helm's leave, and say what helm's say."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chart.repo.loopback import Server, serve

from .toys import Pair, Shown, first_error, write_plugin

MANIFEST = """
name: toy
version: 0.3.0
command: "$HELM_PLUGIN_DIR/run.sh"
hooks:
  install: 'echo "installs $HELM_PLUGIN_NAME in $HELM_PLUGIN_DIR $0"; cat; exit ${HOOK:-0}'
  update: 'echo updates; exit ${HOOK:-0}'
  delete: 'echo deletes; ls $HELM_PLUGIN_DIR 2>/dev/null; exit ${HOOK:-0}'
"""
UNSIGNED = "--verify=false"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    folder = write_plugin(tmp_path / "src" / "toy", MANIFEST, run="#!/bin/sh\necho toy $*\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "file").write_text("x")
    return folder


@pytest.fixture
def archive(pair: Pair, toy: Path, tmp_path: Path) -> Path:
    assert pair.by_helm("plugin", "package", toy, "--sign=false").code == 0
    return tmp_path / "toy-0.3.0.tgz"


def tree(folder: Path) -> dict[str, object]:
    """What lies there: files with their modes, links with where they lead, git's own things left out."""
    return {
        str(path.relative_to(folder)): os.readlink(path)
        if path.is_symlink()
        else (oct(path.stat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.relative_to(folder).parts
    }


def alike(pair: Pair, *commands: str, **environment: str) -> list[Shown]:
    """Give both the same commands, each in an empty home; what they print and leave is the same. The answer is steer's."""
    shown, left = {}, {}
    for name, run in (("helm", pair.by_helm), ("steer", pair.by_steer)):
        shutil.rmtree(pair.folder / "data", ignore_errors=True)
        shutil.rmtree(pair.folder / "cache", ignore_errors=True)
        shown[name] = [run(*command.split(), **environment) for command in commands]
        left[name] = tree(pair.plugins)
    assert [(one.code, one.out, first_error(one)) for one in shown["steer"]] == [
        (one.code, one.out, first_error(one)) for one in shown["helm"]
    ]
    assert left["steer"] == left["helm"]
    return shown["steer"]


@pytest.mark.oracle
def test_a_folder(pair: Pair, toy: Path) -> None:
    shown = alike(pair, f"plugin install {toy}", "plugin list", "toy x", f"plugin add {toy}/", "plugin update toy")
    assert [one.code for one in shown] == [0, 0, 0, 1, 1]
    assert "local dev" in shown[1].out
    assert shown[2].out == "toy x\n"
    assert "`steer plugin uninstall toy` removes it." in shown[3].err
    shown = alike(pair, f"plugin install {toy}", "plugin uninstall nobody toy", "plugin list")
    assert (shown[1].out, first_error(shown[1])) == (
        "deletes\nUninstalled plugin: toy\n",
        "Error: plugin: nobody not found",
    )
    assert toy.is_dir()


@pytest.mark.oracle
def test_hooks_that_fail(pair: Pair, toy: Path) -> None:
    shown = alike(pair, f"plugin install {toy}", "plugin rm toy", "plugin list", HOOK="3")
    assert [one.code for one in shown] == [1, 1, 0]
    assert shown[2].lines[1:] == []


@pytest.mark.oracle
@pytest.mark.parametrize(
    "words",
    [
        "install",
        "install a b",
        "install nope",
        "install ./nope.tgz",
        "install src",
        "install src/toy/run.sh",
        "uninstall",
        "update",
        "update nobody nobody-else",
        "install toy-0.3.0.tgz",
        "install https://127.0.0.1/x.git",
    ],
)
def test_what_cannot_be_installed(pair: Pair, archive: Path, words: str) -> None:
    theirs, ours = pair.both("plugin", *words.split())
    assert (ours.code, ours.out, first_error(ours)) == (
        1,
        theirs.out,
        first_error(theirs).replace("helm plugin", "steer plugin"),
    )
    assert len(ours.err.splitlines()) > 1, "no way out is told"
    assert not list(pair.plugins.glob("*/*"))


@pytest.mark.oracle
def test_an_archive(pair: Pair, archive: Path, toy: Path) -> None:
    commands = (f"plugin install {archive} {UNSIGNED}", "plugin list", "toy x y", "plugin update toy")
    shown = alike(pair, *commands)
    assert [one.code for one in shown] == [0, 0, 0, 1]
    assert tree(pair.plugins / "toy") == tree(toy)
    assert "unsigned" in shown[1].out
    alike(pair, *commands, "plugin uninstall toy")
    assert not list(pair.plugins.iterdir())


@pytest.mark.oracle
def test_an_archive_at_an_address(pair: Pair, archive: Path, tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        shown = alike(pair, f"plugin install {server.url}/toy-0.3.0.tgz {UNSIGNED}", "plugin list", "plugin remove toy")
        assert [one.code for one in shown] == [0, 0, 0]
        shown = alike(pair, f"plugin install {server.url}/toy-0.3.0.tgz")
        assert first_error(shown[0]) == "Error: plugin verification failed: no provenance file (.prov) found"
        missing = pair.by_steer("plugin", "install", f"{server.url}/nope-1.tgz", UNSIGNED)
        assert first_error(missing) == f"Error: failed to fetch {server.url}/nope-1.tgz : 404 Not Found"


def test_an_archive_of_another_name_is_installed_under_the_plugins(pair: Pair, archive: Path) -> None:
    other = archive.rename(archive.with_name("something-1.0.tar.gz"))
    assert pair.by_steer("plugin", "install", other, UNSIGNED).code == 0
    assert sorted(path.name for path in pair.plugins.iterdir()) == ["toy", "toy-0.3.0.tgz"]


def test_it_goes_where_plugins_are_looked_for(pair: Pair, toy: Path, archive: Path, tmp_path: Path) -> None:
    said = {"HELM_PLUGINS": f"{tmp_path}/mine:{tmp_path}/other"}
    assert pair.by_steer("plugin", "install", archive, UNSIGNED, **said).code == 0
    assert pair.by_steer("toy", "x", **said).out == "toy x\n"
    assert "unsigned" in pair.by_steer("plugin", "list", **said).out
    again = pair.by_steer("plugin", "install", toy, **said)
    assert first_error(again) == "Error: plugin already exists"
    assert pair.by_steer("plugin", "uninstall", "toy", **said).code == 0
    assert not list((tmp_path / "mine").iterdir())
    assert not pair.plugins.exists()
    assert "HELM_PLUGINS names no folder" in pair.by_steer("plugin", "install", toy, HELM_PLUGINS="").err


def test_a_second_plugin_of_one_name_is_refused(pair: Pair, toy: Path, archive: Path) -> None:
    toy.rename(toy.with_name("elsewhere"))
    assert pair.by_steer("plugin", "install", archive, UNSIGNED).code == 0
    shown = pair.by_steer("plugin", "install", toy.with_name("elsewhere"))
    assert (shown.code, first_error(shown)) == (1, "Error: plugin already exists")
    assert pair.by_steer("plugin", "list").code == 0


@pytest.fixture
def repository(tmp_path: Path, toy: Path) -> Iterator[tuple[Server, Path]]:
    """A repository with the tags v0.1.0 and v0.2.0, over HTTP, and where it is committed to."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    bare = tmp_path / "www" / "toy-plugin.git"
    bare.parent.mkdir()
    _git(toy, "init", "-q", "-b", "main")
    for version in ("0.1.0", "0.2.0"):
        (toy / "plugin.yaml").write_text(MANIFEST.replace("0.3.0", version))
        _commit(toy, version)
        _git(toy, "tag", f"v{version}")
    _git(tmp_path, "clone", "-q", "--bare", str(toy), str(bare))
    _git(toy, "remote", "add", "origin", str(bare))
    publish(toy, "0.3.0")
    with serve(bare.parent) as server:
        yield server, toy


def publish(toy: Path, version: str) -> None:
    (toy / "plugin.yaml").write_text(MANIFEST.replace("0.3.0", version))
    _commit(toy, version)
    _git(toy, "push", "-q", "origin", "main", "--tags")
    _git(toy.parents[1] / "www" / "toy-plugin.git", "update-server-info")


def _commit(folder: Path, message: str) -> None:
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.email=a@x.test", "-c", "user.name=a", "commit", "-qm", message)


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.mark.oracle
@pytest.mark.parametrize("version", ["", "0.2.0", "v0.1.0", "~0.1", "<1", "main", ">9"])
def test_a_repository(pair: Pair, repository: tuple[Server, Path], version: str) -> None:
    source = f"{repository[0].url}/toy-plugin.git"
    option = f" --version {version}" if version else ""
    shown = alike(pair, f"plugin install {source} {UNSIGNED}{option}", "plugin list", "plugin update toy")
    assert [one.code for one in shown] == ([1, 0, 1] if version == ">9" else [0, 0, 0])


@pytest.mark.oracle
def test_a_repository_is_brought_up_to_date(pair: Pair, repository: tuple[Server, Path]) -> None:
    server, toy = repository
    assert pair.by_steer("plugin", "install", f"{server.url}/toy-plugin.git", UNSIGNED).code == 0
    publish(toy, "0.4.0")
    assert pair.by_steer("plugin", "update", "toy").out == "updates\nUpdated plugin: toy\n"
    theirs, ours = pair.both("plugin", "list")
    assert ours.out == theirs.out
    assert "0.4.0" in ours.out
    publish(toy, "0.5.0")
    assert pair.by_helm("plugin", "update", "toy").code == 0
    assert "0.5.0" in pair.by_steer("plugin", "list").out
    (pair.plugins / "toy-plugin.git" / "run.sh").write_text("changed")
    theirs, ours = pair.both("plugin", "up", "toy")
    assert (ours.code, first_error(ours)) == (theirs.code, first_error(theirs))
    assert "plugin repo was modified" in ours.err


def test_repositories_that_are_none(pair: Pair, repository: tuple[Server, Path], toy: Path) -> None:
    server, _ = repository
    shown = pair.by_steer("plugin", "install", f"{server.url}/nope.git", UNSIGNED)
    assert shown.code == 1
    assert first_error(shown).startswith("Error: Unable to get repository: ")
    (toy / "plugin.yaml").rename(toy / "other.yaml")
    _commit(toy, "gone")
    _git(toy, "push", "-q", "origin", "main")
    shown = pair.by_steer("plugin", "install", f"file://{toy.parents[1]}/www/toy-plugin.git", UNSIGNED)
    assert first_error(shown) == "Error: plugin metadata (plugin.yaml) missing"
    shown = pair.by_steer("plugin", "install", f"{server.url}/toy-plugin.git", UNSIGNED, PATH=str(pair.folder))
    assert first_error(shown) == 'Error: exec: "git": executable file not found in $PATH'
    assert not list(pair.plugins.iterdir())
