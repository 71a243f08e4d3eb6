"""Into the chart, all or nothing: what was there stays as it is, and a chart that would not render is not written."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steersman.create.hook import MadeHook, make_hook
from steersman.create.request import HookRequest
from steersman.create.style import style_of
from steersman.errors import ChartError, Location, SteersmanError, UsageError

VALUES = "values.yaml"


def add_hook(folder: Path, request: HookRequest, *, force: bool = False) -> tuple[Path, ...]:
    """Write a hook's template and values into the chart in `folder`; returns the files written.

    Raises UsageError for a request that cannot be met or, without `force`, for what is there already; ChartError for
    what is no chart or could not be rendered with the hook.
    """
    from steersman.chart.load import load

    if not folder.is_dir():
        raise ChartError(f"{folder}: no such chart folder", hint="Name the chart's folder with --chart.")
    chart = load(folder)
    made = make_hook(
        request, style_of(chart.metadata.name, [file.data.decode("utf-8", "replace") for file in chart.templates])
    )
    if (folder / made.path).exists() and not force:
        raise UsageError(
            f"{folder / made.path} is there already", hint="Choose another --name, or replace it with --force."
        )
    values = folder / VALUES
    before = values.read_text(encoding="utf-8") if values.exists() else ""
    changes = {made.path: made.template, VALUES: with_values(before, made, values, force=force)}
    check_renders(folder, changes)
    write_all(folder, changes)
    return tuple(folder / path for path in changes)


def with_values(text: str, made: MadeHook, path: Path, *, force: bool) -> str:
    """`text` with the hook's block at its end, or, with `force`, in place of the block of that key. The rest is untouched."""
    from steersman.manifest.yaml import load

    known: dict[str, Any] = load(text, path=str(path)) or {}
    if made.key not in known:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        changed = f"{text}{gap}{made.values}"
    elif made.values.partition("\n")[0] not in text.splitlines():
        # Not of our making, so not replaced either: nobody gets back what a person wrote.
        raise UsageError(f"{path} has a key {made.key} that is no hook's", hint="Choose another --name.")
    elif force:
        changed = _replaced(text, made)
    else:
        raise UsageError(
            f"{path} has a key {made.key} already", hint="Choose another --name, or replace it with --force."
        )
    _check_rest(known, changed, made, path)
    return changed


def _replaced(text: str, made: MadeHook) -> str:
    lines = text.splitlines(keepends=True)
    key = re.compile(rf"[\"']?{re.escape(made.key)}[\"']?\s*:")
    start = next((at for at, line in enumerate(lines) if key.match(line)), len(lines))
    end = start + 1
    while end < len(lines) and (not lines[end].strip() or lines[end][0] in " -#"):
        end += 1
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1][0] == "#"):
        end -= 1  # what stands before the next key belongs to that
    block = made.values.partition("\n")[2]  # its comment is there
    return "".join([*lines[:start], block, *lines[end:]])


def _check_rest(known: Mapping[str, Any], changed: str, made: MadeHook, path: Path) -> None:
    """The values are what they were, and the hook's. Raises ChartError where text of this form cannot be added to."""
    from steersman.manifest.yaml import load

    wanted = {**known, made.key: (load(made.values) or {})[made.key]}
    try:
        found = load(changed)
    except SteersmanError:
        found = None
    if found != wanted:
        raise ChartError(
            "these values are written in a form that nothing can be appended to",
            location=Location(str(path)),
            hint="Write them as a block (`key: value`, a line each), or leave the file empty.",
        )


def check_renders(folder: Path, changes: Mapping[str, str]) -> None:
    """Render a copy of the chart with the changes. Raises ChartError with what is in the way."""
    from steersman.chart.capabilities import Capabilities
    from steersman.chart.load import load
    from steersman.chart.render import ReleaseOptions, prepare, render

    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.resolve().name
        try:
            shutil.copytree(folder, copy)
            for path, text in changes.items():
                _write(copy / path, text)
        except OSError as error:  # copytree's own names every file in its text
            raise ChartError(f"{folder}: cannot be copied to try the hook in: {error}") from error
        try:
            prepared = prepare(load(copy), {})
            render(prepared, ReleaseOptions("release-name", "default"), capabilities=Capabilities.for_rendering("", []))
        except SteersmanError as error:
            raise ChartError(
                f"{folder}: nothing was written, because with the hook the chart does not render: "
                f"{str(error).replace(str(copy), str(folder))}",
                hint=error.hint
                or "Does `steer template` render the chart without it? If so, look at its values.schema.json.",
            ) from error


def write_all(folder: Path, changes: Mapping[str, str]) -> None:
    """Write every file or none: all are written beside their places first, and put back when one cannot take its place."""
    before = {path: (folder / path).read_bytes() if (folder / path).is_file() else None for path in changes}
    staged: list[Path] = []
    try:
        for path, text in changes.items():
            staged.append(_write(folder / f"{path}.new", text))
            if before[path] is not None:
                shutil.copymode(folder / path, staged[-1])
        for path in changes:
            os.replace(folder / f"{path}.new", folder / path)
    except OSError as error:
        for path, data in before.items():
            if data is None and (folder / path).is_file():
                (folder / path).unlink()
            elif data is not None and (folder / path).read_bytes() != data:
                (folder / path).write_bytes(data)
        for path in changes:
            (folder / f"{path}.new").unlink(missing_ok=True)
        raise ChartError(f"{error.filename}: {error.strerror}; nothing was changed") from error


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
