"""The revisions of releases, whatever keeps them: one thin face over the drivers, with Helm's rules of history."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from steersman.errors import ReleaseNotFound, UsageError
from steersman.kube.interface import Kubernetes, Object
from steersman.record import record
from steersman.release.codec import encode
from steersman.release.record import Release, Status
from steersman.release.size import require_size
from steersman.release.stored import Driver, Stored

DRIVERS = ("secret", "configmap", "memory", "sql")


@record(slots=True)
class Storage:
    """The releases of one namespace."""

    driver: Driver
    namespace: str

    async def history(self, name: str) -> list[Stored]:
        """All revisions of a release, oldest first; empty when there is no such release."""
        return sorted(await self.driver.query(self.namespace, name=name), key=lambda stored: stored.version)

    async def get(self, name: str, version: int | None = None) -> Release:
        """One revision (None: the newest). Raises ReleaseNotFound."""
        found = await self.driver.query(self.namespace, name=name, version=version)
        if not found:
            raise ReleaseNotFound(
                "release: not found", release=name, hint="`steer list -A` shows the releases of all namespaces"
            )
        return max(found, key=lambda stored: stored.version).release()

    def check_size(self, release: Release) -> None:
        """Raises ReleaseTooLarge when the record would not fit; done before anything is touched."""
        if self.driver.size_limit is not None:
            require_size(release, encode(release), self.driver.size_limit)

    async def create(self, release: Release) -> Object | None:
        """Return the object that keeps it, where one does. Raises AlreadyExists."""
        return await self.driver.create(release, encode(release))

    async def update(self, release: Release) -> None:
        await self.driver.update(release, encode(release))

    async def delete(self, name: str, version: int) -> None:
        await self.driver.delete(self.namespace, name, version)


def beyond_history_max(history: Iterable[Stored], maximum: int) -> tuple[int, ...]:
    """The versions that Helm drops before it adds one more to `history`: the oldest, never the one deployed. 0: no limit."""
    if maximum <= 0:
        return ()
    known = sorted(history, key=lambda stored: stored.version)
    deployed = max((stored.version for stored in known if stored.status is Status.DEPLOYED), default=None)
    surplus = len(known) - (maximum - 1)
    return tuple([stored.version for stored in known if stored.version != deployed][: max(surplus, 0)])


def open_driver(kube: Kubernetes, name: str = "", *, environment: Mapping[str, str] = os.environ) -> Driver:
    """The driver that `name`, or else `HELM_DRIVER`, asks for ("" is `secret`). Raises UsageError."""
    wanted = (name or environment.get("HELM_DRIVER", "")).lower()
    if wanted in ("", "secret", "secrets", "configmap", "configmaps"):
        from steersman.release.drivers.objects import ObjectDriver

        return ObjectDriver(kube, "ConfigMap" if wanted.startswith("configmap") else "Secret")
    if wanted == "memory":
        from steersman.release.drivers.memory import MemoryDriver

        return MemoryDriver()
    if wanted == "sql":
        from steersman.release.drivers.sql import SqlDriver

        return SqlDriver(environment.get("HELM_DRIVER_SQL_CONNECTION_STRING", ""))
    raise UsageError(f"unknown driver {wanted!r}", hint=f"HELM_DRIVER is one of {', '.join(DRIVERS)}")
