"""Handing rendered manifests to another program and taking back what it makes of them.

As in Helm 4, hooks and manifests go out as one stream; an annotation carries each document's template through the program, so
that the result finds its way back below the right `# Source:`. Documents without it count as generated.

Helm 4.3.1 itself takes only the name of a post-renderer plugin; Steersman takes that, too (`steersman.plugins.postrendering`), or
runs a program, as Helm 3 did. Documents are written anew on the way (Helm's library keeps comments, ours does not).
"""

from __future__ import annotations

import subprocess

from steersman.errors import PostRenderError
from steersman.lazy import TYPE_CHECKING
from steersman.manifest import yaml
from steersman.manifest.documents import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

FAILED = "error while running post render on files: "
FILE_ANNOTATION = "postrenderer.helm.sh/postrender-filename"


def command(program: str, arguments: Sequence[str] = ()) -> Callable[[str], str]:
    """A post-renderer that runs `program` with the manifests on its standard input."""

    def run(manifests: str) -> str:
        try:
            done = subprocess.run(
                [program, *arguments],
                input=manifests.encode("utf-8", "surrogateescape"),
                capture_output=True,
                check=False,
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise PostRenderError(
                f"{FAILED}{program}: {reason}",
                hint="--post-renderer takes a program's path, or its name if it is on PATH.",
            ) from error
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise PostRenderError(f"{FAILED}{program}: exit status {done.returncode}" + (f": {said}" if said else ""))
        return taken(done.stdout, program)

    return run


def taken(output: bytes, name: str) -> str:
    """What a post-renderer printed. Raises PostRenderError if that is nothing."""
    text = output.decode("utf-8", "surrogateescape")
    if not text.strip():
        raise PostRenderError(
            f'{FAILED}post-renderer "{name}" produced empty output',
            hint="It is given the manifests on standard input, and what it prints takes their place.",
        )
    return text


def post_render(files: dict[str, str], run: Callable[[str], str]) -> dict[str, str]:
    """The files that `run` makes of these. Raises YamlError, PostRenderError."""
    return _taken_apart(run(_joined(files)))


def _joined(files: dict[str, str]) -> str:
    texts: list[str] = []
    for path in sorted(files):
        if path.rpartition("/")[2].startswith("_"):
            continue
        for document in split(path, files[path]):
            value = document.object
            if isinstance(value, dict):
                texts.append(yaml.dump(_annotated(value, path)))
    return "---\n".join(texts)


def _annotated(value: dict[str, Any], path: str) -> dict[str, Any]:
    metadata = value.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), FILE_ANNOTATION: path}
    return {**value, "metadata": {**metadata, "annotations": annotations}}


def _taken_apart(text: str) -> dict[str, str]:
    files: dict[str, list[str]] = {}
    for number, document in enumerate(split("post-renderer output", text)):
        value = document.object
        if not isinstance(value, dict):
            continue
        metadata = value.get("metadata") or {}
        annotations = dict(metadata.get("annotations") or {})
        path = annotations.pop(FILE_ANNOTATION, "") or f"generated-by-postrender-{number}.yaml"
        metadata = {key: item for key, item in metadata.items() if key != "annotations"}
        if annotations:
            metadata["annotations"] = annotations
        value = {key: item for key, item in value.items() if key != "metadata"}
        if metadata:
            value["metadata"] = metadata
        files.setdefault(path, []).append(yaml.dump(value))
    return {path: "---\n".join(texts) for path, texts in files.items()}
