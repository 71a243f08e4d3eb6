"""Chart repositories over HTTP: what steer does helm can use, and the other way round."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.chart.package import package
from steersman.chart.repo import repositories
from steersman.chart.repo.fetch import Access
from steersman.chart.repo.home import Home
from steersman.chart.repo.index import absolute_url, index_directory, join_url, parse_index, same_url
from steersman.chart.repo.locate import locate
from steersman.chart.repo.repositories import Repository, silent
from steersman.chart.repo.transfer import pull
from steersman.errors import ChartError, ChartNotFound, FetchError, RepositoryError, SteersmanError
from steersman.manifest import yaml

from .conftest import Helm
from .loopback import BASIC, PASSWORD, USER, self_signed, serve, write_chart


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with web 1.0.0, 1.1.0, 2.0.0-rc.1 and db 0.1.0, and its index.yaml."""
    folder = tmp_path / "shelf"
    for name, version in (("web", "1.0.0"), ("web", "1.1.0"), ("web", "2.0.0-rc.1"), ("db", "0.1.0")):
        package(write_chart(tmp_path / version, name, version), folder / ("old" if version == "1.0.0" else ""))
    (folder / "index.yaml").write_text(index(folder))
    return folder


def index(folder: Path, url: str = "") -> str:
    found = index_directory(folder, url, silent)
    found.sort()
    return found.text()


def timeless(text: str) -> object:
    document = yaml.load(text)
    document.pop("generated")
    for versions in document["entries"].values():
        for entry in versions:
            entry.pop("created")
    return document


@pytest.mark.oracle
@pytest.mark.parametrize("url", ["", "https://x.test/charts/"])
def test_an_index_is_helms(run_helm: Helm, shelf: Path, url: str) -> None:
    (shelf / "no-chart.tgz").write_bytes(b"x")
    ours = index(shelf, url)
    (shelf / "index.yaml").unlink()
    run_helm("repo", "index", shelf, *(["--url", url] if url else []))
    assert timeless(ours) == timeless((shelf / "index.yaml").read_text())


@pytest.mark.oracle
def test_a_repository_added_here_is_helms_too(run_helm: Helm, home: Home, shelf: Path, tmp_path: Path) -> None:
    with serve(shelf, private=True) as server:
        entry = Repository("mine", server.url, USER, PASSWORD)
        assert repositories.add(home, entry) == '"mine" has been added to your repositories'
        assert repositories.add(home, entry) == '"mine" already exists with the same configuration, skipping'
        assert json.loads(run_helm("repo", "list", "-o", "json").stdout) == [{"name": "mine", "url": server.url}]
        assert (
            "already exists with the same configuration"
            in run_helm("repo", "add", "mine", server.url, "--username", USER, "--password", PASSWORD).stdout
        )
        (tmp_path / "helms").mkdir()
        run_helm("pull", "mine/web", "-d", tmp_path / "helms")
        assert [path.name for path in (tmp_path / "helms").iterdir()] == ["web-1.1.0.tgz"]
    assert home.repositories.stat().st_mode & 0o777 == 0o600


@pytest.mark.oracle
def test_a_repository_added_by_helm_is_ours_too(run_helm: Helm, home: Home, shelf: Path) -> None:
    with serve(shelf, private=True) as server:
        run_helm("repo", "add", "theirs", server.url, "--username", USER, "--password", PASSWORD)
        assert repositories.read_repositories(home) == [Repository("theirs", server.url, USER, PASSWORD)]
        assert load(locate(home, "theirs/web")).metadata.version == "1.1.0"
        assert list(repositories.remove(home, ["theirs"])) == ['"theirs" has been removed from your repositories']
        assert "no repositories" in run_helm("repo", "list", check=False).stderr
        assert not home.index_of("theirs").exists()


VERSIONS = [
    ("", "1.1.0"),
    ("1.0.0", "1.0.0"),
    ("^1.0", "1.1.0"),
    ("<1.1", "1.0.0"),
    (">0.0.0-0", "2.0.0-rc.1"),
    ("1", "1.1.0"),
]


