"""Values of a manifest taken as what they should be: what has another shape counts as empty, for `unknown-field` to tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]


def as_object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def entries(value: Any) -> Iterator[tuple[int, Json]]:
    """The objects of a list, each with its place."""
    return ((at, entry) for at, entry in enumerate(as_list(value)) if isinstance(entry, dict))
