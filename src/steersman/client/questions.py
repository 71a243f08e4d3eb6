"""What can be asked about releases: typed answers, nothing written.

Apart from the actions, so that a command that only asks imports none of what they need.
"""

from __future__ import annotations

from collections.abc import Callable

from steersman.errors import ReleaseNotFound
from steersman.kube.interface import Kubernetes
from steersman.lazy import TYPE_CHECKING
from steersman.lifecycle.policy import Policy
from steersman.lifecycle.situation import Situation, look, situations
from steersman.record import replace
from steersman.release.codec import RecordError
from steersman.release.record import Release, Status
from steersman.release.storage import Storage, open_driver
from steersman.release.stored import Driver, Stored

if TYPE_CHECKING:
    from typing import Any, Self, TypeAlias

    from steersman.client.live import LiveResources, Reader
    from steersman.client.results import HookInfo, ReleaseStatus
    from steersman.lifecycle.runs import HookRun

OnDamaged: TypeAlias = Callable[[RecordError], None] | None


def _read(stored: Stored, on_damaged: OnDamaged) -> list[Release]:
    """The record, or none where it cannot be read and somebody takes note of that. Raises RecordError."""
    try:
        return [stored.release()]
    except RecordError as error:
        if on_damaged is None:
            raise
        on_damaged(error)
        return []


def _shown(situation: Situation, policy: Policy, on_damaged: OnDamaged) -> list[Release]:
    """The revision that stands for a release; where it cannot be read, the one that would without it."""
    try:
        return [situation.shown(policy)]
    except RecordError as error:
        if on_damaged is None:
            raise
        on_damaged(error)
    readable = tuple(stored for stored in situation.history if stored.is_readable())
    return [replace(situation, history=readable).shown(policy)] if readable else []


class Questions:
    """The releases of one namespace on one cluster, as one failure policy sees them.

    `kube` is any implementation of `Kubernetes`; without one, a connection is made from `kubeconfig` (default: where kubectl
    looks). `driver` is HELM_DRIVER's word ("" asks the environment). Close it with `aclose` or `async with`. Raises
    ClusterUnreachable where nothing names a cluster, UsageError for an unknown driver.
    """

    def __init__(
        self,
        kube: Kubernetes | None = None,
        *,
        kubeconfig: str | None = None,
        namespace: str | None = None,
        driver: str | Driver = "",
        policy: Policy = Policy.ROLLBACK,
    ) -> None:
        self._own_kube = kube is None
        if kube is None:
            from steersman.kube.client import connect

            kube = connect(kubeconfig)
        self.kube = kube
        self.namespace = namespace or kube.default_namespace
        self.policy = policy
        self.storage = Storage(open_driver(kube, driver) if isinstance(driver, str) else driver, self.namespace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection, if it is the client's own."""
        if self._own_kube:
            await self.kube.aclose()

    async def situation(self, name: str) -> Situation:
        """What the storage knows of a release, one that does not exist too."""
        return await look(self.storage, name)

    async def status(self, name: str, revision: int = 0) -> ReleaseStatus:
        """Raises ReleaseNotFound."""
        from steersman.client.results import ReleaseStatus

        situation = await self.situation(name)
        shown = self._shown(situation, revision)
        return ReleaseStatus(shown, shown if revision else situation.existing())

    async def get(self, name: str, revision: int = 0) -> Release:
        """A revision's whole record; 0 is the one that stands for the release. Raises ReleaseNotFound."""
        return self._shown(await self.situation(name), revision)

    async def live(self, release: Release, reader: Reader | None = None) -> LiveResources:
        """What is in the cluster of a revision's objects, as objects unless `reader` reads otherwise."""
        from steersman.client.live import Objects, live_resources

        return await live_resources(reader or Objects(self.kube), release.manifest, release.namespace or self.namespace)

    async def get_values(self, name: str, revision: int = 0, *, all_values: bool = False) -> dict[str, Any]:
        """The values that the user gave; with `all_values`, over the chart's defaults."""
        release = await self.get(name, revision)
        if not all_values:
            return release.config
        from steersman.chart.coalesce import coalesce_values
        from steersman.chart.model import Chart, Metadata

        metadata = Metadata(name=str((release.chart.get("metadata") or {}).get("name", "")))
        chart = Chart(metadata=metadata, values=release.chart.get("values") or {})
        return coalesce_values(chart, release.config, lambda _: None)

    async def get_manifest(self, name: str, revision: int = 0) -> str:
        return (await self.get(name, revision)).manifest

    async def get_notes(self, name: str, revision: int = 0) -> str:
        return (await self.get(name, revision)).info.notes

    async def history(self, name: str, *, maximum: int = 256, on_damaged: OnDamaged = None) -> list[Release]:
        """The last `maximum` revisions, oldest first. Raises ReleaseNotFound, and RecordError for a record that cannot be read,
        unless `on_damaged` takes it."""
        situation = await self.situation(name)
        if situation.newest is None:
            situation.existing()
        return [release for stored in situation.history[-maximum:] for release in _read(stored, on_damaged)]

    async def hook_runs(self, name: str) -> list[HookRun]:
        """Every hook run that is kept of a release, of all its revisions, oldest first."""
        from steersman.lifecycle.runs import read_runs

        return await read_runs(self.kube, name, self.namespace)

    async def hooks(self, name: str, revision: int = 0) -> list[HookInfo]:
        """Each hook of a release with its runs."""
        from steersman.client.results import hook_infos
        from steersman.lifecycle.runs import read_runs

        release = await self.get(name, revision)
        return hook_infos(release, await read_runs(self.kube, name, self.namespace))

    async def list(
        self,
        *,
        all_namespaces: bool = False,
        selector: str = "",
        statuses: frozenset[Status] = frozenset(),
        on_damaged: OnDamaged = None,
    ) -> list[Release]:
        """One revision per release, by name: the one that stands for it. `statuses` empty means all; `selector` is a label query
        on the releases' own labels. `on_damaged` is told of a record that cannot be read, and the revision before it is taken;
        without it, RecordError is raised.

        Policy `helm` asks whether the newest revision has one of `statuses`, `rollback` for the newest that has. Of superseded
        ones helm lists all.
        """
        namespace = None if all_namespaces else self.namespace
        old, by_helm = Status.SUPERSEDED in statuses, self.policy is Policy.HELM
        found = await self.storage.driver.query(namespace, superseded=old, selector=selector)
        if statuses and (old or not by_helm):
            found = [stored for stored in found if stored.status in statuses]
        if old and by_helm:
            releases = [release for stored in found for release in _read(stored, on_damaged)]
        else:
            shown = [one for situation in situations(found) for one in _shown(situation, self.policy, on_damaged)]
            releases = [release for release in shown if not statuses or release.info.status in statuses]
        return sorted(releases, key=lambda release: (release.name, release.namespace))

    def _shown(self, situation: Situation, revision: int) -> Release:
        """Raises ReleaseNotFound."""
        if not revision:
            return situation.shown(self.policy)
        for stored in situation.history:
            if stored.version == revision:
                return stored.release()
        raise ReleaseNotFound(
            "release: not found", release=situation.name, hint=f"`steer history {situation.name}` shows the revisions"
        )
