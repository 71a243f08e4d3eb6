"""A release's revision, with every field that Helm keeps in its record.

Source: the records that helm 4.3.1 writes (`sh.helm.release.v1.NAME.vN`). Times are kept as the RFC 3339 text that Go
prints (nanoseconds, trailing zeros dropped), "" where Helm omits them, so that reading and writing loses nothing.
"""

from __future__ import annotations

from enum import StrEnum
from time import time_ns

from steersman.lazy import TYPE_CHECKING
from steersman.manifest.hooks import Hook
from steersman.moments import utc
from steersman.record import field, record, replace

if TYPE_CHECKING:
    from typing import Any


class Status(StrEnum):
    """The states of a revision, in Helm's words."""

    UNKNOWN = "unknown"
    DEPLOYED = "deployed"
    UNINSTALLED = "uninstalled"
    SUPERSEDED = "superseded"
    FAILED = "failed"
    UNINSTALLING = "uninstalling"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"

    @property
    def pending(self) -> bool:
        return self in (Status.PENDING_INSTALL, Status.PENDING_UPGRADE, Status.PENDING_ROLLBACK)


class ApplyMethod(StrEnum):
    """How a release's resources were written: server-side or client-side apply."""

    SSA = "ssa"
    CSA = "csa"


@record(slots=True)
class Info:
    """What is known of a revision's deployment.

    `resources` is only ever filled for showing, never stored; `rollback_revision` is the one that a rollback returned to (0: this
    is none).
    """

    first_deployed: str = ""
    last_deployed: str = ""
    deleted: str = ""
    description: str = ""
    status: Status = Status.UNKNOWN
    notes: str = field(default="", repr=False)
    resources: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rollback_revision: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


@record(slots=True)
class Release:
    """One revision of a release.

    `chart` is the chart as Helm's JSON has it (metadata, templates in base64, default values, files); `config` the values
    that the user gave; `manifest` the rendered text of all that is no hook; `labels` the user's own labels, which live
    beside the record and not in it.
    """

    name: str
    namespace: str
    version: int
    info: Info = field(default_factory=Info)
    # Long, and full of what belongs into no log.
    chart: dict[str, Any] = field(default_factory=dict, repr=False)
    config: dict[str, Any] = field(default_factory=dict, repr=False)
    manifest: str = field(default="", repr=False)
    hooks: list[Hook] = field(default_factory=list, repr=False)
    labels: dict[str, str] = field(default_factory=dict)
    apply_method: str = ""
    # Fields of a record that a later Helm may add: kept as they came, written back as they are.
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        return self.info.status

    @property
    def key(self) -> str:
        """The name of the object that stores this revision."""
        return storage_key(self.name, self.version)

    @property
    def degraded(self) -> bool:
        """Deployed, although a hook after the fact failed; kept in the description, which Helm carries along."""
        return self.status is Status.DEPLOYED and DEGRADED in self.info.description

    def with_status(self, status: Status, description: str | None = None) -> Release:
        """A copy in another state (hooks are shared)."""
        info = replace(self.info, status=status)
        if description is not None:
            info.description = description
        return replace(self, info=info)


DEGRADED = "(degraded: "


def storage_key(name: str, version: int) -> str:
    return f"sh.helm.release.v1.{name}.v{version}"


def go_time(nanoseconds: int | None = None) -> str:
    """Now (or the given nanoseconds since 1970) as Go prints RFC3339Nano in UTC."""
    value = time_ns() if nanoseconds is None else nanoseconds
    seconds, fraction = divmod(value, 1_000_000_000)
    return utc(seconds) + (f".{fraction:09d}".rstrip("0") if fraction else "") + "Z"
