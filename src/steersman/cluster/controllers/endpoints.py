"""Services' endpoints: EndpointSlices, and the older Endpoints that some clients still read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from steersman.cluster import selectors
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import Controller, Key, key_of, owner_reference
from steersman.cluster.machinery import Json

_MANAGED_BY = "endpointslice-controller.k8s.io"


class EndpointsController(Controller):
    name = "endpoint-slice-controller"
    watches = ("services", "pods")

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "services":
            return [key_of(obj)]
        labels = obj["metadata"].get("labels") or {}
        if not labels:
            return []
        found = self.objects.list("services", obj["metadata"]["namespace"])
        return [key_of(each) for each in found if _selects(each, labels)]

    def reconcile(self, namespace: str, name: str) -> float | None:
        service = self.objects.find("services", name, namespace)
        if service is None or not service["spec"].get("selector") or service["spec"].get("type") == "ExternalName":
            if service is None:
                for resource in ("endpoints", f"{name}"):
                    self._forget(resource, namespace, name)
            return None
        labels = {"matchLabels": service["spec"]["selector"]}
        found = [
            pod for pod in self.objects.list("pods", namespace, labels=labels)
            if (pod.get("status") or {}).get("podIP") and not pods.is_finished(pod)
        ]  # fmt: skip
        always = bool(service["spec"].get("publishNotReadyAddresses"))
        self._slice(service, found, always)
        self._endpoints(service, found, always)
        return None

    def _forget(self, resource: str, namespace: str, name: str) -> None:
        if resource == "endpoints" and self.objects.find("endpoints", name, namespace) is not None:
            self.objects.delete("endpoints", name, namespace)

    def _slice(self, service: Json, found: list[Json], always: bool) -> None:
        namespace, name = key_of(service)
        endpoints = []
        for pod in found:
            ready = pods.is_ready(pod)
            ending = pods.is_terminating(pod)
            entry: Json = {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {
                    "ready": always or (ready and not ending),
                    "serving": always or ready,
                    "terminating": ending,
                },
                "nodeName": pod["spec"].get("nodeName"),
                "targetRef": _target(pod),
            }
            if pod["spec"].get("hostname") and pod["spec"].get("subdomain") == name:
                entry["hostname"] = pod["spec"]["hostname"]
            endpoints.append(entry)
        labels = {**(service["metadata"].get("labels") or {}), "kubernetes.io/service-name": name,
                  "endpointslice.kubernetes.io/managed-by": _MANAGED_BY}  # fmt: skip
        if service["spec"].get("clusterIP") == "None":
            labels["service.kubernetes.io/headless"] = ""
        ports = _ports(service, found)
        wanted: Json = {"addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        selector = {
            "matchLabels": {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": _MANAGED_BY}
        }
        slices = self.objects.list("endpointslices.discovery.k8s.io", namespace, labels=selector)
        if not slices:
            body = {
                "metadata": {"generateName": f"{name}-", "namespace": namespace, "labels": labels,
                             "ownerReferences": [owner_reference(service)]},
                **wanted,
            }  # fmt: skip
            self.objects.create("endpointslices.discovery.k8s.io", body, namespace)
            return
        current = slices[0]
        if any(current.get(field) != wanted[field] for field in wanted) or current["metadata"].get("labels") != labels:
            current |= wanted
            current["metadata"]["labels"] = labels
            self.objects.update("endpointslices.discovery.k8s.io", current)

    def _endpoints(self, service: Json, found: list[Json], always: bool) -> None:
        namespace, name = key_of(service)
        subset: Json = {}
        for field, pick in (("addresses", True), ("notReadyAddresses", False)):
            chosen = [
                {"ip": pod["status"]["podIP"], "nodeName": pod["spec"].get("nodeName"), "targetRef": _target(pod)}
                for pod in found
                if (always or (pods.is_ready(pod) and not pods.is_terminating(pod))) == pick
                and (pick or not pods.is_terminating(pod))
            ]
            if chosen:
                subset[field] = chosen
        subsets = [{**subset, "ports": _ports(service, found)}] if subset else []
        current = self.objects.find("endpoints", name, namespace)
        labels = {
            **(service["metadata"].get("labels") or {}),
            "endpoints.kubernetes.io/managed-by": "endpoint-controller",
        }
        if current is None:
            body: Json = {"metadata": {"name": name, "namespace": namespace, "labels": labels}}
            self.objects.create("endpoints", body | ({"subsets": subsets} if subsets else {}), namespace)
        elif (current.get("subsets") or []) != subsets:
            current["subsets"] = subsets
            self.objects.update("endpoints", current)


def _selects(service: Json, labels: Json) -> bool:
    selector = service["spec"].get("selector")
    if not selector:
        return False
    test = selectors.match_labels({"matchLabels": selector})
    return test is not None and test(labels)


def _target(pod: Json) -> Json:
    metadata = pod["metadata"]
    return {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}


def _ports(service: Json, found: list[Json]) -> list[Json]:
    """The Service's ports as the Pods' ports; a named target is looked up in the first Pod that has it."""
    ports = []
    for port in service["spec"].get("ports") or ():
        target: Any = port.get("targetPort", port["port"])
        number = target if isinstance(target, int) else _named(target, port.get("protocol", "TCP"), found)
        if number is None:
            continue
        entry: Json = {"name": port.get("name", ""), "port": number, "protocol": port.get("protocol", "TCP")}
        if port.get("appProtocol"):
            entry["appProtocol"] = port["appProtocol"]
        ports.append(entry)
    return ports


def _named(name: str, protocol: str, found: list[Json]) -> int | None:
    if str(name).isdigit():
        return int(name)
    for pod in found:
        sidecars = [each for each in pod["spec"].get("initContainers") or () if each.get("restartPolicy") == "Always"]
        for container in [*pod["spec"]["containers"], *sidecars]:
            for port in container.get("ports") or ():
                if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                    return int(port["containerPort"])
    return None
