"""The Pods, ReplicaSets and events around the objects of a wait, kept up to date by shared watches.

Opened only when something takes its time. Where watching them is not permitted, there are simply no symptoms.
"""

from __future__ import annotations

from collections.abc import Callable

from steersman.errors import SteersmanError
from steersman.kube.events import Event, events_about, read_event
from steersman.kube.failfast import Failure, verdict
from steersman.kube.interface import Object
from steersman.kube.pods import pods_of
from steersman.kube.watches import Scope, Seen, Watches

RUNS_PODS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "Pod"})
HAS_SYMPTOMS = RUNS_PODS | {"PersistentVolumeClaim"}


class Symptoms:
    """Collects, per namespace, what may explain why something is not ready; `on_news` is called when there is more."""

    def __init__(self, watches: Watches, on_news: Callable[[], None]) -> None:
        self._watches = watches
        self._on_news = on_news
        self._kept: dict[Scope, dict[str, Object]] = {}
        self._unsubscribe: list[Callable[[], None]] = []

    def of(self, obj: Object) -> tuple[list[Object], list[Event]]:
        """The Pods of `obj` and the events about it and them, as far as known by now. The first call begins to collect."""
        kind, namespace = obj.get("kind"), obj["metadata"].get("namespace")
        if kind not in HAS_SYMPTOMS or not namespace:
            return [], []
        pods = self._all("v1", "Pod", namespace) if kind in RUNS_PODS else {}
        replica_sets = self._all("apps/v1", "ReplicaSet", namespace) if kind == "Deployment" else {}
        mine = pods_of(obj, pods.values(), replica_sets.values())
        uids = {str(each["metadata"].get("uid")) for each in (obj, *mine)}
        found = [read_event(event) for event in self._all("v1", "Event", namespace).values()]
        return mine, sorted((event for event in found if event.uid in uids), key=lambda event: event.last_seen)

    async def explain(self, obj: Object) -> Failure | None:
        """Why `obj` has failed, by asking for its Pods and events now."""
        namespace = obj["metadata"].get("namespace")
        if obj.get("kind") not in RUNS_PODS or not namespace:
            return verdict(obj)
        kube = self._watches.kube
        try:
            pods = (await kube.list("v1", "Pod", namespace=namespace)).items
            replica_sets = (
                (await kube.list("apps/v1", "ReplicaSet", namespace=namespace)).items
                if obj["kind"] == "Deployment"
                else []
            )
            mine = pods_of(obj, pods, replica_sets)
            return verdict(obj, mine, await events_about(kube, namespace, [obj, *mine]))
        except SteersmanError:
            return verdict(obj)  # the failure itself is known; only its details are not to be had

    def close(self) -> None:
        """Stop collecting."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def _all(self, api_version: str, kind: str, namespace: str) -> dict[str, Object]:
        scope = Scope(api_version, kind, namespace)
        if scope not in self._kept:
            kept = self._kept[scope] = {}

            def note(seen: Seen | SteersmanError) -> None:
                if isinstance(seen, Seen):
                    if seen.gone or seen.object is None:
                        kept.pop(seen.name, None)
                    else:
                        kept[seen.name] = seen.object
                    self._on_news()

            self._unsubscribe.append(self._watches.subscribe(scope, note))
        return self._kept[scope]
