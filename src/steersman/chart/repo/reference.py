"""`oci://host/path/chart:version@sha256:…`: what names a chart in an OCI registry.

Tags cannot hold a plus sign, so the one in a version with build metadata is an underscore there; Helm's convention.
"""

from __future__ import annotations

import re

from steersman.errors import RepositoryError
from steersman.record import record

SCHEME = "oci://"

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


@record(frozen=True, slots=True)
class Reference:
    """A repository in a registry, and perhaps a tag or a digest in it."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag or (f'@{self.digest}' if self.digest else '')}"

    @property
    def version(self) -> str:
        """The chart's version that the tag stands for."""
        return self.tag.replace("_", "+")


def is_oci(address: str) -> bool:
    return address.startswith(SCHEME)


def parse_reference(text: str) -> Reference:
    """Read a reference, with or without `oci://`. Raises RepositoryError."""
    rest = text.removeprefix(SCHEME)
    rest, at, digest = rest.partition("@")
    registry, slash, path = rest.partition("/")
    if not slash or not registry:
        raise _invalid(f"missing registry or repository: {text}")
    path, colon, tag = path.rpartition(":") if ":" in path else (path, "", "")
    tag = tag.replace("+", "_")
    if not _REPOSITORY.fullmatch(path):
        raise _invalid(f'invalid repository "{path}"')
    if colon and not _TAG.fullmatch(tag):
        raise _invalid(f'invalid tag "{tag}"')
    if at and not _DIGEST.fullmatch(digest):
        raise _invalid(f'invalid digest "{digest}"')
    return Reference(registry, path, tag, digest)


def _invalid(problem: str) -> RepositoryError:
    return RepositoryError(f"invalid reference: {problem}", hint="A reference is oci://HOST/PATH/CHART, in lower case.")
