"""Which names are names of images."""

from __future__ import annotations

import pytest

from steersman.cluster.kubelet.pulling import misnamed

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "name",
    [
        "busybox", "busybox:1.37", "bitnami/kubectl:latest", "localhost/x:1", "localhost:5000/a/b-c__d.e:T_1", "[::1]:5000/x",
        f"registry.example.com/x@{DIGEST}", f"x:1@{DIGEST}", "Registry.Example.com/x", "UPPER/x", "x:UPPER", "a--b",
    ],
)  # fmt: skip
def test_names(name: str) -> None:
    assert not misnamed(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"),
        ("localhost/UPPER:1", "invalid reference format: repository name (UPPER) must be lowercase"),
        ("ghcr.io/${{ github.repository }}:latest", "invalid reference format"),
        (":sha-0b293ab", "invalid reference format"),
        ("registry.hub.docker.com/library//nginx:latest", "invalid reference format"),
        ("https://example.com/x", "invalid reference format"),
        ("x:", "invalid reference format"),
        ("x:a b", "invalid reference format"),
        ("x@sha256:12", "invalid reference format"),
        ("a_.b", "invalid reference format"),
        ("", "invalid reference format"),
        ("0" * 64, f"invalid repository name ({'0' * 64}), cannot specify 64-byte hexadecimal strings"),
    ],
)
def test_no_names(name: str, why: str) -> None:
    assert misnamed(name) == f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {why}'
