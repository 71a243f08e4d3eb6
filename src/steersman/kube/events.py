"""Events: what Kubernetes' components noted about objects, in the form that a person wants to read."""

from __future__ import annotations

from collections.abc import Iterable

from steersman.errors import Forbidden
from steersman.kube.interface import Kubernetes, Object
from steersman.record import record


@record(frozen=True, slots=True)
class Event:
    """One event. `last_seen` is an RFC 3339 timestamp, `count` how often it happened, `about` is `Kind/name`."""

    type: str
    reason: str
    message: str
    about: str
    uid: str
    count: int
    last_seen: str

    @property
    def is_warning(self) -> bool:
        return self.type == "Warning"


def read_event(obj: Object) -> Event:
    """From a v1 Event object; both its older (count, lastTimestamp) and its newer form (series, eventTime) are read."""
    about, series = obj.get("involvedObject") or {}, obj.get("series") or {}
    times = (obj.get("lastTimestamp"), series.get("lastObservedTime"), obj.get("eventTime"), obj.get("firstTimestamp"))
    created = (obj.get("metadata") or {}).get("creationTimestamp")
    return Event(
        type=str(obj.get("type") or "Normal"),
        reason=str(obj.get("reason") or ""),
        message=str(obj.get("message") or "").strip(),
        about=f"{about.get('kind', '')}/{about.get('name', '')}",
        uid=str(about.get("uid") or ""),
        count=int(obj.get("count") or series.get("count") or 1),
        last_seen=next((str(time) for time in (*times, created) if time), ""),
    )


async def events_about(kube: Kubernetes, namespace: str, objects: Iterable[Object]) -> list[Event]:
    """The events about these objects (say, a Job and its Pods), oldest first; none where reading them is not permitted."""
    uids = {str(obj["metadata"]["uid"]) for obj in objects}
    selector = f"involvedObject.uid={next(iter(uids))}" if len(uids) == 1 else ""
    try:
        listed = await kube.list("v1", "Event", namespace=namespace, field_selector=selector)
    except Forbidden:
        return []
    return sorted((e for e in map(read_event, listed.items) if e.uid in uids), key=lambda event: event.last_seen)
