"""What a printer is, and what several kinds print alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from steersman.cluster.tables.ages import age

Json = dict[str, Any]
NONE = "<none>"


@dataclass(frozen=True, slots=True)
class Column:
    """`wide` columns are only shown by `-o wide`."""

    name: str
    type: str = "string"
    wide: bool = False
    format: str = ""


@dataclass(frozen=True, slots=True)
class Printer:
    """The columns of one kind, and how one object fills them."""

    columns: tuple[Column, ...]
    cells: Callable[[Json], list[Any]]


def columns(text: str) -> tuple[Column, ...]:
    """Columns from one line: `Name|Ready|Age|IP*|Desired:integer`; a star marks a wide one. `Name` is always the name."""
    out: list[Column] = []
    for part in text.split("|"):
        name, _, kind = part.rstrip("*").partition(":")
        out.append(Column(name, kind or "string", part.endswith("*"), "name" if name == "Name" else ""))
    return tuple(out)


def name(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def obj_age(obj: Json) -> str:
    return age(obj["metadata"].get("creationTimestamp"))


def join_labels(labels: Json | None) -> str:
    """A plain map of labels in one line."""
    return ",".join(f"{key}={value}" for key, value in sorted((labels or {}).items())) or NONE


def containers(template: Json) -> tuple[str, str]:
    """The names and the images of a Pod template's containers."""
    found = template.get("spec", {}).get("containers") or ()
    return ",".join(item["name"] for item in found), ",".join(item.get("image", "") for item in found)


def condition(obj: Json, kind: str) -> Json | None:
    """The condition of that type if it is True."""
    for found in obj.get("status", {}).get("conditions", ()):
        if found["type"] == kind and found["status"] == "True":
            return dict(found)
    return None
