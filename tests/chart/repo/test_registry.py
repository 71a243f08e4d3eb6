"""OCI registries: what steer pushes helm pulls, and the other way round."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.chart.package import package
from steersman.chart.repo import credentials
from steersman.chart.repo.credentials import Credential
from steersman.chart.repo.fetch import Access
from steersman.chart.repo.home import Home
from steersman.chart.repo.locate import locate
from steersman.chart.repo.reference import Reference, parse_reference
from steersman.chart.repo.registry import Registry
from steersman.chart.repo.transfer import pull, push
from steersman.errors import ChartError, ChartNotFound, RepositoryError

from .conftest import Helm
from .loopback import PASSWORD, USER, Server, oci_registry, write_chart

PLAIN = Access(plain_http=True)
VERSIONS = ("1.0.0", "1.2.0", "1.10.0", "2.0.0-rc.1", "0.1.0+build.5")


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    return [
        package(write_chart(tmp_path / version, "web", version, home="https://x", sources=["s"]), tmp_path / "a")
        for version in VERSIONS
    ]


@pytest.fixture
def full(home: Home, archives: list[Path]) -> Iterator[Server]:
    with oci_registry() as server:
        for archive in archives:
            push(home, archive, f"oci://{server.host}/team", access=PLAIN)
        yield server


@pytest.mark.oracle
def test_helm_pulls_what_was_pushed(run_helm: Helm, full: Server, archives: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    address = f"oci://{full.host}/team/web"
    for version in ("1.2.0", "0.1.0+build.5"):
        run_helm("pull", address, "--version", version, "--plain-http", "-d", tmp_path / "out")
    run_helm("pull", address, "--plain-http", "-d", tmp_path / "out")
    for archive in archives:
        if archive.name[4:] in ("1.2.0.tgz", "1.10.0.tgz"):
            assert (tmp_path / "out" / archive.name).read_bytes() == archive.read_bytes()
    assert len(list((tmp_path / "out").iterdir())) == 3


@pytest.mark.oracle
def test_what_helm_pushed_is_pulled(run_helm: Helm, home: Home, archives: list[Path], tmp_path: Path) -> None:
    (tmp_path / "a" / f"{archives[1].name}.prov").write_text("signature")
    with oci_registry() as server:
        for archive in archives:
            run_helm("push", archive, f"oci://{server.host}/team", "--plain-http")
        ours = pull(
            home,
            f"oci://{server.host}/team/web",
            "1.2.0",
            destination=str(tmp_path / "o"),
            provenance=True,
            access=PLAIN,
        )
        assert ours.read_bytes() == archives[1].read_bytes()
        assert ours.with_name(f"{ours.name}.prov").read_text() == "signature"
        assert (
            load(locate(home, f"oci://{server.host}/team/web:0.1.0+build.5", access=PLAIN)).metadata.version
            == "0.1.0+build.5"
        )


@pytest.mark.oracle
def test_the_manifest_is_helms(run_helm: Helm, home: Home, archives: list[Path]) -> None:
    with oci_registry() as server:
        said: list[str] = []
        run_helm("push", archives[0], f"oci://{server.host}/theirs", "--plain-http")
        push(home, archives[0], f"oci://{server.host}/ours", access=PLAIN, say=said.append)
        registry = Registry(server.host, PLAIN, home)
        theirs = json.loads(registry.pull(Reference(server.host, "theirs/web", "1.0.0")).manifest)
        ours = json.loads(registry.pull(Reference(server.host, "ours/web", "1.0.0")).manifest)
        assert (ours["layers"], ours["annotations"]) == (theirs["layers"], theirs["annotations"])
        assert said[0] == f"Pushed: {server.host}/ours/web:1.0.0"


@pytest.mark.parametrize(
    ("constraint", "version"),
    [
        ("", "1.10.0"),
        ("^1.0", "1.10.0"),
        ("<1.10", "1.2.0"),
        (">0.0.0-0", "2.0.0-rc.1"),
        ("1.0.0", "1.0.0"),
        ("~0.1", "0.1.0+build.5"),
    ],
)
def test_constraints_choose_among_tags(full: Server, home: Home, constraint: str, version: str) -> None:
    path = locate(home, f"oci://{full.host}/team/web", constraint, access=PLAIN)
    assert load(path).metadata.version == version


def test_by_digest(full: Server, home: Home, tmp_path: Path) -> None:
    digest = Registry(full.host, PLAIN, home).resolve(Reference(full.host, "team/web", "1.2.0"))
    address = f"oci://{full.host}/team/web@{digest}"
    assert load(locate(home, address, access=PLAIN)).metadata.version == "1.2.0"
    assert load(locate(home, address, "1.2.0", access=PLAIN)).metadata.version == "1.2.0"
    with pytest.raises(RepositoryError, match="chart reference digest mismatch"):
        locate(home, address, "1.0.0", access=PLAIN)
    with pytest.raises(RepositoryError, match="chart reference and version mismatch"):
        locate(home, f"oci://{full.host}/team/web:1.2.0", "2", access=PLAIN)


def test_what_is_not_there(full: Server, home: Home, tmp_path: Path) -> None:
    for address, version, kind, message in (
        (f"oci://{full.host}/team/none", "", ChartNotFound, "not found"),
        (f"oci://{full.host}/team/web", "9.9.9", ChartNotFound, "team/web:9.9.9: not found"),
        (f"oci://{full.host}/team/web", ">9", ChartNotFound, "could not locate a version matching"),
        ("oci://nowhere", "", RepositoryError, "missing registry or repository"),
        (f"oci://{full.host}/Team/web", "", RepositoryError, "invalid repository"),
    ):
        with pytest.raises(kind, match=message):
            locate(home, address, version, access=PLAIN)
    with pytest.raises(ChartError, match="cannot push directory"):
        push(home, tmp_path, f"oci://{full.host}/x", access=PLAIN)
    with pytest.raises(RepositoryError, match="scheme prefix missing"):
        push(home, tmp_path / "x.tgz", "https://x", access=PLAIN)


@pytest.mark.oracle
def test_logins_are_shared_with_helm(run_helm: Helm, home: Home, archives: list[Path], tmp_path: Path) -> None:
    with oci_registry(private=True) as server:
        registry = Registry(server.host, PLAIN, home)
        with pytest.raises(RepositoryError, match="authenticating to"):
            registry.login(Credential(USER, "wrong"))
        assert not credentials.find(home, server.host)
        with pytest.raises(RepositoryError, match="unauthorized"):
            push(home, archives[0], f"oci://{server.host}/team", access=PLAIN)
        Registry(server.host, PLAIN, home).login(Credential(USER, PASSWORD))
        push(home, archives[0], f"oci://{server.host}/team", access=PLAIN)
        run_helm("pull", f"oci://{server.host}/team/web", "--plain-http", "-d", tmp_path)
        run_helm("registry", "logout", server.host)
        assert not credentials.find(home, server.host)
        run_helm("registry", "login", server.host, "--plain-http", "-u", USER, "-p", PASSWORD)
        assert credentials.find(home, server.host) == Credential(USER, PASSWORD)
        assert locate(home, f"oci://{server.host}/team/web", access=PLAIN).exists()
        credentials.forget(home, server.host)
    assert home.registry_config.stat().st_mode & 0o777 == 0o600


def test_docker_knows_passwords_too(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker = tmp_path / "docker" / "config.json"
    docker.parent.mkdir()
    docker.write_text(
        json.dumps({"auths": {"https://a.test": {"auth": "YWRhOnB3"}}, "credHelpers": {"b.test": "fake"}})
    )
    assert credentials.find(home, "a.test") == Credential("ada", "pw")
    helper = tmp_path / "docker-credential-fake"
    helper.write_text('#!/bin/sh\nread host\necho "{\\"Username\\": \\"<token>\\", \\"Secret\\": \\"for $host\\"}"\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert credentials.find(home, "b.test") == Credential(identity_token="for b.test")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("oci://h/a/b:1.0+x", Reference("h", "a/b", "1.0_x")),
        ("h:5000/a", Reference("h:5000", "a")),
        (f"h/a:1@sha256:{'0' * 64}", Reference("h", "a", "1", f"sha256:{'0' * 64}")),
    ],
)
def test_references(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["oci://h", "h/", "/a", "h/A", "h/a:", "h/a:-", "h/a@sha256:1", "h/a b", "h/../b"])
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(RepositoryError, match="invalid reference"):
        parse_reference(text)
