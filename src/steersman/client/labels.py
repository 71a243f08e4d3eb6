"""A user's own labels of a release (`--labels`)."""

from __future__ import annotations

from steersman.errors import UsageError

SYSTEM = ("name", "owner", "status", "version", "createdAt", "modifiedAt")
REMOVED = "null"


def require_own(labels: dict[str, str]) -> None:
    """Raises UsageError, in Helm's words, for a label that the storage keeps for itself."""
    if any(name in SYSTEM for name in labels):
        known = " ".join(SYSTEM)
        raise UsageError(f"user supplied labels contains system reserved label name. System labels: [{known}]")


def changed(before: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    """The labels of an upgrade: those of the revision before, changed; the value `null` takes a label away."""
    return {name: value for name, value in {**before, **wanted}.items() if value != REMOVED}
