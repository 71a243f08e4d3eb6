"""What has to be true of one container (pkg/apis/core/validation: validateContainerCommon and what it calls)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.schema import quantity
from steersman.cluster.status import (
    Cause,
    bad_value,
    duplicate,
    forbidden_field,
    not_found_field,
    required,
    unsupported,
)

Json = dict[str, Any]

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
PROTOCOLS = ("SCTP", "TCP", "UDP")
_SECURITY_IDS = "must be between 0 and 2147483647, inclusive"
_VARIABLE_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
FILE_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
# What the API server can convert, which is more than what may be referred to.
_KNOWN_FIELDS = {*_VARIABLE_FIELDS, *FILE_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase",
                 "status.nominatedNodeName"}  # fmt: skip
_KEYED = re.compile(r"(metadata\.(?:annotations|labels))\['.*'\]")
_RESOURCES = ("limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
              "requests.memory")  # fmt: skip
_STANDARD_RESOURCES = ("cpu", "memory", "ephemeral-storage", "storage")


def container(found: Json, path: str, volumes: set[Any], seen: set[str], *, host_network: bool) -> Iterator[Cause]:
    """`volumes` are those of the Pod; `seen` the names of the containers before."""
    yield from _identity(found, path, seen)
    policy = found.get("terminationMessagePolicy")
    if policy not in ("File", "FallbackToLogsOnError"):
        detail = "must be 'File' or 'FallbackToLogsOnError'"
        yield bad_value(f"{path}.terminationMessagePolicy", policy or "", detail)
    yield from _ports(found.get("ports") or (), path, host_network=host_network)
    yield from _variables(found.get("env") or (), path)
    yield from _variable_sources(found.get("envFrom") or (), path)
    yield from _mounts(found.get("volumeMounts") or (), path, volumes)
    if found.get("imagePullPolicy") not in PULL_POLICIES:
        yield unsupported(f"{path}.imagePullPolicy", found.get("imagePullPolicy"), PULL_POLICIES)
    yield from resources(found.get("resources", {}), f"{path}.resources")
    yield from _security(found.get("securityContext") or {}, f"{path}.securityContext")


def lifecycle_and_probes(found: Json, path: str) -> Iterator[Cause]:
    """What only containers have that run for long."""
    for hook in ("postStart", "preStop"):
        handler = (found.get("lifecycle") or {}).get(hook)
        if handler is not None:
            yield from _handler(handler, f"{path}.lifecycle.{hook}")
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = found.get(kind)
        if probe is None:
            continue
        at = f"{path}.{kind}"
        yield from _handler(probe, at)
        yield from checks.not_negative(
            probe, at, "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"
        )
        if kind != "readinessProbe" and probe.get("successThreshold") != 1:
            yield bad_value(f"{at}.successThreshold", probe.get("successThreshold", 0), "must be 1")


def _identity(found: Json, path: str, seen: set[str]) -> Iterator[Cause]:
    name = found.get("name", "")
    if not name:
        yield required(f"{path}.name")
    elif wrong := names.label(name):
        yield bad_value(f"{path}.name", name, wrong)
    elif name in seen:
        yield duplicate(f"{path}.name", name)
    seen.add(name)
    image = found.get("image")
    if not image:
        yield required(f"{path}.image")
    elif image != image.strip():
        yield bad_value(f"{path}.image", image, "must not have leading or trailing whitespace")


def _ports(ports: Any, path: str, *, host_network: bool) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at = f"{path}.ports[{index}]"
        if name := port.get("name", ""):
            if wrong := list(checks.port_name(name, f"{at}.name")):
                yield from wrong
            elif name in seen:
                yield duplicate(f"{at}.name", name)
            seen.add(name)
        number = port.get("containerPort", 0)
        if not number:
            yield required(f"{at}.containerPort")
        else:
            yield from checks.port_number(number, f"{at}.containerPort")
        if host := port.get("hostPort", 0):
            yield from checks.port_number(host, f"{at}.hostPort")
            if host_network and host != number:
                yield bad_value(f"{at}.containerPort", number, "must match `hostPort` when `hostNetwork` is true")
        if port.get("protocol") not in PROTOCOLS:
            yield unsupported(f"{at}.protocol", port.get("protocol"), PROTOCOLS)


def _variables(variables: Any, path: str) -> Iterator[Cause]:
    for index, variable in enumerate(variables):
        at = f"{path}.env[{index}]"
        if not variable.get("name"):
            yield required(f"{at}.name")
        elif wrong := names.variable(variable["name"]):
            yield bad_value(f"{at}.name", variable["name"], wrong)
        if (source := variable.get("valueFrom")) is not None:
            yield from _value_from(source, f"{at}.valueFrom", bool(variable.get("value")))


def _value_from(source: Json, path: str, has_value: bool) -> Iterator[Cause]:
    kinds = [kind for kind in ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef") if kind in source]
    if "fieldRef" in source:
        yield from field_reference(source["fieldRef"], f"{path}.fieldRef", _VARIABLE_FIELDS)
    if "resourceFieldRef" in source:
        yield from resource_reference(source["resourceFieldRef"], f"{path}.resourceFieldRef")
    for kind in ("configMapKeyRef", "secretKeyRef"):
        if kind in source:
            name, key = source[kind].get("name", ""), source[kind].get("key", "")
            if wrong := names.subdomain(name):
                yield bad_value(f"{path}.{kind}.name", name, wrong)
            if not key:
                yield required(f"{path}.{kind}.key")
            elif wrong := names.config_key(key):
                yield bad_value(f"{path}.{kind}.key", key, wrong)
    if not kinds and "fileKeyRef" not in source:
        detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        yield bad_value(path, "", detail)
    elif has_value:
        yield bad_value(path, "", "may not be specified when `value` is not empty")
    elif len(kinds) > 1:
        yield bad_value(path, "", "may not have more than one field specified at a time")


def field_reference(reference: Json, path: str, allowed: tuple[str, ...]) -> Iterator[Cause]:
    """A field of the Pod, in a variable or a file."""
    field = reference.get("fieldPath", "")
    if not field:
        yield required(f"{path}.fieldPath")
    elif match := _KEYED.fullmatch(field):
        return
    elif field not in _KNOWN_FIELDS and match is None:
        yield bad_value(f"{path}.fieldPath", field, f"error converting fieldPath: field label not supported: {field}")
    elif field not in allowed:
        yield unsupported(f"{path}.fieldPath", field, allowed)


def resource_reference(reference: Json, path: str, *, needs_container: bool = False) -> Iterator[Cause]:
    """A limit or request of a container."""
    if needs_container and not reference.get("containerName"):
        yield required(f"{path}.containerName")
    resource = reference.get("resource", "")
    if not resource:
        yield required(f"{path}.resource")
    elif resource not in _RESOURCES and not resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        yield unsupported(f"{path}.resource", resource, _RESOURCES)


def _variable_sources(sources: Any, path: str) -> Iterator[Cause]:
    for index, source in enumerate(sources):
        at = f"{path}.envFrom[{index}]"
        if (prefix := source.get("prefix")) and (wrong := names.variable(prefix)):
            yield bad_value(f"{at}.prefix", prefix, wrong)
        kinds = [kind for kind in ("configMapRef", "secretRef") if kind in source]
        for kind in kinds:
            if not source[kind].get("name"):
                yield required(f"{at}.{kind}.name")
        if not kinds:
            yield bad_value(f"{path}.envFrom", "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(kinds) > 1:
            yield bad_value(f"{path}.envFrom", "", "may not have more than one field specified at a time")


def _mounts(mounts: Any, path: str, volumes: set[Any]) -> Iterator[Cause]:
    mounted: set[str] = set()
    for index, mount in enumerate(mounts):
        at = f"{path}.volumeMounts[{index}]"
        if not mount.get("name"):
            yield required(f"{at}.name")
        elif mount["name"] not in volumes:
            yield not_found_field(f"{at}.name", mount["name"])
        if not mount.get("mountPath"):
            yield required(f"{at}.mountPath")
        elif mount["mountPath"] in mounted:
            yield bad_value(f"{at}.mountPath", mount["mountPath"], "must be unique")
        mounted.add(mount.get("mountPath", ""))
        if mount.get("subPath"):
            yield from checks.descending_path(mount["subPath"], f"{path}.volumeMounts.subPath")
        if mount.get("subPathExpr"):
            if mount.get("subPath"):
                detail = "subPathExpr and subPath are mutually exclusive"
                yield bad_value(f"{at}.subPathExpr", mount["subPathExpr"], detail)
            yield from checks.descending_path(mount["subPathExpr"], f"{path}.volumeMounts.subPathExpr")


def resources(found: Json, path: str) -> Iterator[Cause]:
    """Known names, no request above its limit, nothing below zero."""
    limits = found.get("limits", {})
    for kind in ("limits", "requests"):
        for name, text in found.get(kind, {}).items():
            at = f"{path}.{kind}[{name}]"
            yield from (bad_value(at, name, wrong) for wrong in resource_name_problems(name, "containers"))
            if quantity.value(text) < 0:
                yield bad_value(at, text, checks.NOT_NEGATIVE)
            if kind == "requests" and name in limits and quantity.value(text) > quantity.value(limits[name]):
                detail = f"must be less than or equal to {name} limit of {limits[name]}"
                yield bad_value(f"{path}.requests", text, detail)


def resource_name_problems(name: str, where: str, standard: tuple[str, ...] = ()) -> Iterator[str]:
    """All that is wrong with a resource's name; `standard` are those known there beyond the usual ones."""
    yield from names.qualified_problems(name)
    known = (*_STANDARD_RESOURCES, *standard)
    if "/" not in name and name not in known and not name.startswith("hugepages-"):
        yield "must be a standard resource type or fully qualified"
    if "/" not in name and not name.startswith("hugepages-") and name not in (standard or known[:3]):
        yield f"must be a standard resource for {where}"


