"""All that is known of a failed hook, as plain data: what the causes look at, and nothing else.

Secrets appear by the names of their keys only; whatever is text has been redacted before it gets here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# The kinds whose programs are to go on running: that one ended is no result, but a crash.
RUN_ON = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"})


@dataclass(frozen=True, slots=True)
class HookFacts:
    """The hook that failed. `event` is the one it ran at; `spec` its Pod's spec ({} for kinds without one)."""

    name: str
    kind: str = "Job"
    event: str = ""
    weight: int = 0
    path: str = ""
    api_version: str = "batch/v1"
    spec: dict[str, Any] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)
    """Of a Job: its spec without the Pod template (backoffLimit, activeDeadlineSeconds …)."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How the last attempt ended, as the history of hook runs has it; `reason` is Kubernetes' word or ours (Timeout …)."""

    attempt: int = 1
    result: str = ""
    exit_code: int | None = None
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """One container of one Pod; `state` is waiting, running or terminated, `reason` and `message` Kubernetes' own."""

    pod: str
    name: str
    image: str = ""
    init: bool = False
    state: str = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class EventFacts:
    """One event about the hook's objects; `about` is `Kind/name`."""

    type: str
    reason: str
    message: str
    about: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class ConditionFacts:
    """One condition of the hook's object or one of its Pods."""

    about: str
    type: str
    status: str
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class ReferenceFacts:
    """What the hook's Pod names. `key` "" means the object as a whole; `exists` None: we could not look.

    `keys` are the names of the keys that the object has (of a missing key); `where` is the field that names it.
    """

    kind: str
    name: str
    key: str = ""
    optional: bool = False
    exists: bool | None = None
    keys: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class ChartObject:
    """An object that this release renders; `events` empty: an ordinary resource."""

    kind: str
    name: str
    namespace: str = ""
    path: str = ""
    events: tuple[str, ...] = ()
    weight: int = 0
    delete_policies: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    """Of a RoleBinding or ClusterRoleBinding: the ServiceAccounts that it names."""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A Service; `endpoints` is the number of ready addresses behind it, None where that could not be read."""

    name: str
    namespace: str
    ports: tuple[int, ...] = ()
    endpoints: int | None = None

    @property
    def host(self) -> str:
        return f"{self.name}.{self.namespace}"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything gathered about one failed hook. `values` are the leaves of the chart's values by dotted path.

    `objects` are the names of what exists in the namespace, by kind. `looked_at` and `not_seen` say in words what was read and
    what was not (`Secrets: not permitted`).
    """

    release: str
    namespace: str
    hook: HookFacts
    revision: int = 0
    status: str = ""
    description: str = ""
    chart_name: str = ""
    run: RunFacts = field(default_factory=RunFacts)
    logs: tuple[str, ...] = ()
    containers: tuple[ContainerFacts, ...] = ()
    events: tuple[EventFacts, ...] = ()
    conditions: tuple[ConditionFacts, ...] = ()
    readiness: str = ""
    """Of a resource: its state and what it waits for, in kstatus' words."""
    finalizers: tuple[str, ...] = ()
    deleting: bool = False
    references: tuple[ReferenceFacts, ...] = ()
    chart: tuple[ChartObject, ...] = ()
    services: tuple[ServiceFacts, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    objects: dict[str, tuple[str, ...]] = field(default_factory=dict)
    looked_at: tuple[str, ...] = ()
    not_seen: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready dictionaries and lists."""
        return asdict(self)

    @property
    def run_source(self) -> str:
        """Where what is known of the run comes from, in a quotation's words."""
        return "hook run" if self.hook.event else "step"

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(str(each.get("image") or "") for each in containers_of(self.hook.spec))

    def service(self, host: str) -> ServiceFacts | None:
        """The Service that a name means when a Pod of this namespace asks for it."""
        parts = host.rstrip(".").split(".")
        namespace = parts[1] if len(parts) > 1 else self.namespace
        if len(parts) > 2 and parts[2] != "svc":
            return None
        return next((each for each in self.services if (each.name, each.namespace) == (parts[0], namespace)), None)


def containers_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The init containers and the containers of a Pod's spec."""
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
