"""`steer plugin package|verify`, and signed plugins: helm takes what is signed here, and the other way round."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.chart.repo.loopback import serve

from steersman.chart.provenance import cleartext

from .toys import Pair, first_error, write_plugin

pytest.importorskip("pysequoia")

LEGACY = """
name: toy
version: 0.3.0
usage: a toy
description: |
  A toy at length.
command: "$HELM_PLUGIN_DIR/run.sh --x"
hooks:
  install: "echo 'it is installed'"
"""
GETTER = """
apiVersion: v1
name: toy
version: 0.3.0
type: getter/v1
runtime: subprocess
sourceURL: https://x.test/toy
config: {protocols: [toy]}
runtimeConfig:
  protocolCommands: [{protocols: [toy], platformCommand: [{os: linux, arch: amd64, command: run.sh, args: [a]}]}]
"""
DOWNLOADER = "name: toy\nversion: 0.3.0\ndownloaders: [{command: run.sh a, protocols: [toy, toys]}]\n"
COMMAND = """
apiVersion: v1
name: toy
version: 0.3.0
type: cli/v1
runtime: subprocess
config: {usage: "toy [x]", shortHelp: a toy, ignoreFlags: true}
runtimeConfig:
  platformCommand: [{command: run.sh}]
  platformHooks: {install: [{command: echo, args: [hello]}]}
