"""What a real Kubernetes 1.36.2 answered to recorded requests."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "kube" / "recorded-1.36"
NAMESPACE = "rec1795338939"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A refused value is printed as the Go struct it is inside the API server; here it is the JSON that was sent.
_GO_STRUCT = re.compile(r"Invalid value: \{.*\}: ")


def recording(name: str) -> Any:
    """One of the recorded files; the test is skipped where they are not at hand."""
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if name.endswith(".gz") else raw)


def alike(value: Any) -> Any:
    """A value with all that differs from run to run made the same."""
    if isinstance(value, dict):
        return {key: "VARIES" if key in ("resourceVersion", "continue") else alike(item) for key, item in value.items()}
    if isinstance(value, list):
        return [alike(item) for item in value]
    if isinstance(value, str):
        value = _TIME.sub("TIME", _UID.sub("UID", value))
        return _GO_STRUCT.sub("Invalid value: {STRUCT}: ", value)
    return value


def differences(found: Any, wanted: Any, path: str = "") -> list[str]:
    """Where two answers differ, one line each: shorter to read than two whole objects."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        lines: list[str] = []
        for key in {**found, **wanted}:
            if key not in found:
                lines.append(f"{path}.{key}: missing, wanted {wanted[key]!r}")
            elif key not in wanted:
                lines.append(f"{path}.{key}: unexpected {found[key]!r}")
            else:
                lines += differences(found[key], wanted[key], f"{path}.{key}")
        return lines
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for index, (one, two) in pairs for line in differences(one, two, f"{path}[{index}]")]
    return [] if found == wanted else [f"{path}: {found!r}, wanted {wanted!r}"]
