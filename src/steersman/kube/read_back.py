"""After a write whose answer never came: is what stands there now what we sent?"""

from __future__ import annotations

from typing import Any

from steersman.kube.interface import Object
from steersman.kube.quantity import quantity


def written_by(obj: Object, manager: str) -> bool:
    """Whether `manager` is among the writers of the object's fields."""
    return any(entry.get("manager") == manager for entry in obj["metadata"].get("managedFields") or [])


def contains(live: Any, sent: Any, ignore: tuple[str, ...] = ()) -> bool:
    """Whether all that was sent stands in what is there (the server adds defaults, never takes away)."""
    if isinstance(sent, dict):
        return isinstance(live, dict) and all(
            key in ignore or value in (None, {}, [], "") or (key in live and contains(live[key], value, ignore))
            for key, value in sent.items()
        )
    if isinstance(sent, list):
        return (
            isinstance(live, list)
            and len(live) >= len(sent)
            and all(contains(there, value, ignore) for there, value in zip(live, sent, strict=False))
        )
    return bool(live == sent) or (str(sent)[:1].isdigit() and quantity(str(sent)) == quantity(str(live)) is not None)
