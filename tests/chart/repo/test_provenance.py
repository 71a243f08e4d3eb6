"""Signatures: helm checks what is signed here, and the other way round."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.chart.package import package
from steersman.chart.provenance import sign, verify
from steersman.chart.repo.home import Home
from steersman.chart.repo.index import index_directory
from steersman.chart.repo.locate import locate_verified
from steersman.chart.repo.repositories import silent
from steersman.chart.repo.transfer import pull
from steersman.cli.main import run
from steersman.errors import SignatureError

from .conftest import Helm
from .loopback import serve, write_chart

pysequoia = pytest.importorskip("pysequoia")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return package(write_chart(tmp_path, "web", "1.0.0+x", description="a: b"), tmp_path)


def signed(archive: Path, ring: Path, key: str = "Ada") -> bytes:
    return sign(archive.read_bytes(), archive.name, load(archive).metadata, ring, key)


@pytest.mark.oracle
def test_helm_accepts_our_signature(run_helm: Helm, rings: tuple[Path, Path], archive: Path) -> None:
    public, secret = rings
    archive.with_name(f"{archive.name}.prov").write_bytes(signed(archive, secret))
    said = run_helm("verify", archive, "--keyring", public).stdout
    ours = verify(archive.read_bytes(), archive.name, signed(archive, secret), public)
    assert said.splitlines() == ours.lines()
    assert ours.signers == ("Ada <ada@x.test>",)


@pytest.mark.oracle
@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs GnuPG, whose primary keys sign, as helm's keys must")
def test_helms_signature_is_accepted(run_helm: Helm, tmp_path: Path) -> None:
    def gpg(*arguments: str) -> bytes:
        command = ["gpg", "--homedir", str(tmp_path / "g"), "--batch", "--pinentry-mode=loopback", "--passphrase", ""]
        return subprocess.run([*command, *arguments], check=True, capture_output=True).stdout

    (tmp_path / "g").mkdir(mode=0o700)
    gpg("--quick-generate-key", "Grace <grace@x.test>", "ed25519", "sign")
    public, secret = tmp_path / "pub.gpg", tmp_path / "sec.gpg"
    public.write_bytes(gpg("--export"))
    secret.write_bytes(gpg("--export-secret-keys"))
    subprocess.run(["gpgconf", "--homedir", str(tmp_path / "g"), "--kill", "gpg-agent"], check=True)
    run_helm("package", write_chart(tmp_path, "web"), "--sign", "--key", "Grace", "--keyring", secret, "-d", tmp_path)
    archive = tmp_path / "web-1.0.0.tgz"
    theirs = archive.with_name(f"{archive.name}.prov").read_bytes()
    assert verify(archive.read_bytes(), archive.name, theirs, public).signers == ("Grace <grace@x.test>",)
    assert signed_text(signed(archive, secret, "Grace")) == signed_text(theirs)


def signed_text(provenance: bytes) -> bytes:
    return provenance.partition(b"\n\n")[2].partition(b"-----BEGIN PGP SIGNATURE")[0].rstrip(b"\n")


def test_what_is_not_signed_as_it_should_be(rings: tuple[Path, Path], archive: Path, tmp_path: Path) -> None:
    public, secret = rings
    good, data = signed(archive, secret), archive.read_bytes()
    stranger = tmp_path / "stranger.gpg"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stranger.write_bytes(bytes(pysequoia.Cert.generate("Eve <eve@x.test>")))
    for content, name, provenance, ring, message in (
        (data + b"x", archive.name, good, public, "sha256 sum does not match"),
        (data, "other.tgz", good, public, "does not contain a SHA for a file named"),
        (data, archive.name, good.replace(b"version", b"Version"), public, "openpgp"),
        (data, archive.name, b"no signature", public, "signature block not found"),
        (data, archive.name, good, stranger, "openpgp"),
        (data, archive.name, good, tmp_path / "none.gpg", "failed to load keyring"),
    ):
        with pytest.raises(SignatureError, match=message):
            verify(content, name, provenance, ring)


def test_a_key_must_be_named(rings: tuple[Path, Path], archive: Path) -> None:
    public, secret = rings
    for ring, key, message in (
        (secret, "x.test", "more than one key contain the id"),
        (secret, "Nobody", "private key not found"),
        (public, "Ada", "not a private key"),
    ):
        with pytest.raises(SignatureError, match=message):
            signed(archive, ring, key)


def test_verified_on_the_way(home: Home, rings: tuple[Path, Path], archive: Path, tmp_path: Path) -> None:
    public, secret = rings
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    archive.rename(shelf / archive.name)
    (shelf / "index.yaml").write_text(index_directory(shelf, "", silent).text())
    with serve(shelf) as server:
        with pytest.raises(SignatureError, match="failed to fetch provenance"):
            locate_verified(home, "web", "", str(public), repo=server.url)
        with pytest.raises(SignatureError, match="failed to fetch provenance"):
            pull(home, "web", repo=server.url, destination=str(tmp_path / "d"), keyring=str(public))
        assert not (tmp_path / "d").exists()
        (shelf / f"{archive.name}.prov").write_bytes(signed(shelf / archive.name, secret))
        assert load(locate_verified(home, "web", "", str(public), repo=server.url)).name == "web"
        said: list[str] = []
        pull(home, "web", repo=server.url, destination=str(tmp_path / "d"), keyring=str(public), say=said.append)
        assert said[0] == "Signed by: Ada <ada@x.test>"


@pytest.mark.oracle
@pytest.mark.parametrize("verb", ["update", "build"])
@pytest.mark.parametrize("wanted", [("web",), ("web", "db")], ids=" ".join)
@pytest.mark.parametrize("ring", ["public", "nowhere"])
def test_dependencies_are_verified(
    verb: str,
    wanted: tuple[str, ...],
    ring: str,
    run_helm: Helm,
    rings: tuple[Path, Path],
    tmp_path: Path,
    home: Home,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shelf = tmp_path / "shelf"
    web = package(write_chart(tmp_path / "s", "web", "1.0.0"), shelf)
    web.with_name(f"{web.name}.prov").write_bytes(signed(web, rings[1]))
    package(write_chart(tmp_path / "s", "db", "1.0.0"), shelf)  # which nobody has signed
    (shelf / "index.yaml").write_text(index_directory(shelf, "", silent).text())
    with serve(shelf) as server:
        run_helm("repo", "add", "shelf", server.url)
        dependencies = [{"name": name, "version": "1.0.0", "repository": server.url} for name in wanted]
        told, made = [], []
        for tool in ("helm", "steer"):
            folder = write_chart(tmp_path / tool, "app", dependencies=dependencies)
            if verb == "build":
                run_helm("dependency", "update", folder)
                shutil.rmtree(folder / "charts")
            words = [
                "dependency",
                verb,
                str(folder),
                "--verify",
                "--keyring",
                str(rings[0] if ring == "public" else ring),
            ]
            if tool == "helm":
                done = run_helm(*words, check=False)
                told.append((done.returncode, done.stderr.split("\n")[0]))
            else:
                capsys.readouterr()
                told.append((run(words), capsys.readouterr().err.split("\n")[0]))
            made.append(sorted(path.name for path in (folder / "charts").iterdir()))
    unsigned = "db" in wanted and verb == "update"  # build lets through what has no signature at all, as helm's does
    assert told[1][0] == told[0][0] == int(unsigned or ring != "public")
    assert made[1] == made[0]
    if told[0][0]:  # else helm says that it does not take the signature for a chart
        assert told[1] == told[0]
    elif "db" in wanted:
        assert told[1][1] == "WARNING: db-1.0.0.tgz is not signed"
