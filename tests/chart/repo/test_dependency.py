"""Dependencies brought into charts/, compared with what helm brings there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steersman.chart.load import load
from steersman.chart.package import package
from steersman.chart.repo import repositories
from steersman.chart.repo.dependency import DependencyManager
from steersman.chart.repo.dependency_status import status_of, unwanted
from steersman.chart.repo.fetch import Access
from steersman.chart.repo.home import Home
from steersman.chart.repo.index import index_directory
from steersman.chart.repo.repositories import Repository, silent
from steersman.chart.repo.transfer import push
from steersman.errors import ChartError, ChartNotFound, RepositoryError, SteersmanError
from steersman.manifest import yaml

from .conftest import Helm
from .loopback import Server, oci_registry, serve, write_chart

Dependencies = list[dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "shelf"
    for name, version in (("web", "1.0.0"), ("web", "1.1.0"), ("web", "2.0.0"), ("db", "0.1.0")):
        package(write_chart(tmp_path / version, name, version), folder)
    found = index_directory(folder, "", silent)
    found.sort()
    (folder / "index.yaml").write_text(found.text())
    with serve(folder) as running:
        yield running


def parent(tmp_path: Path, dependencies: Dependencies, name: str = "app") -> Path:
    write_chart(tmp_path / "near", "neighbour", "0.3.0")
    files = {"charts/local/Chart.yaml": "apiVersion: v2\nname: local\nversion: 0.5.0\n"}
    return write_chart(tmp_path, name, dependencies=dependencies, files=files)


def lock_of(chart: Path) -> Any:
    document = yaml.load((chart / "Chart.lock").read_text())
    document.pop("generated")
    return document


def charts_in(chart: Path) -> list[str]:
    return sorted(path.name for path in (chart / "charts").iterdir())


def cases(url: str) -> dict[str, Dependencies]:
    return {
        "by address": [{"name": "web", "version": "^1.0", "repository": url}],
        "by alias": [
            {"name": "web", "version": ">=1 <2", "repository": "@known"},
            {"name": "db", "version": "*", "repository": "alias:known"},
        ],
        "with a slash": [{"name": "web", "version": "1.0.0", "repository": f"{url}/"}],
        "a neighbour": [{"name": "neighbour", "version": "0.x", "repository": "file://../near/neighbour"}],
        "local": [
            {"name": "local", "version": "~0.5", "repository": ""},
            {"name": "db", "version": "0.1.0", "repository": url},
        ],
        "all fields": [
            {
                "name": "web",
                "version": "~1.1.0-0",
                "repository": url,
                "alias": "w",
                "condition": "w.on",
                "tags": ["a&b"],
                "import-values": ["x", {"parent": "p", "child": "c"}],
            }
        ],
        "twice": [
            {"name": "web", "version": "1.x", "repository": url},
            {"name": "web", "version": "1.x", "repository": url, "alias": "two"},
        ],
    }


@pytest.mark.oracle
@pytest.mark.parametrize("case", cases(""))
@pytest.mark.parametrize("known", [True, False])
def test_updated_as_helm_updates(
    run_helm: Helm, home: Home, server: Server, tmp_path: Path, case: str, known: bool
) -> None:
    dependencies = cases(server.url)[case]
    if known or case == "by alias":
        repositories.add(home, Repository("known", server.url))
    theirs, ours = parent(tmp_path / "theirs", dependencies), parent(tmp_path / "ours", dependencies)
    run_helm("dependency", "update", theirs)
    DependencyManager(ours, home).update()
    assert charts_in(ours) == charts_in(theirs)
    assert lock_of(ours) == lock_of(theirs)
    if known:
        shutil.rmtree(theirs / "charts", ignore_errors=True)
        parent(tmp_path / "theirs", dependencies)
        shutil.copy(ours / "Chart.lock", theirs / "Chart.lock")
        run_helm("dependency", "build", theirs)
        assert charts_in(ours) == charts_in(theirs)


@pytest.mark.oracle
def test_built_from_helms_lock(run_helm: Helm, home: Home, server: Server, tmp_path: Path) -> None:
    repositories.add(home, Repository("known", server.url))
    chart = parent(tmp_path, [{"name": "web", "version": ">=1", "repository": server.url}])
    run_helm("dependency", "update", chart)
    lock = (chart / "Chart.lock").read_text()
    (chart / "charts" / "web-2.0.0.tgz").unlink()
    said: list[str] = []
    DependencyManager(chart, home, said.append).build()
    assert charts_in(chart) == ["local", "web-2.0.0.tgz"]
    assert (chart / "Chart.lock").read_text() == lock
    assert said[-3:] == ["Saving 1 charts", f"Downloading web from repo {server.url}", "Deleting outdated charts"]


def test_outdated_charts_go_and_an_unchanged_lock_stays(home: Home, server: Server, tmp_path: Path) -> None:
    chart = parent(tmp_path, [{"name": "web", "version": "1.x", "repository": server.url}])
    package(write_chart(tmp_path / "old", "web", "0.9.0"), chart / "charts")
    (chart / "charts" / "_notes.txt").write_text("kept: no chart")
    DependencyManager(chart, home).update()
    lock = (chart / "Chart.lock").read_text()
    DependencyManager(chart, home).update()
    assert charts_in(chart) == ["_notes.txt", "local", "web-1.1.0.tgz"]
    assert (chart / "Chart.lock").read_text() == lock
    assert not list(chart.glob("tmpcharts-*"))


def test_from_a_registry(home: Home, tmp_path: Path) -> None:
    plain = Access(plain_http=True)
    with oci_registry() as registry:
        for version in ("1.0.0", "1.5.0"):
            push(
                home,
                package(write_chart(tmp_path / version, "web", version), tmp_path),
                f"oci://{registry.host}/t",
                access=plain,
            )
        chart = parent(tmp_path, [{"name": "web", "version": "^1", "repository": f"oci://{registry.host}/t"}])
        DependencyManager(chart, home, access=plain).update()
        assert charts_in(chart) == ["local", "web-1.5.0.tgz"]
        assert lock_of(chart)["dependencies"][0]["version"] == "1.5.0"


@pytest.mark.parametrize(
    ("dependency", "kind", "message"),
    [
        (
            {"name": "web", "version": ">9", "repository": "URL"},
            ChartNotFound,
            "can't get a valid version for 1 subchart",
        ),
        ({"name": "none", "version": "1", "repository": "URL"}, ChartNotFound, "none chart not found in repo"),
        ({"name": "web", "version": "x y", "repository": "URL"}, ChartError, "invalid version/constraint format"),
        (
            {"name": "web", "version": "1", "repository": "stable"},
            RepositoryError,
            "no repository definition for stable",
        ),
        (
            {"name": "web", "version": "1", "repository": "@other"},
            RepositoryError,
            "no repository definition for @other",
        ),
        ({"name": "web", "version": "1", "repository": "file://../none"}, ChartError, "directory .* not found"),
        ({"name": "gone", "version": "1", "repository": ""}, ChartError, "charts/gone not found"),
        ({"name": "local", "version": "9", "repository": ""}, ChartError, "does not satisfy the constraint 9"),
    ],
)
def test_nothing_is_changed_when_something_is_missing(
    home: Home, server: Server, tmp_path: Path, dependency: dict[str, str], kind: type[SteersmanError], message: str
) -> None:
    wanted = json.loads(json.dumps(dependency).replace("URL", server.url))
    chart = parent(tmp_path, [{"name": "db", "version": "0.1.0", "repository": server.url}, wanted])
    with pytest.raises(kind, match=message):
        DependencyManager(chart, home).update()
    assert charts_in(chart) == ["local"]
    assert not (chart / "Chart.lock").exists()
    assert not list(chart.glob("tmpcharts-*"))


def test_a_lock_that_no_longer_fits(home: Home, server: Server, tmp_path: Path) -> None:
    repositories.add(home, Repository("known", server.url))
    chart = parent(tmp_path, [{"name": "web", "version": "1.x", "repository": server.url}])
    DependencyManager(chart, home).update()
    parent(tmp_path, [{"name": "web", "version": "2.x", "repository": server.url}])
    with pytest.raises(ChartError, match=r"the lock file \(Chart.lock\) is out of sync"):
        DependencyManager(chart, home).build()


@pytest.mark.oracle
def test_listed_as_helm_lists(run_helm: Helm, tmp_path: Path) -> None:
    names = ("ok", "missing", "local", "wrong", "corrupt", "misnamed", "many", "odd")
    dependencies = [{"name": name, "version": "x y" if name == "odd" else "~0.5", "repository": ""} for name in names]
    chart = parent(tmp_path, dependencies)
    for name, version in (
        ("ok", "0.5.1"),
        ("wrong", "0.6.0"),
        ("many", "0.5.0"),
        ("many", "0.5.2"),
        ("odd", "0.5.0"),
        ("extra", "1.0.0"),
    ):
        package(write_chart(tmp_path / "made" / version, name, version), chart / "charts")
    package(write_chart(tmp_path / "made", "other", "0.5.0"), tmp_path).rename(chart / "charts" / "misnamed-0.5.0.tgz")
    listed = run_helm("dependency", "list", chart).stdout
    rows = {
        line.split("\t")[0].strip(): line.split("\t")[3].strip()
        for line in listed.splitlines()[1:]
        if line.count("\t") == 3
    }
    loaded = load(chart)
    assert {one.name: status_of(chart, one, loaded) for one in loaded.metadata.dependencies or ()} == rows
    assert list(unwanted(chart, loaded.metadata.dependencies or ())) == [
        line for line in listed.splitlines() if line.startswith("WARNING")
    ]
