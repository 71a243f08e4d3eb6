"""Chart.lock: the versions that were chosen, and a digest that tells whether Chart.yaml has changed since."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from steersman.chart.model import Dependency, Lock
from steersman.chart.repo.home import write_atomically
from steersman.errors import ChartError
from steersman.manifest import yaml


def write_lock(folder: Path, lock: Lock, *, legacy: bool) -> None:
    """Write a chart's lock file, requirements.lock for charts of version 1. Raises ChartError."""
    name = "requirements.lock" if legacy else "Chart.lock"
    path = folder / name
    if path.is_symlink():
        raise ChartError(f'the {name} file is a symlink to "{os.readlink(path)}"')
    write_atomically(path, yaml.dump(lock.document()).encode())


def lock_digest(wanted: Iterable[Dependency], locked: Iterable[Dependency]) -> str:
    """What Chart.lock keeps to tell whether Chart.yaml has changed since: a digest over both lists as Go's JSON."""
    return _digest([[_as_go_writes(one) for one in wanted], [_as_go_writes(one) for one in locked]])


def legacy_digest(wanted: Iterable[Dependency]) -> str:
    """The digest that Helm 2 kept in requirements.lock."""
    return _digest({"dependencies": [_as_go_writes(one) for one in wanted]})


def _as_go_writes(dependency: Dependency) -> dict[str, Any]:
    """The dependency's fields in the order of Helm's struct."""
    document = dependency.document()
    order = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
    return {name: _sorted(document[name]) for name in order if name in document}


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return {key: _sorted(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


def _digest(document: object) -> str:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
