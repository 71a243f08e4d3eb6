"""The environment, command line and downward API of a container."""

from __future__ import annotations

import base64
import os
import re
from decimal import Decimal
from typing import Any

from steersman.cluster.kubelet import quantity
from steersman.cluster.kubelet.etc import kernel_hostname
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.network.addresses import API_SERVER

_REFERENCE = re.compile(r"\$(?:\$|\(([^()]*)\))")


class ConfigError(Exception):
    """CreateContainerConfigError: the container refers to something that is not there."""


def expand(text: str, variables: dict[str, str]) -> str:
    """`$(NAME)` by its value; unknown names stay as written; `$$` is a `$` (so `$$(NAME)` is left as `$(NAME)`).

    Source: kubernetes/third_party/forked/golang/expansion.
    """

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return "$"
        return variables.get(name, match.group(0))

    return _REFERENCE.sub(replace, text)


def unknown(text: str, variables: dict[str, str]) -> str:
    """The first name that `expand` would leave as written; empty where there is none."""
    names = (match.group(1) for match in _REFERENCE.finditer(text))
    return next((name for name in names if name is not None and name not in variables), "")


def build(objects: Objects, pod: Json, container: Json, image_environment: dict[str, str]) -> dict[str, str]:
    """All variables, in the order in which the kubelet lets later ones win. Raises ConfigError."""
    namespace = pod["metadata"]["namespace"]
    links = service_links(objects, namespace, all_services=pod["spec"].get("enableServiceLinks", True))
    own: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        own |= _from_source(objects, namespace, source)
    for variable in container.get("env") or ():
        name = variable["name"]
        if "valueFrom" in variable:
            value = _value_from(objects, pod, container, variable["valueFrom"])
            if value is None:
                continue
        else:
            value = expand(variable.get("value") or "", links | own)
        own[name] = value
    # The Pod's own variables win over the links of Services, and these over the image's.
    return {**image_environment, "HOSTNAME": kernel_hostname(pod), **links, **own}


def command_line(
    container: Json, entrypoint: tuple[str, ...], command: tuple[str, ...], environment: dict[str, str]
) -> list[str]:
    """A Pod's `command` replaces the image's entrypoint and command; `args` alone replaces its command."""
    own_command = [expand(part, environment) for part in container.get("command") or ()]
    own_arguments = [expand(part, environment) for part in container.get("args") or ()]
    if own_command:
        return own_command + own_arguments
    return [*entrypoint, *(own_arguments or command)]


def _from_source(objects: Objects, namespace: str, source: Json) -> dict[str, str]:
    prefix = source.get("prefix") or ""
    for field, kind, resource in (("configMapRef", "configmap", "configmaps"), ("secretRef", "secret", "secrets")):
        if (reference := source.get(field)) is None:
            continue
        found = objects.find(resource, reference.get("name", ""), namespace)
        if found is None:
            if reference.get("optional"):
                return {}
            raise ConfigError(f'{kind} "{reference.get("name", "")}" not found')
        return {prefix + key: value for key, value in _texts(found).items()}
    return {}


def _texts(found: Json) -> dict[str, str]:
    """The data of a ConfigMap or Secret as text."""
    data = found.get("data") or {}
    if found["kind"] == "Secret":
        return {key: base64.b64decode(value or "").decode(errors="replace") for key, value in data.items()}
    return {key: str(value) for key, value in data.items()}


def _value_from(objects: Objects, pod: Json, container: Json, source: Json) -> str | None:
    namespace = pod["metadata"]["namespace"]
    for field, kind, resource in (
        ("configMapKeyRef", "ConfigMap", "configmaps"),
        ("secretKeyRef", "Secret", "secrets"),
    ):
        if (reference := source.get(field)) is None:
            continue
        name, key, optional = reference.get("name", ""), reference["key"], reference.get("optional")
        found = objects.find(resource, name, namespace)
        if found is None:
            if optional:
                return None
            raise ConfigError(f'{kind.lower()} "{name}" not found')
        texts = _texts(found)
        if key not in texts:
            if optional:
                return None
            raise ConfigError(f"couldn't find key {key} in {kind} {namespace}/{name}")
        return texts[key]
    if (reference := source.get("fieldRef")) is not None:
        return field_value(pod, reference["fieldPath"])
    if (reference := source.get("resourceFieldRef")) is not None:
        return resource_value(pod, container, reference)
    return ""


def field_value(pod: Json, path: str) -> str:
    """A fieldRef's value. Raises ConfigError for a path that the downward API does not have."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
    if match := re.fullmatch(r"metadata\.(labels|annotations)\['(.*)'\]", path):
        return str((metadata.get(match.group(1)) or {}).get(match.group(2), ""))
    if path in ("metadata.labels", "metadata.annotations"):
        return "\n".join(f'{key}="{_escape(value)}"' for key, value in sorted((metadata.get(path[9:]) or {}).items()))
    simple: dict[str, Any] = {
        "metadata.name": metadata["name"], "metadata.namespace": metadata["namespace"], "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""), "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.hostIP": status.get("hostIP", ""), "status.hostIPs": status.get("hostIP", ""),
        "status.podIP": status.get("podIP", ""), "status.podIPs": status.get("podIP", ""),
    }  # fmt: skip
    if path not in simple:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return str(simple[path])


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def resource_value(pod: Json, container: Json, reference: Json) -> str:
    """`limits.memory` and its like; a limit that is not set is what the machine has."""
    if named := reference.get("containerName"):
        everyone = [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]
        container = next((each for each in everyone if each["name"] == named), container)
    kind, _, resource = reference["resource"].partition(".")
    resources = container.get("resources") or {}
    amount = (resources.get(kind) or {}).get(resource)
    if amount is not None:
        value = quantity.parse(amount)
    elif kind == "limits":
        value = machine_has(resource)
    else:
        value = quantity.parse("0")
    return quantity.divided(value, reference.get("divisor"))


def machine_has(resource: str) -> Decimal:
    """How much of a resource this machine has, in base units."""
    if resource == "cpu":
        return Decimal(os.cpu_count() or 1)
    if resource == "memory":
        return Decimal(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return Decimal(0)


def service_links(objects: Objects, namespace: str, *, all_services: bool) -> dict[str, str]:
    """`KUBERNETES_SERVICE_HOST` and, unless the Pod declines, the same for each Service of its namespace."""
    variables: dict[str, str] = {}
    if all_services:
        for service in objects.list("services", namespace):
            address = service["spec"].get("clusterIP")
            if address and address != "None":
                variables |= _links(service["metadata"]["name"], address, service["spec"].get("ports") or [])
    return variables | _links("kubernetes", API_SERVER, [{"name": "https", "port": 443, "protocol": "TCP"}])


def _links(service: str, address: str, ports: list[Json]) -> dict[str, str]:
    name = service.upper().replace("-", "_")
    if not ports:
        return {}
    first = ports[0]
    scheme = first.get("protocol", "TCP").lower()
    variables = {
        f"{name}_SERVICE_HOST": address,
        f"{name}_SERVICE_PORT": str(first["port"]),
        f"{name}_PORT": f"{scheme}://{address}:{first['port']}",
    }
    for port in ports:
        protocol = port.get("protocol", "TCP")
        if port.get("name"):
            variables[f"{name}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
        prefix = f"{name}_PORT_{port['port']}_{protocol}"
        variables |= {
            prefix: f"{protocol.lower()}://{address}:{port['port']}",
            f"{prefix}_PROTO": protocol.lower(),
            f"{prefix}_PORT": str(port["port"]),
            f"{prefix}_ADDR": address,
        }
    return variables