def _security(context: Json, path: str) -> Iterator[Cause]:
    for key in ("runAsUser", "runAsGroup"):
        if not 0 <= (context.get(key) or 0) <= 2147483647:
            yield bad_value(f"{path}.{key}", context[key], _SECURITY_IDS)
    if context.get("privileged") and context.get("allowPrivilegeEscalation") is False:
        detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        yield bad_value(path, context, detail)


def security_ids(context: Json, path: str) -> Iterator[Cause]:
    """Of a whole Pod."""
    for key in ("fsGroup", "runAsUser", "runAsGroup"):
        if not 0 <= (context.get(key) or 0) <= 2147483647:
            yield bad_value(f"{path}.{key}", context[key], _SECURITY_IDS)
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        if not 0 <= group <= 2147483647:
            yield bad_value(f"{path}.supplementalGroups[{index}]", group, _SECURITY_IDS)


def _handler(handler: Json, path: str) -> Iterator[Cause]:
    kinds = [kind for kind in ("exec", "httpGet", "tcpSocket", "grpc", "sleep") if kind in handler]
    if not kinds:
        yield required(path, "must specify a handler type")
    for position, kind in enumerate(kinds):
        if position:
            yield forbidden_field(f"{path}.{kind}", "may not specify more than 1 handler type")
        elif kind == "exec" and not handler["exec"].get("command"):
            yield required(f"{path}.exec.command")
        elif kind == "httpGet":
            yield from _http_get(handler["httpGet"], f"{path}.httpGet")
        elif kind in ("tcpSocket", "grpc"):
            yield from checks.port(handler[kind].get("port", 0), f"{path}.{kind}.port")


def _http_get(action: Json, path: str) -> Iterator[Cause]:
    if not action.get("path"):
        yield required(f"{path}.path")
    yield from checks.port(action.get("port", 0), f"{path}.port")
    yield from checks.one_of(action, path, "scheme", ("HTTP", "HTTPS"))