@pytest.mark.oracle
@pytest.mark.parametrize(("constraint", "version"), VERSIONS)
def test_the_version_that_helm_would_take(
    run_helm: Helm, home: Home, shelf: Path, tmp_path: Path, constraint: str, version: str
) -> None:
    with serve(shelf) as server:
        repositories.add(home, Repository("r", server.url))
        ours = pull(home, "r/web", constraint, destination=str(tmp_path / "ours"))
        (tmp_path / "helms").mkdir()
        run_helm("pull", "r/web", "-d", tmp_path / "helms", *(["--version", constraint] if constraint else []))
        through_url = locate(home, "web", constraint, repo=server.url)
    assert ours.name == f"web-{version}.tgz"
    assert [path.name for path in (tmp_path / "helms").iterdir()] == [ours.name]
    assert load(through_url).metadata.version == version


def test_a_chart_is_fetched_once(home: Home, shelf: Path) -> None:
    with serve(shelf) as server:
        repositories.add(home, Repository("r", server.url))
        path = locate(home, "r/db")
        asked = len(server.requests)
        assert locate(home, "r/db") == path
        assert len(server.requests) == asked
        assert path == home.content(hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_chart_that_is_not_what_the_index_says_is_refused(home: Home, shelf: Path) -> None:
    with serve(shelf) as server:
        repositories.add(home, Repository("r", server.url))
        (shelf / "db-0.1.0.tgz").write_bytes((shelf / "web-1.1.0.tgz").read_bytes())
        with pytest.raises(RepositoryError, match="digest"):
            locate(home, "r/db")


def test_credentials_go_to_their_own_server_only(home: Home, shelf: Path, tmp_path: Path) -> None:
    with serve(shelf) as elsewhere:
        moved = tmp_path / "moved"
        moved.mkdir()
        (moved / "index.yaml").write_text(index(shelf, elsewhere.url).replace("db-0.1.0.tgz", "db-0.1.0.tgz"))
        redirects = {"/away.tgz": f"{elsewhere.url}/db-0.1.0.tgz"}
        with serve(moved, private=True, redirects=redirects) as server:
            repositories.add(home, Repository("r", server.url, USER, PASSWORD))
            locate(home, "r/db")
            pull(home, f"{server.url}/away.tgz", destination=str(tmp_path), access=Access(USER, PASSWORD))
        assert {authorization for _, _, authorization in server.requests} == {BASIC}
    assert {authorization for _, _, authorization in elsewhere.requests} == {None}


def test_untar(home: Home, shelf: Path, tmp_path: Path) -> None:
    with serve(shelf) as server:
        folder = pull(home, "web", repo=server.url, destination=str(tmp_path / "d"), untar=True, untar_dir="u")
        assert folder == tmp_path / "d" / "u" / "web"
        assert load(folder).metadata.version == "1.1.0"
        with pytest.raises(ChartError, match="failed to untar: a file or directory with the name"):
            pull(home, "web", repo=server.url, destination=str(tmp_path / "d"), untar=True, untar_dir="u")


def test_update_tells_how_each_went(home: Home, shelf: Path) -> None:
    said: list[str] = []
    with serve(shelf) as server:
        repositories.add(home, Repository("good", server.url))
        repositories.add(home, Repository("bad", f"{server.url}/"))
        home.index_of("good").unlink()
        repositories.update(home, ["good"], said.append)
        assert home.index_of("good").exists()
        (shelf / "index.yaml").write_text("{}")
        with pytest.raises(RepositoryError, match="failed to update the following repositories"):
            repositories.update(home, [], said.append)
    assert '...Successfully got an update from the "good" chart repository' in said


def refused(action: Callable[[], object], kind: type[SteersmanError], message: str) -> None:
    with pytest.raises(kind) as caught:
        action()
    assert message in str(caught.value)


def test_what_cannot_be_had(home: Home, shelf: Path, tmp_path: Path) -> None:
    refused(lambda: locate(home, "./no-such"), ChartError, 'path "./no-such" not found')
    refused(lambda: locate(home, "web"), ChartError, "non-absolute URLs should be in form of repo_name/path_to_chart")
    refused(lambda: locate(home, "r/web"), RepositoryError, "repo r not found")
    with serve(shelf) as server:
        repositories.add(home, Repository("r", server.url))
        refused(lambda: locate(home, "r/nothing"), ChartNotFound, 'chart "nothing" matching  not found in r index')
        refused(lambda: locate(home, "r/web", "9"), ChartNotFound, "no chart version found for web-9")
        refused(
            lambda: locate(home, "web", "9", repo=server.url), ChartNotFound, f'version "9" not found in {server.url}'
        )
        refused(lambda: locate(home, f"{server.url}/x.tgz"), FetchError, "404 Not Found")
        refused(
            lambda: repositories.add(home, Repository("x", f"{server.url}/nowhere")),
            RepositoryError,
            "is not a valid chart repository or cannot be reached: failed to fetch",
        )
        refused(lambda: repositories.add(home, Repository("a/b", server.url)), RepositoryError, "contains '/'")
        refused(
            lambda: repositories.add(home, Repository("r", f"{server.url}/other")), RepositoryError, "already exists"
        )
    refused(lambda: locate(home, f"{server.url}/gone.tgz"), FetchError, "refused")
    refused(lambda: list(repositories.remove(home, ["x"])), RepositoryError, 'no repo named "x" found')
    refused(lambda: repositories.update(home, ["x"], silent), RepositoryError, "no repositories found matching 'x'")


def test_passwords_are_not_shown() -> None:
    assert PASSWORD not in repr(Repository("r", "u", USER, PASSWORD)) + repr(Access(USER, PASSWORD))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty index.yaml"),
        (b"a: [", "yaml"),
        (b"entries: {}", "no API version specified"),
        (b"apiVersion: v1\nentries: x", "entries"),
    ],
)
def test_what_is_no_index(data: bytes, message: str) -> None:
    with pytest.raises(ChartError, match=message):
        parse_index(data, "index.yaml", silent)


