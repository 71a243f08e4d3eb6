"""Services, Endpoints and EndpointSlices, Ingresses, NetworkPolicies. Addresses are given out by an admission hook."""

from __future__ import annotations

import ipaddress
from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.status import Cause, bad_value, duplicate, forbidden_field, required, unsupported

Json = dict[str, Any]

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
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
    _drop_what_the_type_has_not(spec, before)
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


def _drop_what_the_type_has_not(spec: Json, before: Json) -> None:
    """A Service of another type than before keeps nothing that only the former one has, unless the client has set it anew."""
    gone: list[str] = []
    if _has_address(before) and not _has_address(spec):
        gone += ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
    if _is_reachable(before) and not _is_reachable(spec):
        gone.append("externalTrafficPolicy")
    if before.get("type") == "LoadBalancer" != spec.get("type"):
        gone += ["allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort"]
    for key in gone:
        if spec.get(key) == before.get(key):
            spec.pop(key, None)
    if has_node_ports(before) and not has_node_ports(spec) and _node_ports(spec) == _node_ports(before):
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)


def _node_ports(spec: Json) -> set[int]:
    return {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}


def _has_address(spec: Json) -> bool:
    return str(spec.get("type", "ClusterIP")) != "ExternalName"


def _is_reachable(spec: Json) -> bool:
    """From outside of the cluster."""
    kind = spec.get("type", "ClusterIP")
    return kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def has_node_ports(spec: Json) -> bool:
    kind = spec.get("type", "ClusterIP")
    return kind == "NodePort" or (kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is not False)


