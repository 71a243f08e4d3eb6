"""Pods that ran before this server did: their processes died with the server before.

They are treated as a kubelet treats containers it finds dead after the machine's restart: started anew where the restart policy
says so, failed where it does not (and their Job counts them as it counts a lost node's).
"""

from __future__ import annotations

from collections.abc import Sequence

from steersman.cluster.kubelet.containers import Container
from steersman.cluster.kubelet.status import PodState
from steersman.cluster.machinery import Json, now


def died_with_the_server(pod: Json, pod_state: PodState, containers: Sequence[Container]) -> bool:
    """Take over what the Pod's status says of its containers; whether the Pod has failed and nothing is to be started."""
    old = {each["name"]: each for each in (pod.get("status") or {}).get("containerStatuses") or ()}
    lost = False
    for container in containers:
        before = old.get(container.spec["name"])
        if before is None:
            continue
        container.state.restarts = before.get("restartCount", 0)
        state = before.get("state") or {}
        if "running" in state:
            lost = True
            container.state.container_id = before.get("containerID", "")
            container.state.terminated(255, "Unknown", started=state["running"].get("startedAt"))
            container.state.restarts += 1
        elif "terminated" in state:
            container.state.state = state
    if not lost:
        return False
    if pod["spec"].get("restartPolicy", "Always") != "Never":
        pod_state.start_time = pod["status"].get("startTime") or now()
        return False
    for container in containers:
        if "waiting" in container.state.state:
            container.state.terminated(255, "Unknown")
        container.state.restarts = old.get(container.spec["name"], {}).get("restartCount", 0)
    pod_state.initialized = pod_state.finished = True
    return True
