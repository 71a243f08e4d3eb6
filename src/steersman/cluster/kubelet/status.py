"""A Pod's status out of what its containers do: phase, conditions, container statuses, in the kubelet's words.

Source of the rules: kubelet's `getPhase`, `GeneratePodReadyCondition` and their like (pkg/kubelet); checked against recorded
answers of 1.36.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Literal

from steersman.cluster.machinery import Json, now

Phase = Literal["Pending", "Running", "Succeeded", "Failed"]


@dataclass
class ContainerState:
    """What is known of one container, over all of its attempts."""

    name: str
    image: str
    state: Json = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last_state: Json = field(default_factory=dict)
    restarts: int = 0
    ready: bool = False
    started: bool = False
    container_id: str = ""
    image_id: str = ""
    simulated: bool = False

    def waiting(self, reason: str, message: str = "") -> None:
        if "terminated" in self.state:
            self.last_state = self.state
        self.state = {"waiting": {"reason": reason} | ({"message": message} if message else {})}
        self.ready = self.started = False

    def running(self) -> None:
        if "terminated" in self.state:
            self.last_state = self.state
        self.state = {"running": {"startedAt": now()}}

    def terminated(self, code: int, reason: str, *, message: str = "", started: str | None = None) -> None:
        begun = started or self.state.get("running", {}).get("startedAt") or "1970-01-01T00:00:00Z"
        details: Json = {"exitCode": code, "reason": reason}
        if message:
            details["message"] = message
        details |= {"startedAt": begun, "finishedAt": now(), "containerID": self.container_id}
        self.state = {"terminated": details}
        self.ready = self.started = False

    @property
    def exit_code(self) -> int | None:
        terminated = self.state.get("terminated")
        return None if terminated is None else int(terminated["exitCode"])

    def to_json(self, resources: Json) -> Json:
        out: Json = {
            "name": self.name, "state": copy.deepcopy(self.state), "lastState": copy.deepcopy(self.last_state),
            "ready": self.ready, "restartCount": self.restarts, "image": self.image, "imageID": self.image_id,
        }  # fmt: skip
        if self.container_id:
            out["containerID"] = self.container_id
        out["started"] = self.started
        if requests := resources.get("requests"):
            out["allocatedResources"] = dict(requests)
        out["resources"] = copy.deepcopy(resources)
        return out


@dataclass
class PodState:
    """All that a status is made of."""

    init: list[ContainerState]
    main: list[ContainerState]
    ephemeral: list[ContainerState] = field(default_factory=list)
    start_time: str = field(default_factory=now)
    address: str = ""
    host_address: str = ""
    sandbox_ready: bool = False
    initialized: bool = False
    finished: bool = False
    """No container runs or will run again."""
    reason: str = ""
    message: str = ""
    forced_phase: Phase | None = None


def phase(spec: Json, state: PodState) -> Phase:
    if state.forced_phase:
        return state.forced_phase
    if not state.initialized:
        if state.finished:
            return "Failed"
        return "Pending"
    policy = spec.get("restartPolicy", "Always")
    running = sum("running" in each.state for each in state.main)
    fresh = sum("waiting" in each.state and not each.last_state for each in state.main)
    if fresh:
        return "Pending"
    if running or not state.finished:
        return "Running"
    if policy == "Always":
        return "Running"
    codes = [_last_code(each) for each in state.main]
    return "Succeeded" if all(code == 0 for code in codes) else "Failed"


def _last_code(container: ContainerState) -> int | None:
    terminated = container.state.get("terminated") or container.last_state.get("terminated")
    return None if terminated is None else int(terminated["exitCode"])


def build(pod: Json, state: PodState) -> Json:
    """The whole `status` of a Pod, keeping what others wrote into the conditions of `pod`."""
    spec, generation = pod["spec"], pod["metadata"].get("generation", 1)
    old = pod.get("status") or {}
    current = phase(spec, state)
    out: Json = {"observedGeneration": generation, "phase": current}
    out["conditions"] = _conditions(pod, state, current, old.get("conditions") or [], generation)
    if state.reason:
        out["reason"] = state.reason
    if state.message:
        out["message"] = state.message
    if state.host_address:
        out |= {"hostIP": state.host_address, "hostIPs": [{"ip": state.host_address}]}
    if state.address:
        out |= {"podIP": state.address, "podIPs": [{"ip": state.address}]}
    out["startTime"] = state.start_time
    resources = {each["name"]: each.get("resources") or {} for each in _containers(spec)}
    if state.init:
        out["initContainerStatuses"] = [each.to_json(resources.get(each.name, {})) for each in state.init]
    out["containerStatuses"] = [each.to_json(resources.get(each.name, {})) for each in state.main]
    if state.ephemeral:
        out["ephemeralContainerStatuses"] = [each.to_json({}) for each in state.ephemeral]
    out["qosClass"] = old.get("qosClass") or quality(spec)
    if "nominatedNodeName" in old:
        out["nominatedNodeName"] = old["nominatedNodeName"]
    return out


def _containers(spec: Json) -> list[Json]:
    return [*(spec.get("initContainers") or []), *spec["containers"]]


def quality(spec: Json) -> str:
    """The quality of service class: Guaranteed when limits and requests agree everywhere, BestEffort without any."""
    every, any_set = True, False
    for container in _containers(spec):
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        any_set = any_set or bool(limits or requests)
        for name in ("cpu", "memory"):
            every = every and name in limits and requests.get(name, limits[name]) == limits[name]
    return "Guaranteed" if every and any_set else "Burstable" if any_set else "BestEffort"


def _conditions(pod: Json, state: PodState, current: Phase, old: list[Json], generation: int) -> list[Json]:
    ended = current in ("Succeeded", "Failed")
    reason = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(current, "")
    unready = [each.name for each in [*(_sidecars(pod, state)), *state.main] if not each.ready]
    waiting_init = [each.name for each in state.init if not (each.exit_code == 0 or each.ready)]
    conditions: list[tuple[str, bool, str, str]] = [
        ("PodReadyToStartContainers", state.sandbox_ready and not ended, "", "")
    ]
    if state.initialized:
        conditions.append(("Initialized", True, "PodCompleted" if current == "Succeeded" else "", ""))
    else:
        text = f"containers with incomplete status: [{' '.join(waiting_init)}]"
        conditions.append(("Initialized", False, "ContainersNotInitialized", text))
    text = f"containers with unready status: [{' '.join(unready)}]"
    ready = not unready and not ended
    why = ("", "") if ready else (reason, "") if reason else ("ContainersNotReady", text)
    gates = _failed_gates(pod, old)
    pod_ready = ready and not gates
    gate_text = f'the status of pod readiness gate "{gates[0]}" is not "True", but False' if gates else ""
    pod_why = ("ReadinessGatesNotReady", gate_text) if ready and gates else why
    conditions += [("Ready", pod_ready, *pod_why), ("ContainersReady", ready, *why)]
    made = [_condition(kind, value, why_, message, old, generation) for kind, value, why_, message in conditions]
    known = {each["type"] for each in made}
    others = [each for each in old if each["type"] not in known and each["type"] != "PodScheduled"]
    scheduled = [{**each, "observedGeneration": generation} for each in old if each["type"] == "PodScheduled"]
    return [*made, *scheduled, *others]


def _sidecars(pod: Json, state: PodState) -> list[ContainerState]:
    always = {each["name"] for each in pod["spec"].get("initContainers") or [] if each.get("restartPolicy") == "Always"}
    return [each for each in state.init if each.name in always]


def _failed_gates(pod: Json, old: list[Json]) -> list[str]:
    true = {each["type"] for each in old if each["status"] == "True"}
    return [
        gate["conditionType"] for gate in pod["spec"].get("readinessGates") or () if gate["conditionType"] not in true
    ]


def _condition(kind: str, value: bool, reason: str, message: str, old: list[Json], generation: int) -> Json:
    status = "True" if value else "False"
    before: dict[str, Any] = next((each for each in old if each["type"] == kind), {})
    since = before.get("lastTransitionTime") if before.get("status") == status else None
    out: Json = {
        "type": kind, "observedGeneration": generation, "status": status, "lastProbeTime": None,
        "lastTransitionTime": since or now(),
    }  # fmt: skip
    if reason:
        out["reason"] = reason
    if message:
        out["message"] = message
    return out
