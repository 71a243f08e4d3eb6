"""A record that the API server would refuse is refused first, with what fills it."""

from __future__ import annotations

from steersman.errors import ReleaseTooLarge
from steersman.lazy import TYPE_CHECKING
from steersman.release.record import Release

if TYPE_CHECKING:
    from typing import Any


def require_size(release: Release, payload: str, limit: int) -> None:
    """Raises ReleaseTooLarge when `payload` (bytes of base64) is above `limit`."""
    if len(payload) <= limit:
        return
    parts = filled_by(release)
    largest = ", ".join(f"{name} ({_human(size)})" for name, size in parts[:5])
    raise ReleaseTooLarge(
        f"the record of release {release.name!r} takes {_human(len(payload))}, "
        f"and the API server accepts {_human(limit)}; before compression most of it is {largest}",
        release=release.name,
        hint="keep large files out of the chart (.helmignore), move them into objects of their own, "
        "or store releases in a database (HELM_DRIVER=sql)",
        size=len(payload),
        limit=limit,
        parts=parts,
    )


def filled_by(release: Release) -> tuple[tuple[str, int], ...]:
    """What a record consists of, largest first: (name, bytes before compression)."""
    parts: dict[str, int] = {
        "the rendered manifest": len(release.manifest),
        "the user's values": _size(release.config),
        "the chart's default values": _size(release.chart.get("values")),
        "values.schema.json": len(release.chart.get("schema") or ""),
        "NOTES": len(release.info.notes),
    }
    for hook in release.hooks:
        parts[f"hook {hook.path}"] = parts.get(f"hook {hook.path}", 0) + len(hook.manifest)
    for file in [*(release.chart.get("templates") or []), *(release.chart.get("files") or [])]:
        parts[file["name"]] = len(file.get("data") or "")
    return tuple(sorted(((name, size) for name, size in parts.items() if size), key=lambda part: -part[1]))


def _size(value: Any) -> int:
    import json

    return len(json.dumps(value, default=str)) if value else 0


def _human(size: int) -> str:
    return f"{size / 1024:.0f} KiB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.2f} MiB"
