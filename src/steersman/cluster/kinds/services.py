"""Services, Endpoints and EndpointSlices, Ingresses, NetworkPolicies. Addresses are given out by an admission hook."""

from __future__ import annotations

from typing import Any

from steersman.cluster.kinds import names
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.status import Cause, bad_value, duplicate, required, unsupported

Json = dict[str, Any]

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")


def _default_service(service: Json) -> None:
    spec = service.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        config = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        config.setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports", ()):
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    if spec["type"] == "ExternalName":
        return
    spec.setdefault("internalTrafficPolicy", "Cluster")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _create_service(service: Json) -> None:
    service["status"] = {"loadBalancer": {}}


def _update_service(service: Json, old: Json) -> None:
    """What the cluster has allocated stays, also where an update does not repeat it."""
    spec, before = service.setdefault("spec", {}), old["spec"]
    if spec.get("type", "ClusterIP") == "ExternalName":
        return
    for key in ("clusterIP", "clusterIPs"):
        if before.get(key) and not spec.get(key):
            spec[key] = before[key]
    if spec.get("type") in ("NodePort", "LoadBalancer"):
        known = {(port.get("protocol", "TCP"), port["port"]): port for port in before.get("ports", ())}
        for port in spec.get("ports", ()):
            found = known.get((port.get("protocol", "TCP"), port.get("port")), {})
            if not port.get("nodePort") and found.get("nodePort"):
                port["nodePort"] = found["nodePort"]


def _validate_service(service: Json) -> list[Cause]:
    spec = service["spec"]
    causes: list[Cause] = []
    ports = spec.get("ports", [])
    headless = spec.get("clusterIP") == "None"
    if spec["type"] not in TYPES:
        causes.append(unsupported("spec.type", spec["type"], TYPES))
    if not ports and not headless and spec["type"] != "ExternalName":
        causes.append(required("spec.ports"))
    if spec["type"] == "ExternalName" and not spec.get("externalName"):
        causes.append(required("spec.externalName"))
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at = f"spec.ports[{index}]"
        name = port.get("name", "")
        if len(ports) > 1 and not name:
            causes.append(required(f"{at}.name"))
        elif name and (wrong := names.label(name)):
            causes.append(bad_value(f"{at}.name", name, wrong))
        elif name and name in seen:
            causes.append(duplicate(f"{at}.name", name))
        seen.add(name)
        if not 0 < port.get("port", 0) < 65536:
            causes.append(bad_value(f"{at}.port", port.get("port", 0), "must be between 1 and 65535, inclusive"))
        if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
            causes.append(unsupported(f"{at}.protocol", port.get("protocol"), ("SCTP", "TCP", "UDP")))
    return causes


def _validate_service_update(service: Json, old: Json) -> list[Cause]:
    new, before = service["spec"], old["spec"]
    if "ExternalName" in (new["type"], before.get("type")):
        return []
    if before.get("clusterIP") and new.get("clusterIP") != before["clusterIP"]:
        return [bad_value("spec.clusterIPs[0]", [new.get("clusterIP", "")], "may not change once set")]
    return []


def _default_endpoints(obj: Json) -> None:
    for subset in obj.get("subsets", ()):
        for port in subset.get("ports", ()):
            port.setdefault("protocol", "TCP")


def _default_slice(obj: Json) -> None:
    for port in obj.get("ports", ()):
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


def _create_ingress(ingress: Json) -> None:
    ingress["status"] = {"loadBalancer": {}}


def _validate_ingress(ingress: Json) -> list[Cause]:
    spec = ingress.get("spec", {})
    causes: list[Cause] = []
    if not spec.get("rules") and not spec.get("defaultBackend"):
        causes.append(bad_value("spec", [], "either `defaultBackend` or `rules` must be specified"))
    for index, rule in enumerate(spec.get("rules", ())):
        paths = rule.get("http", {}).get("paths", ())
        for position, path in enumerate(paths):
            at = f"spec.rules[{index}].http.paths[{position}]"
            kind = path.get("pathType")
            if not kind:
                causes.append(required(f"{at}.pathType", "pathType must be specified"))
            elif kind not in _PATH_TYPES:
                causes.append(unsupported(f"{at}.pathType", kind, _PATH_TYPES))
            elif kind != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                causes.append(bad_value(f"{at}.path", path.get("path", ""), "must be an absolute path"))
    return causes


def _default_policy(policy: Json) -> None:
    spec = policy.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction, ()):
            for port in rule.get("ports", ()):
                port.setdefault("protocol", "TCP")
    spec.setdefault("policyTypes", ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


STRATEGIES = {
    "services": Strategy(
        default=_default_service,
        prepare_create=_create_service,
        prepare_update=_update_service,
        validate=_validate_service,
        validate_update=_validate_service_update,
        check_name=names.label_1035,
    ),
    "endpoints": Strategy(default=_default_endpoints),
    "endpointslices.discovery.k8s.io": Strategy(default=_default_slice, generation=True),
    "ingresses.networking.k8s.io": Strategy(
        prepare_create=_create_ingress, validate=_validate_ingress, generation=True
    ),
    "networkpolicies.networking.k8s.io": Strategy(default=_default_policy, generation=True),
    "ingressclasses.networking.k8s.io": Strategy(generation=True),
}
