"""Plugins out of an OCI registry."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from pathlib import Path

import pytest
from tests.chart.repo.loopback import PASSWORD, USER, Server, oci_registry

from .toys import Pair, first_error, write_plugin

PLUGIN = "application/vnd.helm.plugin.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def put(server: Server, path: str, data: bytes, kind: str) -> None:
    request = urllib.request.Request(f"{server.url}/v2/{path}", data, {"Content-Type": kind}, method="PUT")
    urllib.request.urlopen(request, timeout=10).close()


def push(
    server: Server, name: str, files: dict[str, bytes], *, artifact: str | None = PLUGIN, config: str = ""
) -> None:
    """Put a plugin under the tag 1.0.0, as `oras push` would."""
    layers = []
    for title, data in files.items():
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        put(server, f"{name}/blobs/uploads/?digest={digest}", data, "application/octet-stream")
        annotations = {"org.opencontainers.image.title": title}
        layers.append({"mediaType": LAYER, "digest": digest, "size": len(data), "annotations": annotations})
    empty = b"{}"
    digest = f"sha256:{hashlib.sha256(empty).hexdigest()}"
    put(server, f"{name}/blobs/uploads/?digest={digest}", empty, "application/octet-stream")
    kind = config or "application/vnd.oci.empty.v1+json"
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": kind, "digest": digest, "size": 2},
        "layers": layers,
    }
    if artifact is not None:
        manifest["artifactType"] = artifact
    data = json.dumps(manifest).encode()
    put(server, f"{name}/manifests/1.0.0", data, "application/vnd.oci.image.manifest.v1+json")


@pytest.fixture
def archive(pair: Pair, tmp_path: Path) -> bytes:
    write_plugin(tmp_path / "toy", "name: toy\nversion: 1.0.0\ncommand: echo toy\n")
    assert pair.by_steer("plugin", "package", "toy", "--sign=false").code == 0
    return (tmp_path / "toy-1.0.0.tgz").read_bytes()


@pytest.mark.oracle
@pytest.mark.parametrize("kind", [{}, {"artifact": None, "config": PLUGIN}], ids=["artifact", "config"])
def test_a_plugin_is_installed_as_by_helm(pair: Pair, archive: bytes, kind: dict[str, str]) -> None:
    words = ("--verify=false", "--plain-http")
    shown = []
    with oci_registry() as server:
        push(server, "plugins/toy", {"toy-1.0.0.tgz": archive, "toy-1.0.0.tgz.prov": b"signed"}, **kind)
        for run in (pair.by_helm, pair.by_steer):
            shown.append(run("plugin", "install", f"oci://{server.host}/plugins/toy:1.0.0", *words))
            assert (pair.plugins / "toy-1.0.0.tgz.prov").read_bytes() == b"signed"
            assert run("toy").out == "toy\n"
            assert run("plugin", "uninstall", "toy").code == 0
        refused = pair.by_steer("plugin", "install", f"oci://{server.host}/plugins/toy:1.0.0", "--plain-http")
    theirs, ours = shown
    assert (ours.code, ours.out, ours.err) == (theirs.code, theirs.out, theirs.err)
    assert first_error(refused).startswith("Error: plugin verification failed: ")


@pytest.mark.oracle
def test_what_is_no_plugin(pair: Pair, archive: bytes) -> None:
    with oci_registry() as server:
        push(server, "plugins/other", {"other-1.0.0.tgz": archive}, artifact="application/x.other")
        push(server, "plugins/toy", {"something.tgz": archive})
        for name in ("other:1.0.0", "toy:1.0.0", "nothing:1.0.0"):
            words = ("plugin", "install", f"oci://{server.host}/plugins/{name}", "--verify=false", "--plain-http")
            theirs, ours = pair.both(*words)
            assert (theirs.code, ours.code) == (1, 1)
            if name != "nothing:1.0.0":
                said = first_error(ours).removeprefix("Error: ")
                assert said in theirs.err
    assert not list(pair.plugins.glob("*/plugin.yaml"))


def test_a_private_registry(pair: Pair, archive: bytes) -> None:
    with oci_registry(private=True) as server:
        words = ("plugin", "install", f"oci://{server.host}/plugins/toy:1.0.0", "--verify=false", "--plain-http")
        shown = pair.by_steer(*words)
        assert (shown.code, "unauthorized" in shown.err) == (1, True)
        shown = pair.by_steer(*words, "--username", USER, "--password", PASSWORD)
        assert "unauthorized" not in shown.err
        assert "not found" in shown.err
