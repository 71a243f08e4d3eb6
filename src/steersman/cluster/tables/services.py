"""The rows of what connects: Services, endpoints, Ingresses, policies."""

from __future__ import annotations

from typing import Any

from steersman.cluster.selectors import format_selector
from steersman.cluster.tables.printer import NONE, Json, Printer, columns, join_labels, name, obj_age

_SHOWN = 3  # of a list, before "+ N more..."


def _ports(spec: Json) -> str:
    shown = [
        f"{port['port']}:{port['nodePort']}/{port.get('protocol', 'TCP')}"
        if port.get("nodePort")
        else f"{port['port']}/{port.get('protocol', 'TCP')}"
        for port in spec.get("ports", ())
    ]
    return ",".join(shown) or NONE


def _external(service: Json) -> str:
    spec = service["spec"]
    given = spec.get("externalIPs", [])
    match spec.get("type"):
        case "ExternalName":
            return str(spec.get("externalName", ""))
        case "LoadBalancer":
            points = service.get("status", {}).get("loadBalancer", {}).get("ingress", ())
            found = [point.get("ip") or point.get("hostname", "") for point in points] + given
            return ",".join(found) or "<pending>"
        case _:
            return ",".join(given) or NONE


def _service(obj: Json) -> list[Any]:
    spec = obj["spec"]
    address = spec.get("clusterIP") or NONE
    kind = spec.get("type", "ClusterIP")
    return [name(obj), kind, address, _external(obj), _ports(spec), obj_age(obj), join_labels(spec.get("selector"))]


def _more(items: list[str]) -> str:
    if not items:
        return NONE
    rest = len(items) - _SHOWN
    return ",".join(items[:_SHOWN]) + (f" + {rest} more..." if rest > 0 else "")


def _endpoints(obj: Json) -> list[Any]:
    found: list[str] = []
    for subset in obj.get("subsets", ()):
        addresses = [address["ip"] for address in subset.get("addresses", ())]
        ports = subset.get("ports", ())
        found += [f"{ip}:{port['port']}" for port in ports for ip in addresses] if ports else addresses
    return [name(obj), _more(found), obj_age(obj)]


def _slice(obj: Json) -> list[Any]:
    ports = [str(port["port"]) if port.get("port") else "*" for port in obj.get("ports") or ()]
    addresses = [address for endpoint in obj.get("endpoints") or () for address in endpoint.get("addresses", ())]
    shown = _more(ports) if ports else "<unset>"
    return [name(obj), obj.get("addressType", ""), shown, _more(addresses) if addresses else "<unset>", obj_age(obj)]


def _ingress(obj: Json) -> list[Any]:
    spec = obj.get("spec", {})
    hosts = list(dict.fromkeys(rule["host"] for rule in spec.get("rules", ()) if rule.get("host")))
    shown = _more(hosts) if hosts else "*"
    points = obj.get("status", {}).get("loadBalancer", {}).get("ingress", ())
    address = ",".join(point.get("ip") or point.get("hostname", "") for point in points)
    ports = "80, 443" if spec.get("tls") else "80"
    return [name(obj), spec.get("ingressClassName") or NONE, shown, address, ports, obj_age(obj)]


def _ingress_class(obj: Json) -> list[Any]:
    parameters = obj.get("spec", {}).get("parameters")
    shown = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if parameters.get("apiGroup") else ""
        shown = f"{parameters['kind']}{group}/{parameters['name']}"
    return [name(obj), obj.get("spec", {}).get("controller", ""), shown, obj_age(obj)]


def _policy(obj: Json) -> list[Any]:
    return [name(obj), format_selector(obj["spec"].get("podSelector")), obj_age(obj)]


def _range(obj: Json) -> list[Any]:
    return [name(obj), ",".join(obj["spec"].get("cidrs", ())), obj_age(obj)]


def _address(obj: Json) -> list[Any]:
    parent = obj["spec"].get("parentRef", {})
    parts = [parent.get(key) for key in ("group", "resource", "namespace", "name")]
    return [name(obj), "/".join(part for part in parts if part), obj_age(obj)]


PRINTERS = {
    "services": Printer(columns("Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector*"), _service),
    "endpoints": Printer(columns("Name|Endpoints|Age"), _endpoints),
    "endpointslices.discovery.k8s.io": Printer(columns("Name|AddressType|Ports|Endpoints|Age"), _slice),
    "ingresses.networking.k8s.io": Printer(columns("Name|Class|Hosts|Address|Ports|Age"), _ingress),
    "ingressclasses.networking.k8s.io": Printer(columns("Name|Controller|Parameters|Age"), _ingress_class),
    "networkpolicies.networking.k8s.io": Printer(columns("Name|Pod-Selector|Age"), _policy),
    "servicecidrs.networking.k8s.io": Printer(columns("Name|CIDRs|Age"), _range),
    "ipaddresses.networking.k8s.io": Printer(columns("Name|ParentRef|Age"), _address),
}