def test_broken_entries_are_left_out() -> None:
    warned: list[str] = []
    entries = {"a": [None, {"name": "a", "version": "x"}, {"name": "a", "version": 1.10, "urls": ["u"]}], "b": None}
    found = parse_index(json.dumps({"apiVersion": "v1", "entries": entries}).encode(), "index.yaml", warned.append)
    assert [(entry.version, entry.urls) for entry in found] == [("1.1", ["u"])]
    assert len(warned) == 2


def test_addresses() -> None:
    assert absolute_url("https://x/a?t=1", "b.tgz") == "https://x/a/b.tgz?t=1"
    assert absolute_url("https://x/a/", "/b.tgz") == "https://x/b.tgz"
    assert absolute_url("https://x/a", "https://y/b.tgz") == "https://y/b.tgz"
    assert join_url("https://x/a/", "b/c.tgz") == "https://x/a/b/c.tgz"
    assert same_url("https://x", "https://x/")
    assert not same_url("https://x/a", "https://x/b")


def test_servers_prove_who_they_are_and_may_want_the_same_of_us(home: Home, shelf: Path, tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(certificate)
    known = Access(cert_file=str(certificate), key_file=str(key))
    with serve(shelf, tls=tls) as server:
        address = f"{server.url}/db-0.1.0.tgz"
        refused(lambda: locate(home, address), FetchError, "certificate verify failed")
        refused(lambda: locate(home, address, access=Access(ca_file="/none")), FetchError, "TLS config")
        assert locate(home, address, access=replace(known, ca_file=str(certificate))).exists()
        assert locate(home, address, access=replace(known, insecure=True)).exists()
        refused(lambda: locate(home, address, access=Access(ca_file=str(certificate))), FetchError, "Get")
