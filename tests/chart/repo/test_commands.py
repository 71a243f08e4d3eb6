"""The commands around repositories, beside helm's on the same home: what they print and what they leave."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from steersman.chart.package import package
from steersman.chart.repo.home import Home
from steersman.chart.repo.index import index_directory
from steersman.chart.repo.repositories import silent

from .conftest import Helm
from .loopback import PASSWORD, USER, oci_registry, serve, write_chart

Steer = Callable[..., str]


@pytest.fixture
def steer(home: Home, tmp_path: Path) -> Steer:
    """steer(arguments…): what it printed; it must succeed unless `code` says otherwise (then standard error)."""

    def run(*arguments: object, code: int = 0, feed: str = "") -> str:
        command = [str(Path(sys.executable).with_name("steer")), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, input=feed)
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    return run


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    for name, version in (("web", "1.0.0"), ("web", "1.1.0"), ("web", "2.0.0-rc.1"), ("db", "0.1.0")):
        text = "a server of the World Wide " + "Web " * 20
        package(
            write_chart(tmp_path / version, name, version, description=text, appVersion="7", keywords=["thing"]), folder
        )
    index = index_directory(folder, "", silent)
    index.sort()
    (folder / "index.yaml").write_text(index.text())
    return folder


@pytest.mark.oracle
def test_repo_and_search(steer: Steer, run_helm: Helm, shelf: Path) -> None:
    with serve(shelf, private=True) as server:
        said = steer("repo", "add", "r", server.url, "--username", USER, "--password-stdin", feed=PASSWORD + "\n")
        assert said == '"r" has been added to your repositories\n'
        for arguments in (
            ("repo", "list"),
            ("repo", "list", "-o", "json"),
            ("repo", "list", "-o", "yaml"),
            ("repo", "update"),
            ("search", "repo"),
            ("search", "repo", "WEB", "-l"),
            ("search", "repo", "thing", "--devel", "-o", "json"),
            ("search", "repo", "r/w.b", "-r", "-o", "yaml"),
            ("search", "repo", "nothing"),
            ("search", "repo", "--version", "<1.1", "--max-col-width", "20"),
        ):
            lines = [line.rstrip() for line in steer(*arguments).splitlines()]
            assert lines == [line.rstrip() for line in run_helm(*arguments).stdout.splitlines()]
        assert "no results found" in steer("search", "repo", "nothing", "--fail-on-no-result", code=1)
        assert steer("repo", "remove", "r") == '"r" has been removed from your repositories\n'
        assert "no repositories configured" in steer("repo", "remove", "r", code=1)


@pytest.mark.oracle
def test_repo_index(steer: Steer, run_helm: Helm, shelf: Path) -> None:
    steer("repo", "index", shelf, "--url", "https://x.test", "--merge", shelf / "index.yaml", "--json")
    ours = json.loads((shelf / "index.yaml").read_text())
    run_helm("repo", "index", shelf, "--url", "https://x.test", "--merge", shelf / "index.yaml", "--json")
    theirs = json.loads((shelf / "index.yaml").read_text())
    assert {name: [one["version"] for one in versions] for name, versions in ours["entries"].items()} == {
        name: [one["version"] for one in versions] for name, versions in theirs["entries"].items()
    }


def test_package_pull_and_dependencies(steer: Steer, shelf: Path, tmp_path: Path) -> None:
    with serve(shelf) as server:
        dependencies = [{"name": "web", "version": "^1", "repository": server.url}]
        chart = write_chart(tmp_path, "app", dependencies=dependencies)
        assert "missing" in steer("dependency", "list", chart)
        said = steer("package", chart, "-u", "-d", tmp_path / "out")
        assert (
            said.splitlines()[-1]
            == f"Successfully packaged chart and saved it to: {tmp_path / 'out' / 'app-1.0.0.tgz'}"
        )
        assert "ok" in steer("dependency", "list", chart)
        assert steer("dependency", "build", chart, code=1).startswith("Error: no repository definition for http://127")
        steer("pull", "web", "--repo", server.url, "--untar")
        assert (tmp_path / "web" / "Chart.yaml").exists()
        assert "version: 1.0.0" in steer("show", "chart", "web", "--repo", server.url, "--version", "1.0.0")
        assert "2.0.0-rc.1" in steer("show", "chart", "web", "--repo", server.url, "--devel")


def test_push_and_registry(steer: Steer, shelf: Path, tmp_path: Path) -> None:
    with oci_registry(private=True) as server:
        archive, remote = shelf / "db-0.1.0.tgz", f"oci://{server.host}/team"
        assert "unauthorized" in steer("push", archive, remote, "--plain-http", code=1)
        login = ("registry", "login", server.host, "--plain-http", "-u", USER, "--password-stdin")
        assert "authenticating" in steer(*login, code=1, feed="wrong")
        assert steer(*login, feed=PASSWORD) == "Login Succeeded\n"
        assert steer("push", archive, remote, "--plain-http").startswith(
            f"Pushed: {server.host}/team/db:0.1.0\nDigest: "
        )
        assert "name: db" in steer("show", "chart", f"{remote}/db", "--plain-http")
        assert steer("registry", "logout", server.host) == f"Removing login credentials for {server.host}\n"
        assert steer("registry", "logout", server.host) == f"Removing login credentials for {server.host}\n"


def test_missing_dependencies_are_fetched_on_request(steer: Steer, shelf: Path, tmp_path: Path) -> None:
    with serve(shelf) as server:
        chart = write_chart(tmp_path, "app", dependencies=[{"name": "web", "version": "^1", "repository": server.url}])
        assert "web" in steer("template", chart, code=1)
        assert "# Source: app/charts/web/templates/x.yaml" in steer("template", chart, "--dependency-update")


def test_helms_files_may_lie_elsewhere(steer: Steer, home: Home, shelf: Path, tmp_path: Path) -> None:
    elsewhere = ("--repository-config", tmp_path / "r.yaml", "--repository-cache", tmp_path / "cache")
    with serve(shelf) as server:
        steer("repo", "add", "r", server.url, *elsewhere)
        steer("pull", "r/db", *elsewhere)
    assert (tmp_path / "db-0.1.0.tgz").exists()
    assert (tmp_path / "cache" / "r-index.yaml").exists()
    assert not home.repositories.exists()
