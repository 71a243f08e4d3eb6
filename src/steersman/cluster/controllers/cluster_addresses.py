"""Cluster IPs and node ports of Services, given out when the API admits the Service."""

from __future__ import annotations

import random

from steersman.cluster import status
from steersman.cluster.kinds.services import has_node_ports
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.network.addresses import service_addresses
from steersman.cluster.resources import Resource

_NODE_PORTS = range(30000, 32768)


class ServiceAddresses:
    """An admission hook (`objects.admission`). What is in use is read from the objects, so nothing can get lost."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._pool = service_addresses()
        self._ports: set[int] = set()
        for service in objects.list("services"):
            self._remember(service)

    def _remember(self, service: Json) -> None:
        if (address := service["spec"].get("clusterIP")) and address != "None":
            self._pool.claim(address)
        self._ports |= {port["nodePort"] for port in service["spec"].get("ports") or () if port.get("nodePort")}

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        if resource.storage != "services":
            return
        if operation == "DELETE":
            if (address := new["spec"].get("clusterIP")) and address != "None":
                self._pool.release(address)
            self._ports -= {port.get("nodePort") for port in new["spec"].get("ports") or ()}
            return
        spec: Json = new["spec"]
        before: Json = (old or {}).get("spec") or {}
        if not has_node_ports(spec):
            self._ports -= {port.get("nodePort") for port in before.get("ports") or ()}
        if spec.get("type") == "ExternalName":
            if (address := before.get("clusterIP")) and address != "None" and not spec.get("clusterIP"):
                self._pool.release(address)
            return
        if not spec.get("clusterIP"):
            spec["clusterIP"] = before.get("clusterIP") or self._pool.take()
        elif not before.get("clusterIP") and spec["clusterIP"] != "None":  # one that is set never changes
            self._claim(resource, new, spec["clusterIP"])
        spec["clusterIPs"] = [spec["clusterIP"]]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if has_node_ports(spec):
            self._node_ports(resource, new, before)

    def _claim(self, resource: Resource, service: Json, address: str) -> None:
        fixed = ("kubernetes", "kube-dns")
        if service["metadata"]["name"] in fixed and service["metadata"].get("namespace") in ("default", "kube-system"):
            return
        try:
            free = self._pool.claim(address)
        except ValueError as error:
            problem = f"failed to allocate IP {address}: {error}"
            raise status.invalid(
                resource, service["metadata"].get("name", ""), [status.bad_value("spec.clusterIPs", [address], problem)]
            ) from error
        if not free:
            problem = f"failed to allocate IP {address}: provided IP is already allocated"
            raise status.invalid(
                resource, service["metadata"].get("name", ""), [status.bad_value("spec.clusterIPs", [address], problem)]
            )

    def _node_ports(self, resource: Resource, service: Json, before: Json) -> None:
        spec: Json = service["spec"]
        known = {(port.get("name"), port["port"]): port.get("nodePort") for port in before.get("ports") or ()}
        taken = self._ports - set(known.values())
        for index, port in enumerate(spec.get("ports") or ()):
            wanted = port.get("nodePort")
            if wanted and (wanted not in _NODE_PORTS or wanted in taken):
                problem = "provided port is already allocated"
                if wanted not in _NODE_PORTS:
                    problem = "provided port is not in the valid range. The range of valid ports is 30000-32767"
                cause = status.bad_value(f"spec.ports[{index}].nodePort", wanted, problem)
                raise status.invalid(resource, service["metadata"].get("name", ""), [cause])
            if not wanted:
                kept = known.get((port.get("name"), port["port"]))
                port["nodePort"] = kept or random.choice([each for each in _NODE_PORTS if each not in self._ports])
            self._ports.add(port["nodePort"])
