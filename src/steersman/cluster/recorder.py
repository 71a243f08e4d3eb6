"""Events about objects, as client-go's recorder writes them: the same thing again is counted, not repeated."""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime
from typing import Any

from steersman.cluster.machinery import Json, Objects, now
from steersman.errors import ApiError, NotFound

_REMEMBERED = 4096
_HOST = platform.node()


def reference(obj: Json, *, field_path: str = "") -> Json:
    """An `involvedObject`."""
    meta = obj["metadata"]
    out: Json = {"kind": obj["kind"]}
    if meta.get("namespace"):
        out["namespace"] = meta["namespace"]
    out |= {"name": meta["name"], "uid": meta["uid"], "apiVersion": obj["apiVersion"]}
    if meta.get("resourceVersion"):
        out["resourceVersion"] = meta["resourceVersion"]
    if field_path:
        out["fieldPath"] = field_path
    return out


class Recorder:
    """Writes events for one component (`job-controller`, `kubelet`)."""

    def __init__(self, objects: Objects, component: str, *, host: str = "") -> None:
        self._objects = objects
        self._component = component
        self._host = host
        self._known: dict[tuple[str, ...], tuple[str, str]] = {}

    def normal(self, obj: Json, reason: str, message: str, *, field_path: str = "") -> None:
        self._record(obj, "Normal", reason, message, field_path)

    def warning(self, obj: Json, reason: str, message: str, *, field_path: str = "") -> None:
        self._record(obj, "Warning", reason, message, field_path)

    def _record(self, obj: Json, kind: str, reason: str, message: str, field_path: str) -> None:
        key = (obj["metadata"].get("uid", ""), kind, reason, message, field_path)
        if (known := self._known.get(key)) is not None and self._count(*known):
            return
        namespace = obj["metadata"].get("namespace") or "default"
        source = {"component": self._component} | ({"host": self._host} if self._host else {})
        event: Json = {
            "metadata": {"name": f"{obj['metadata']['name']}.{time.time_ns():x}", "namespace": namespace},
            "involvedObject": reference(obj, field_path=field_path), "reason": reason, "message": message, "source": source,
            "firstTimestamp": now(), "lastTimestamp": now(), "count": 1, "type": kind, "eventTime": None,
            "reportingComponent": self._component, "reportingInstance": self._host,
        }  # fmt: skip
        self._create(event, namespace)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = (namespace, event["metadata"]["name"])

    def _count(self, namespace: str, name: str) -> bool:
        """Counts the event once more; False where it is not there any more."""
        event = self._objects.find("events", name, namespace)
        if event is None:
            return False
        event["count"] = event.get("count", 1) + 1
        event["lastTimestamp"] = now()
        try:
            self._objects.update("events", event, field_manager=self._component)
        except NotFound:
            return False
        return True

    def _create(self, event: Json, namespace: str, manager: str = "") -> None:
        try:
            self._objects.create("events", event, namespace, field_manager=manager or self._component)
        except ApiError:
            return  # its namespace is going: nobody is left to tell

    def new_style(self, obj: Json, kind: str, reason: str, action: str, message: str) -> None:
        """As the scheduler writes them: with `eventTime` in microseconds and neither source nor count."""
        namespace = obj["metadata"].get("namespace") or "default"
        event: dict[str, Any] = {
            "metadata": {"name": f"{obj['metadata']['name']}.{time.time_ns():x}", "namespace": namespace},
            "involvedObject": reference(obj), "reason": reason, "message": message, "source": {}, "firstTimestamp": None,
            "lastTimestamp": None, "type": kind, "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "action": action, "reportingComponent": self._component, "reportingInstance": f"{self._component}-{_HOST}",
        }  # fmt: skip
        self._create(event, namespace, "kube-scheduler")
