"""Reads everything about a failed hook: the release's record, the history of runs, the cluster as far as we may look.

What is not there any more, or not permitted, is noted and done without; the log of a deleted Job comes from the history.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from steersman.diagnose.chart_objects import chart_objects, flat_values
from steersman.diagnose.credentials import speaks_of_a_secret, without_credentials
from steersman.diagnose.facts import (
    ConditionFacts,
    ContainerFacts,
    EventFacts,
    Facts,
    HookFacts,
    ReferenceFacts,
    RunFacts,
    ServiceFacts,
)
from steersman.diagnose.pod_references import references
from steersman.diagnose.subjects import event_pattern, pods_of
from steersman.errors import ApiError, Forbidden, KubernetesError, NotFound, SteersmanError
from steersman.kube.events import Event, read_event
from steersman.kube.failfast import container_statuses
from steersman.kube.interface import Kubernetes, Object, ObjectList, ObjectRef
from steersman.lifecycle.redact import MASK, Redactor, redactor_for
from steersman.lifecycle.runs import HookRun
from steersman.manifest.documents import split
from steersman.manifest.hooks import Hook
from steersman.release.record import Release

T = TypeVar("T")

LOG_LINES = 200
_BAD = ("Failed", "FailureTarget", "Suspended", "DisruptionTarget")


async def gather(kube: Kubernetes, release: Release, hook: Hook, run: HookRun | None) -> Facts:
    """The facts about one hook of `release`; `run` is its failed run, where the history has it."""
    return await _Gathering(kube, release, hook, run).facts()


class _Gathering:
    """One look at the cluster: what was read, and what could not be."""

    def __init__(self, kube: Kubernetes, release: Release, hook: Hook, run: HookRun | None) -> None:
        self._kube, self._release, self._hook, self._run = kube, release, hook, run
        self._object: Object = _manifest(hook)
        self._namespace = str((self._object.get("metadata") or {}).get("namespace") or release.namespace)
        self._looked_at: list[str] = [f"the record of {release.name}, revision {release.version}"]
        self._not_seen: list[str] = []
        self._start = run.started[:19] if run is not None else ""
        if not hook.events:  # an ordinary resource: what was said before this revision is of another one
            self._start = _utc(release.info.last_deployed)
        elif run is not None:
            self._looked_at.append("the history of hook runs")

    async def facts(self) -> Facts:
        hook, release, namespace = self._hook, self._release, self._namespace
        ref = hook_ref(hook, release)
        live, pods, events, services, redact = await asyncio.gather(
            self._try(f"{hook.kind} {hook.name}", lambda: self._kube.get(ref)),
            self._try("its Pods", self._pods),
            self._try("events", self._events),
            self._services(),
            redactor_for(self._kube, self._object, namespace),
        )
        redact = Redactor((*redact.values, *self._rendered_secrets()))
        spec = _pod_spec(self._object)
        refs = await asyncio.gather(*(self._look_up(each) for each in references(spec)))
        logs = await self._logs(pods or [], redact)
        objects = await self._objects({each.kind for each in refs if each.exists is False})
        event = self._run.event if self._run else str(hook.events[0]) if hook.events else ""
        metadata = (live or {}).get("metadata") or {}
        containers = [self._container(pod, status, redact) for pod in pods or [] for status in container_statuses(pod)]
        return Facts(
            release=release.name,
            namespace=namespace,
            hook=HookFacts(
                name=hook.name,
                kind=hook.kind,
                event=event,
                weight=hook.weight,
                path=hook.path,
                api_version=ref.api_version,
                spec=_redacted(spec, redact),
                job={
                    key: value
                    for key, value in (self._object.get("spec") or {}).items()
                    if key.endswith(("Limit", "Seconds"))
                }
                if hook.kind == "Job"
                else {},
            ),
            revision=release.version,
            status=str(release.status),
            description=redact(release.info.description),
            chart_name=str((release.chart.get("metadata") or {}).get("name") or ""),
            run=self._run_facts(redact),
            logs=logs,
            containers=tuple(containers),
            events=tuple(
                EventFacts(event.type, event.reason, redact(event.message), event.about, event.count)
                for event in events or []
                if event.is_warning
            ),
            conditions=tuple(_conditions([*([live] if live else []), *(pods or [])], redact)),
            finalizers=tuple(metadata.get("finalizers") or ()),
            deleting=bool(metadata.get("deletionTimestamp")),
            references=tuple(refs),
            chart=chart_objects(release),
            services=services,
            values=flat_values(release),
            objects=objects,
            looked_at=tuple(self._looked_at),
            not_seen=tuple(self._not_seen),
        )

    async def _try(self, what: str, ask: Callable[[], Awaitable[T]]) -> T | None:
        try:
            answer = await ask()
        except NotFound:
            self._not_seen.append(f"{what}: not there any more")
        except ApiError as error:
            self._not_seen.append(f"{what}: {'not permitted' if isinstance(error, Forbidden) else error}")
        except KubernetesError as error:
            self._not_seen.append(f"{what}: {error}")
        else:
            self._looked_at.append(what)
            return answer
        return None

    def _since(self, time: object) -> bool:
        """Whether something is of the run (or revision) that failed, and not of an earlier one under the same name."""
        return not self._start or str(time or "9")[:19] >= self._start

    async def _pods(self) -> list[Object]:
        found = await pods_of(self._kube, self._object, self._namespace)
        return [pod for pod in found if self._run is None or self._since(pod["metadata"].get("creationTimestamp"))]

    async def _events(self) -> list[Event]:
        """Those about the subject's object and its Pods, by name: they outlive both."""
        about = event_pattern(self._hook.kind, self._hook.name)
        listed = await self._kube.list("v1", "Event", namespace=self._namespace)
        found = [event for event in map(read_event, listed.items) if about.fullmatch(event.about)]
        return sorted((event for event in found if self._since(event.last_seen)), key=lambda event: event.last_seen)

    async def _services(self) -> tuple[ServiceFacts, ...]:
        everywhere = await self._try("Services of all namespaces", lambda: self._kube.list("v1", "Service"))
        listed = everywhere or await self._try(
            f"Services of {self._namespace}", lambda: self._kube.list("v1", "Service", namespace=self._namespace)
        )
        if listed is None:
            return ()
        slices = await self._try("EndpointSlices", lambda: self._kube.list("discovery.k8s.io/v1", "EndpointSlice"))
        ready: dict[tuple[str, str], int] = {}
        for each in slices.items if slices else []:
            metadata = each["metadata"]
            key = (metadata["namespace"], (metadata.get("labels") or {}).get("kubernetes.io/service-name", ""))
            good = [
                end for end in each.get("endpoints") or [] if (end.get("conditions") or {}).get("ready") is not False
            ]
            ready[key] = ready.get(key, 0) + len(good)
        return tuple(
            ServiceFacts(
                name := service["metadata"]["name"],
                namespace := service["metadata"]["namespace"],
                tuple(int(port["port"]) for port in service["spec"].get("ports") or []),
                ready.get((namespace, name), 0) if slices and service["spec"].get("selector") else None,
            )
            for service in listed.items
        )

    async def _look_up(self, reference: ReferenceFacts) -> ReferenceFacts:
        title = f"{reference.kind} {reference.name}"
        ref = ObjectRef("v1", reference.kind, reference.name, self._namespace)
        try:
            found = await self._kube.get(ref)
        except NotFound:
            return replace(reference, exists=False)
        except KubernetesError:
            self._not_seen.append(f"{title}: could not be read")
            return reference
        self._looked_at.append(f"{title} (names of keys only)" if reference.kind == "Secret" else title)
        keys = tuple(sorted({*(found.get("data") or {}), *(found.get("binaryData") or {})}))
        return replace(reference, exists=not reference.key or reference.key in keys, keys=keys)

    async def _objects(self, kinds: set[str]) -> dict[str, tuple[str, ...]]:
        """The names of what there is of the kinds of which something is missing."""
        found = {}
        for kind in sorted(kinds):
            listed = await self._try(f"the names of all {kind}s", partial(self._names, kind))
            if listed is not None:
                found[kind] = tuple(each["metadata"]["name"] for each in listed.items)
        return found

    async def _names(self, kind: str) -> ObjectList:
        return await self._kube.list("v1", kind, namespace=self._namespace)

    async def _logs(self, pods: list[Object], redact: Redactor) -> tuple[str, ...]:
        """The end of the newest Pod's logs; of a Pod that is gone, what the history has kept."""
        for pod in reversed(pods):
            lines = [line for status in container_statuses(pod) for line in await self._container_log(pod, status)]
            if lines:
                self._looked_at.append(f"the log of Pod {pod['metadata']['name']}")
                return tuple(without_credentials(redact(line)) for line in lines)
        kept = self._run.log_tail if self._run else ()
        if kept:
            self._looked_at.append("the log that the history kept")
        return tuple(without_credentials(redact(line)) for line in kept)

    async def _container_log(self, pod: Object, status: dict[str, Any]) -> list[str]:
        state = status.get("state") or {}
        previous = "waiting" in state and bool((status.get("lastState") or {}).get("terminated"))
        if "waiting" in state and not previous:
            return []
        chunks = []
        try:
            metadata = pod["metadata"]
            stream = self._kube.pod_logs(
                metadata["namespace"],
                metadata["name"],
                container=str(status["name"]),
                previous=previous,
                tail_lines=LOG_LINES,
            )
            async for chunk in stream:
                chunks.append(chunk)
        except SteersmanError:
            return []
        return b"".join(chunks).decode(errors="replace").removesuffix("\n").split("\n")

    def _run_facts(self, redact: Redactor) -> RunFacts:
        run = self._run
        if run is None:
            return RunFacts()
        return RunFacts(run.attempt, run.result, run.exit_code, run.reason, redact(run.message))

    def _container(self, pod: Object, status: dict[str, Any], redact: Redactor) -> ContainerFacts:
        state: tuple[str, Any] = next(iter((status.get("state") or {}).items()), ("", {}))
        last = (status.get("lastState") or {}).get("terminated") or {}
        detail = state[1] or {}
        init = status in ((pod.get("status") or {}).get("initContainerStatuses") or [])
        completed = detail.get("reason") == "Completed"
        reasons = [detail.get("reason"), last.get("reason") if state[0] == "waiting" else None]
        return ContainerFacts(
            pod=str(pod["metadata"]["name"]),
            name=str(status.get("name")),
            image=str(status.get("image") or ""),
            init=init,
            state=state[0],
            reason="" if completed else " after ".join(str(reason) for reason in reasons if reason),
            message=redact(str(detail.get("message") or "")),
            exit_code=detail.get("exitCode", last.get("exitCode")),
            restarts=int(status.get("restartCount") or 0),
        )

    def _rendered_secrets(self) -> set[str]:
        """The values of the Secrets that this release renders: they may be deleted in the cluster, and still be in a log."""
        values = set()
        texts = [self._release.manifest, *(hook.manifest for hook in self._release.hooks if hook.kind == "Secret")]
        for document in (each for text in texts for each in split("", text)):
            try:
                secret = document.object if document.kind == "Secret" else {}
            except SteersmanError:
                continue
            values |= {str(value) for value in (secret.get("stringData") or {}).values()}
            for encoded in (secret.get("data") or {}).values():
                try:
                    values.add(base64.b64decode(str(encoded)).decode())
                except ValueError:
                    continue
        return {value.strip() for value in values if len(value.strip()) >= 4}


