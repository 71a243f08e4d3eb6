"""Image references taken apart. Source: the grammar of the distribution project's `reference` package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """`repository` without registry; `registry` "" means Docker Hub."""

    registry: str
    repository: str
    tag: str
    digest: str


def parse(reference: str) -> Image:
    """`ghcr.io/x/y:1@sha256:…` in its four parts; absent parts are ""."""
    rest, _, digest = reference.partition("@")
    head, slash, tail = rest.rpartition("/")
    name, _, tag = tail.partition(":")
    path = f"{head}{slash}{name}"
    first, slash, remainder = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Image(first, remainder, tag, digest)
    return Image("", path, tag, digest)
