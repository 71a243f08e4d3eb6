"""`HELM_DRIVER=memory`: revisions that live as long as the process; for trying things out and for tests."""

from __future__ import annotations

from steersman.errors import AlreadyExists, NotFound
from steersman.record import field, record
from steersman.release.record import Release, storage_key
from steersman.release.selector import matches
from steersman.release.stored import Stored, from_labels, system_labels


@record(slots=True)
class MemoryDriver:
    name: str = "memory"
    size_limit: int | None = None
    _stored: dict[tuple[str, str], Stored] = field(default_factory=dict)

    async def query(
        self,
        namespace: str | None,
        *,
        name: str = "",
        version: int | None = None,
        superseded: bool = True,
        selector: str = "",
    ) -> list[Stored]:
        return [
            stored
            for stored in self._stored.values()
            if namespace in (None, stored.namespace)
            and (not name or stored.name == name)
            and version in (None, stored.version)
            and (superseded or stored.status != "superseded")
            and matches(selector, stored.labels)
        ]

    async def create(self, release: Release, payload: str) -> None:
        key = (release.namespace, release.key)
        if key in self._stored:
            raise AlreadyExists(f"{release.key} already exists", code=409, reason="AlreadyExists")
        self._put(key, release, payload, created=True)

    async def update(self, release: Release, payload: str) -> None:
        key = (release.namespace, release.key)
        if key not in self._stored:
            raise NotFound(f"{release.key} not found", code=404, reason="NotFound")
        self._put(key, release, payload, created=False)

    async def delete(self, namespace: str, name: str, version: int) -> None:
        self._stored.pop((namespace, storage_key(name, version)), None)

    def _put(self, key: tuple[str, str], release: Release, payload: str, *, created: bool) -> None:
        labels = {**release.labels, **system_labels(release, created=created)}
        self._stored[key] = from_labels(release.namespace, labels, payload)