def _validate_service(service: Json) -> list[Cause]:
    spec = service["spec"]
    causes: list[Cause] = []
    ports = spec.get("ports", [])
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec["type"] != "ExternalName":
        causes.append(required("spec.ports"))
    if spec["type"] in ("NodePort", "LoadBalancer") and headless:
        detail = f"may not be set to 'None' for {spec['type']} services"
        causes.append(bad_value("spec.clusterIPs[0]", "None", detail))
    if spec["type"] == "ExternalName":
        name = spec.get("externalName", "").removesuffix(".")
        if not name:
            causes.append(required("spec.externalName"))
        elif wrong := names.subdomain(name):
            causes.append(bad_value("spec.externalName", name, wrong))
    seen: set[str] = set()
    taken: set[tuple[Any, Any]] = set()
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
        causes += checks.port_number(port.get("port", 0), f"{at}.port")
        if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
            causes.append(unsupported(f"{at}.protocol", port.get("protocol"), ("SCTP", "TCP", "UDP")))
        causes += checks.port(port.get("targetPort", 0), f"{at}.targetPort")
        key = port.get("protocol"), port.get("port")
        if key in taken:
            shown = {
                "Name": "",
                "Protocol": key[0],
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            causes.append(duplicate(at, shown))
        taken.add(key)
        if port.get("nodePort") and spec["type"] == "ClusterIP":
            causes.append(forbidden_field(f"{at}.nodePort", "may not be used when `type` is 'ClusterIP'"))
    return causes + _service_rest(spec)


def _service_rest(spec: Json) -> list[Cause]:
    causes = list(checks.labels(spec.get("selector") or {}, "spec.selector"))
    if spec["sessionAffinity"] not in ("ClientIP", "None"):
        causes.append(unsupported("spec.sessionAffinity", spec["sessionAffinity"], ("ClientIP", "None")))
    timeout = (spec.get("sessionAffinityConfig") or {}).get("clientIP", {}).get("timeoutSeconds")
    if spec["sessionAffinity"] == "ClientIP" and timeout is not None and not 0 < timeout <= 86400:
        detail = "must be greater than 0 and less than 86400"
        causes.append(bad_value("spec.sessionAffinityConfig.clientIP.timeoutSeconds", timeout, detail))
    if spec.get("clusterIP") not in (None, "", "None"):
        causes += checks.address(spec["clusterIP"], "spec.clusterIPs[0]")
    for index, found in enumerate(spec.get("externalIPs") or ()):
        wrong = list(checks.address(found, f"spec.externalIPs[{index}]"))
        causes += wrong or _special(found, f"spec.externalIPs[{index}]")
    if spec["type"] not in TYPES:
        causes.append(unsupported("spec.type", spec["type"], TYPES))
    if spec.get("loadBalancerSourceRanges") and spec["type"] != "LoadBalancer":
        detail = "may only be used when `type` is 'LoadBalancer'"
        causes.append(forbidden_field("spec.LoadBalancerSourceRanges", detail))
    for index, found in enumerate(spec.get("loadBalancerSourceRanges") or ()):
        try:
            ipaddress.ip_network(found.strip(), strict=False)
        except ValueError:
            causes.append(bad_value(f"spec.LoadBalancerSourceRanges[{index}]", found, _CIDR))
    if spec.get("externalTrafficPolicy") and spec["type"] == "ClusterIP" and not spec.get("externalIPs"):
        detail = "may only be set for externally-accessible services"
        causes.append(bad_value("spec.externalTrafficPolicy", spec["externalTrafficPolicy"], detail))
    return causes


def _special(text: str, path: str) -> list[Cause]:
    """Addresses that mean this very machine or link."""
    found = ipaddress.ip_address(text)
    if found.is_unspecified:
        return [bad_value(path, text, f"may not be unspecified ({text})")]
    if found.is_loopback:
        return [bad_value(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)")]
    if found.is_link_local:
        return [bad_value(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")]
    return []


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
    if not spec.get("rules") and spec.get("defaultBackend") is None:
        causes.append(bad_value("spec", [], "either `defaultBackend` or `rules` must be specified"))
    if spec.get("defaultBackend") is not None:
        causes += _backend(spec["defaultBackend"], "spec.defaultBackend")
    for index, tls in enumerate(spec.get("tls", ())):
        for number, host in enumerate(tls.get("hosts", ())):
            causes += _host(host, f"spec.tls[{index}].hosts[{number}]")
    for index, rule in enumerate(spec.get("rules", ())):
        if rule.get("host"):
            causes += _host(rule["host"], f"spec.rules[{index}].host")
        if "http" in rule and not rule["http"].get("paths"):
            causes.append(required(f"spec.rules[{index}].http.paths"))
        paths = rule.get("http", {}).get("paths", ())
        for position, path in enumerate(paths):
            at = f"spec.rules[{index}].http.paths[{position}]"
            kind = path.get("pathType")
            if not kind:
                causes.append(required(f"{at}.pathType", "pathType must be specified"))
                continue  # the API server looks no further either
            if kind not in _PATH_TYPES:
                causes.append(unsupported(f"{at}.pathType", kind, _PATH_TYPES))
            elif kind != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                causes.append(bad_value(f"{at}.path", path.get("path", ""), "must be an absolute path"))
            causes += _backend(path.get("backend", {}), f"{at}.backend")
    return causes


def _host(host: str, path: str) -> list[Cause]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        wrong = names.wildcard_subdomain(host) if "*" in host else names.subdomain(host)
        return [bad_value(path, host, wrong)] if wrong else []
    return [bad_value(path, host, "must be a DNS name, not an IP address")]


def _backend(backend: Json, path: str) -> list[Cause]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        return [bad_value(path, "", "cannot set both resource and service backends")]
    if service is None:
        return [] if resource is not None else [bad_value(path, "", "resource or service backend is required")]
    causes: list[Cause] = []
    if not service.get("name"):
        causes.append(required(f"{path}.service.name"))
    elif wrong := names.label_1035(service["name"]):
        causes.append(bad_value(f"{path}.service.name", service["name"], wrong))
    found = service.get("port") or {}
    if found.get("name") and found.get("number"):
        causes.append(bad_value(path, "", "cannot set both port name & port number"))
    elif found.get("name"):
        causes += checks.port_name(found["name"], f"{path}.service.port.name")
    elif found.get("number"):
        causes += checks.port_number(found["number"], f"{path}.service.port.number")
    else:
        causes.append(required(path, "port name or number is required"))
    return causes


def _validate_policy(policy: Json) -> list[Cause]:
    spec = policy["spec"]
    causes = checks.label_selector(spec["podSelector"], "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or ()):
            at = f"spec.{direction}[{index}]"
            for number, port in enumerate(rule.get("ports") or ()):
                if "port" in port:
                    causes += checks.port(port["port"], f"{at}.ports[{number}].port")
            for number, peer in enumerate(rule.get(peers) or ()):
                causes += _peer(peer, f"{at}.{peers}[{number}]")
    for index, kind in enumerate(spec.get("policyTypes") or ()):
        if kind not in ("Ingress", "Egress"):
            causes.append(unsupported(f"spec.policyTypes[{index}]", kind, ("Ingress", "Egress")))
    return causes


def _peer(peer: Json, path: str) -> list[Cause]:
    if not peer:
        return [required(path, "must specify a peer")]
    causes: list[Cause] = []
    for kind in ("podSelector", "namespaceSelector"):
        causes += checks.label_selector(peer.get(kind) or {}, f"{path}.{kind}")
    block = peer.get("ipBlock")
    if block is not None:
        cidr = block.get("cidr", "")
        try:
            ipaddress.ip_network(cidr, strict=False)
        except ValueError:
            causes.append(bad_value(f"{path}.ipBlock.cidr", cidr, _CIDR) if cidr else required(f"{path}.ipBlock.cidr"))
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
    "networkpolicies.networking.k8s.io": Strategy(default=_default_policy, validate=_validate_policy, generation=True),
    "ingressclasses.networking.k8s.io": Strategy(generation=True),
}
