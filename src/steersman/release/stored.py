"""A revision as a storage driver hands it out: what its labels say, decoded only when somebody looks inside."""

from __future__ import annotations

from time import time

from steersman.kube.interface import Object
from steersman.lazy import Protocol
from steersman.record import field, record
from steersman.release.codec import RecordError, decode
from steersman.release.record import Release, Status, storage_key

SYSTEM_LABELS = frozenset({"name", "owner", "status", "version", "createdAt", "modifiedAt"})
OWNER = "helm"


@record(slots=True)
class Stored:
    """One stored revision. `created_at` and `modified_at` are seconds since 1970, 0 where unknown."""

    name: str
    namespace: str
    version: int
    status: Status
    payload: str
    labels: dict[str, str] = field(default_factory=dict)
    created_at: int = 0
    modified_at: int = 0
    _release: Release | None = None

    @property
    def key(self) -> str:
        return storage_key(self.name, self.version)

    @property
    def system_labels(self) -> dict[str, str]:
        """The labels by which Helm finds this revision."""
        times = {"createdAt": self.created_at, "modifiedAt": self.modified_at}
        known = {"name": self.name, "owner": OWNER, "status": str(self.status), "version": str(self.version)}
        return known | {key: str(seconds) for key, seconds in times.items() if seconds}

    def release(self) -> Release:
        """The whole record. Raises RecordError."""
        if self._release is None:
            try:
                release = decode(self.payload, labels=dict(self.labels))
                if not release.name or not release.version:
                    raise RecordError("it names no release and revision")
                self._release = release
            except RecordError as error:
                raise RecordError(
                    f"revision {self.version} of release {self.name!r} in namespace {self.namespace!r} cannot be read: {error}",
                    hint=f"Its record {self.key} was damaged, or written by another tool. When it is mended or deleted "
                    f"(`kubectl -n {self.namespace} delete secret {self.key}`), the other revisions can be used again.",
                ) from error
        return self._release

    def is_readable(self) -> bool:
        try:
            self.release()
        except RecordError:
            return False
        return True


class Driver(Protocol):
    """What a place to keep revisions must do. `namespace` None means every namespace."""

    @property
    def name(self) -> str:
        """Its word in `HELM_DRIVER`."""
        ...

    @property
    def size_limit(self) -> int | None:
        """Bytes that one payload may have, None without a limit."""
        ...

    async def query(
        self,
        namespace: str | None,
        *,
        name: str = "",
        version: int | None = None,
        superseded: bool = True,
        selector: str = "",
    ) -> list[Stored]:
        """The revisions that match, in no order. `selector` is a Kubernetes label query on the user's labels."""
        ...

    async def create(self, release: Release, payload: str) -> Object | None:
        """Return the object that keeps it, where one does. Raises AlreadyExists."""
        ...

    async def update(self, release: Release, payload: str) -> None:
        """Raises NotFound."""
        ...

    async def delete(self, namespace: str, name: str, version: int) -> None:
        """Deleting what is not there is no error."""
        ...


def system_labels(release: Release, *, created: bool) -> dict[str, str]:
    """The labels by which Helm finds a revision. Helm's update writes `modifiedAt` in the place of `createdAt`."""
    return {
        "name": release.name,
        "owner": OWNER,
        "status": str(release.status),
        "version": str(release.version),
        "createdAt" if created else "modifiedAt": str(int(time())),
    }


def from_labels(namespace: str, labels: dict[str, str], payload: str) -> Stored:
    """A revision by its labels; a status that they do not tell is read from the record, where that can be read."""
    stored = Stored(
        name=labels.get("name", ""),
        namespace=namespace,
        version=_number(labels.get("version")),
        status=_status(labels.get("status")),
        payload=payload,
        labels={key: value for key, value in labels.items() if key not in SYSTEM_LABELS},
        created_at=_number(labels.get("createdAt")),
        modified_at=_number(labels.get("modifiedAt")),
    )
    if stored.status is Status.UNKNOWN and labels.get("status") != Status.UNKNOWN and stored.is_readable():
        stored.status = stored.release().info.status
    return stored


def named(key: str, labels: dict[str, str]) -> dict[str, str]:
    """The labels, with name and version by the record's own name (`storage_key`) where they are lost or spoilt."""
    if labels.get("name") and labels.get("version", "").isdecimal():
        return labels
    name, _, version = key.removeprefix(storage_key("", 0).partition(".v0")[0]).rpartition(".v")
    if not name or not version.isdecimal():
        return labels
    return {**labels, "name": name, "version": version}


def _number(text: str | None) -> int:
    """0 for what somebody made of a label by hand."""
    return int(text) if text and text.isdecimal() else 0


def _status(text: str | None) -> Status:
    try:
        return Status(text or Status.UNKNOWN)
    except ValueError:
        return Status.UNKNOWN