def _utc(time: str) -> str:
    """A record's time (with any offset) as Kubernetes writes its own, to the second; "" where there is none."""
    try:
        return (
            datetime.fromisoformat(f"{time[:19]}{time[-6:] if time[-1:] != 'Z' else 'Z'}")
            .astimezone(UTC)
            .isoformat()[:19]
        )
    except ValueError:
        return ""


def hook_ref(hook: Hook, release: Release) -> ObjectRef:
    """What names a hook's object in the cluster."""
    obj = _manifest(hook)
    namespace = str((obj.get("metadata") or {}).get("namespace") or release.namespace)
    return ObjectRef(str(obj.get("apiVersion") or "v1"), hook.kind, hook.name, namespace)


def _manifest(hook: Hook) -> Object:
    try:
        found = next((document.object for document in split(hook.path, hook.manifest)), None)
    except SteersmanError:
        found = None
    return found if isinstance(found, dict) else {}


def _pod_spec(obj: Object) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    found = spec if obj.get("kind") == "Pod" else (spec.get("template") or {}).get("spec") or {}
    return found if isinstance(found, dict) else {}


def _redacted(value: Any, redact: Redactor) -> Any:
    if isinstance(value, str):
        return without_credentials(redact(value))
    if isinstance(value, list):
        return [_redacted(each, redact) for each in value]
    if isinstance(value, dict):
        if "value" in value and speaks_of_a_secret(str(value.get("name"))):
            return {**value, "value": MASK}
        return {key: _redacted(each, redact) for key, each in value.items()}
    return value


def _conditions(objects: Iterable[Object], redact: Redactor) -> Iterable[ConditionFacts]:
    """Those that say that something is wrong."""
    for obj in objects:
        about, status = f"{obj.get('kind') or 'Pod'}/{obj['metadata']['name']}", obj.get("status") or {}
        if status.get("phase") == "Failed" and status.get(
            "reason"
        ):  # Evicted, DeadlineExceeded, NodeLost … stand only here
            yield ConditionFacts(about, "Failed", "True", status["reason"], redact(status.get("message") or ""))
        for each in (obj.get("status") or {}).get("conditions") or []:
            bad = each.get("type") in _BAD and each.get("status") == "True"
            if bad or (each.get("type") == "PodScheduled" and each.get("status") == "False"):
                yield ConditionFacts(
                    about, each["type"], each["status"], each.get("reason") or "", redact(each.get("message") or "")
                )