"""
RENDERER = "apiVersion: v1\nname: toy\nversion: 0.3.0\ntype: postrenderer/v1\nruntime: subprocess\n"
ARCHIVE, UNSIGNED = "toy-0.3.0.tgz", "--verify=false"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    folder = write_plugin(tmp_path / "src" / "toy", LEGACY, run="#!/bin/sh\necho toy $*\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "file").write_text("x")
    return folder


def contents(archive: Path) -> list[tuple[str, int, bytes]]:
    with tarfile.open(archive) as packed:
        return [
            (one.name, one.mode, (packed.extractfile(one) or _nothing()).read() if one.isreg() else b"")
            for one in packed
        ]


def _nothing() -> tarfile.ExFileObject:
    raise AssertionError


@pytest.mark.oracle
def test_an_archive_holds_what_helms_holds(pair: Pair, toy: Path, tmp_path: Path) -> None:
    theirs = pair.by_helm("plugin", "package", toy, "--sign=false", "-d", "out/x")
    by_helm = contents(tmp_path / "out/x" / ARCHIVE)
    shutil.rmtree(tmp_path / "out")
    ours = pair.by_steer("plugin", "package", toy, "--sign=false", "-d", "out/x")
    assert (ours.code, ours.out, ours.err) == (theirs.code, theirs.out, theirs.err)
    assert contents(tmp_path / "out/x" / ARCHIVE) == by_helm
    installed = pair.by_helm("plugin", "install", tmp_path / "out/x" / ARCHIVE, UNSIGNED)
    assert installed.out.endswith("Installed plugin: toy\n")


@pytest.mark.oracle
@pytest.mark.parametrize(
    "words",
    [
        "package src/nope",
        "package src/toy/run.sh",
        "package src --sign=false",
        "package src --sign=0",
        "verify nope",
        "verify src/toy",
        "verify src/toy/run.sh",
        f"verify {ARCHIVE}",
        "package",
        "verify",
    ],
)
def test_what_cannot_be_done_is_told_in_helms_words(pair: Pair, toy: Path, tmp_path: Path, words: str) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"x")
    theirs, ours = pair.both("plugin", *words.split())
    said = first_error(theirs).replace("helm plugin", "steer plugin")
    assert (ours.code, ours.out, first_error(ours)) == (theirs.code, theirs.out, said)
    assert ours.code == 1


@pytest.mark.oracle
def test_keys_that_do_not_sign(pair: Pair, toy: Path, rings: tuple[Path, Path], tmp_path: Path) -> None:
    public, secret = rings
    for options in (
        ["--keyring", secret],
        ["--keyring", secret, "--key", "Nobody"],
        ["--keyring", public, "--key", "Ada"],
    ):
        theirs, ours = pair.both("plugin", "package", toy, *options)
        assert (ours.code, ours.out, first_error(ours)) == (theirs.code, theirs.out, first_error(theirs))
    assert not (tmp_path / ARCHIVE).exists()
    wrong = pair.by_steer("plugin", "package", toy, "--sign=perhaps")
    assert first_error(wrong) == (
        'Error: invalid argument "perhaps" for "--sign" flag: strconv.ParseBool: parsing "perhaps": invalid syntax'
    )


@pytest.mark.oracle
def test_helm_accepts_our_signature(pair: Pair, toy: Path, rings: tuple[Path, Path], tmp_path: Path) -> None:
    public, secret = rings
    ours = pair.by_steer("plugin", "package", toy, "--keyring", secret, "--key", "Ada")
    assert ours.out == (
        f"Successfully signed. Signature written to: {ARCHIVE}.prov\n"
        f"Successfully packaged plugin and saved it to: {ARCHIVE}\n"
    )
    theirs, ours = pair.both("plugin", "verify", ARCHIVE, "--keyring", public)
    assert (ours.code, ours.out) == (theirs.code, theirs.out)
    assert ours.lines[0] == "Signed by: Ada <ada@x.test>"
    installed = []
    for run in (pair.by_helm, pair.by_steer):
        installed.append(run("plugin", "install", ARCHIVE, "--keyring", public).out)
        assert "signed" in run("plugin", "list").out
        assert pair.by_steer("plugin", "list").out == pair.by_helm("plugin", "list").out
        assert run("plugin", "uninstall", "toy").code == 0
    assert installed[0] == installed[1]
    assert "Plugin Hash Verified: sha256:" in installed[0]
    with serve(tmp_path) as server:
        shown = pair.by_steer("plugin", "install", f"{server.url}/{ARCHIVE}", "--keyring", public)
    assert shown.out == installed[0]


@pytest.mark.oracle
@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs GnuPG, whose primary keys sign, as helm's keys must")
def test_the_signed_text_is_helms(pair: Pair, toy: Path, tmp_path: Path) -> None:
    def gpg(*arguments: str) -> bytes:
        command = ["gpg", "--homedir", str(tmp_path / "g"), "--batch", "--pinentry-mode=loopback", "--passphrase", ""]
        return subprocess.run([*command, *arguments], check=True, capture_output=True).stdout

    (tmp_path / "g").mkdir(mode=0o700)
    gpg("--quick-generate-key", "Grace <grace@x.test>", "ed25519", "sign")
    (tmp_path / "pub.gpg").write_bytes(gpg("--export"))
    (tmp_path / "sec.gpg").write_bytes(gpg("--export-secret-keys"))
    subprocess.run(["gpgconf", "--homedir", str(tmp_path / "g"), "--kill", "gpg-agent"], check=True)
    for manifest in (LEGACY, GETTER, DOWNLOADER, COMMAND, RENDERER):
        (toy / "plugin.yaml").write_text(manifest)
        texts = []
        for run in (pair.by_steer, pair.by_helm):
            assert run("plugin", "package", toy, "--key", "Grace", "--keyring", "sec.gpg").code == 0
            text = cleartext((tmp_path / f"{ARCHIVE}.prov").read_bytes())
            assert text is not None
            texts.append(text.partition(b"\n...\n")[0])
        assert texts[0] == texts[1]
        verified = pair.by_steer("plugin", "verify", ARCHIVE, "--keyring", "pub.gpg")
        assert verified.lines[0] == "Signed by: Grace <grace@x.test>", "what helm signed is accepted"


@pytest.mark.oracle
def test_signatures_that_are_not_right(pair: Pair, toy: Path, rings: tuple[Path, Path], tmp_path: Path) -> None:
    public, secret = rings
    pair.by_steer("plugin", "package", toy, "--keyring", secret, "--key", "Ada")
    archive, signature = tmp_path / ARCHIVE, tmp_path / f"{ARCHIVE}.prov"
    good, signed = archive.read_bytes(), signature.read_bytes()

    def check(word: str) -> None:
        theirs, ours = pair.both("plugin", word, ARCHIVE, "--keyring", public)
        assert (ours.code, ours.out, first_error(ours)) == (theirs.code, theirs.out, first_error(theirs))
        assert ours.code == 1
        assert not (pair.plugins / "toy").exists()

    archive.write_bytes(good + b"x")
    check("verify")
    check("install")
    archive.write_bytes(good)
    signature.write_bytes(b"no signature")
    check("verify")
    check("install")
    signature.write_bytes(signed.replace(b"toy-0.3.0.tgz: ", b"toy-0.4.0.tgz: "))
    for word in ("verify", "install"):  # a changed text: helm and pysequoia have words of their own
        theirs, ours = pair.both("plugin", word, ARCHIVE, "--keyring", public)
        assert (theirs.code, ours.code) == (1, 1)
    assert not (pair.plugins / "toy").exists()


@pytest.mark.oracle
def test_what_the_list_says_of_signatures(pair: Pair, toy: Path, rings: tuple[Path, Path]) -> None:
    public, secret = rings
    pair.by_steer("plugin", "package", toy, "--keyring", secret, "--key", "Ada")
    pair.by_steer("plugin", "install", ARCHIVE, "--keyring", public)
    archive, signature = pair.plugins / ARCHIVE, pair.plugins / f"{ARCHIVE}.prov"
    said = []
    for change in (
        lambda: None,
        lambda: archive.write_bytes(b"x"),
        lambda: signature.write_bytes(b"x"),
        signature.unlink,
        archive.unlink,
    ):
        change()
        theirs, ours = pair.both("plugin", "list")
        assert ours.out == theirs.out
        said.append(ours.lines[1].split("\t")[4].strip())
    assert said == ["signed", "mismatched provenance", "invalid provenance", "unsigned", "unsigned"]
