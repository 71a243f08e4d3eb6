"""What has to be true of a Pod's spec (pkg/apis/core/validation)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.cluster.kinds import names
from steersman.cluster.schema import quantity
from steersman.cluster.status import Cause, bad_value, duplicate, not_found_field, required, unsupported

Json = dict[str, Any]

RESTART_POLICIES = ("Always", "OnFailure", "Never")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
PROTOCOLS = ("TCP", "UDP", "SCTP")


def pod_spec_causes(spec: Json, path: str) -> list[Cause]:
    causes = list(_volumes(spec, path))
    volumes = {volume.get("name") for volume in spec.get("volumes", ())}
    seen: set[str] = set()
    if not spec.get("containers"):
        causes.append(required(f"{path}.containers"))
    for kind in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(kind) or ()):
            causes += _container(container, f"{path}.{kind}[{index}]", volumes, seen)
    policy = spec.get("restartPolicy")
    if policy not in RESTART_POLICIES:
        causes.append(unsupported(f"{path}.restartPolicy", policy, RESTART_POLICIES))
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        value = spec["terminationGracePeriodSeconds"]
        causes.append(bad_value(f"{path}.terminationGracePeriodSeconds", value, "must be greater than or equal to 0"))
    for key in ("serviceAccountName", "nodeName"):
        if spec.get(key) and (wrong := names.subdomain(spec[key])):
            causes.append(bad_value(f"{path}.{key}", spec[key], wrong))
    return causes


def _volumes(spec: Json, path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, volume in enumerate(spec.get("volumes", ())):
        at = f"{path}.volumes[{index}]"
        name = volume.get("name", "")
        if not name:
            yield required(f"{at}.name")
        elif wrong := names.label(name):
            yield bad_value(f"{at}.name", name, wrong)
        elif name in seen:
            yield duplicate(f"{at}.name", name)
        seen.add(name)
        for kind, key in (("secret", "secretName"), ("configMap", "name"), ("persistentVolumeClaim", "claimName")):
            if kind in volume and not volume[kind].get(key):
                yield required(f"{at}.{kind}.{key}")


def _container(container: Json, path: str, volumes: set[Any], seen: set[str]) -> Iterator[Cause]:
    name = container.get("name", "")
    if not name:
        yield required(f"{path}.name")
    elif wrong := names.label(name):
        yield bad_value(f"{path}.name", name, wrong)
    elif name in seen:
        yield duplicate(f"{path}.name", name)
    seen.add(name)
    if not container.get("image"):
        yield required(f"{path}.image")
    elif container["image"] != container["image"].strip():
        yield bad_value(f"{path}.image", container["image"], "must not have leading or trailing whitespace")
    if container.get("imagePullPolicy") not in PULL_POLICIES:
        yield unsupported(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), PULL_POLICIES)
    for index, port in enumerate(container.get("ports", ())):
        at = f"{path}.ports[{index}]"
        number = port.get("containerPort", 0)
        if not number:
            yield required(f"{at}.containerPort")
        elif not 0 < number < 65536:
            yield bad_value(f"{at}.containerPort", number, "must be between 1 and 65535, inclusive")
        if port.get("protocol") not in PROTOCOLS:
            yield unsupported(f"{at}.protocol", port.get("protocol"), PROTOCOLS)
    for index, variable in enumerate(container.get("env", ())):
        if not variable.get("name"):
            yield required(f"{path}.env[{index}].name")
        elif variable.get("value") and variable.get("valueFrom"):
            yield bad_value(f"{path}.env[{index}].valueFrom", "", "may not be specified when `value` is not empty")
    mounted: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts", ())):
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
    yield from resources(container.get("resources", {}), f"{path}.resources")


def resources(found: Json, path: str) -> Iterator[Cause]:
    """No request above its limit, nothing below zero."""
    limits = found.get("limits", {})
    for kind in ("limits", "requests"):
        for name, text in found.get(kind, {}).items():
            if quantity.value(text) < 0:
                yield bad_value(f"{path}.{kind}[{name}]", text, "must be greater than or equal to 0")
    for name, text in found.get("requests", {}).items():
        if name in limits and quantity.value(text) > quantity.value(limits[name]):
            detail = f"must be less than or equal to {name} limit of {limits[name]}"
            yield bad_value(f"{path}.requests", text, detail)


def template_labels_causes(selector: Json | None, labels: Json, path: str) -> list[Cause]:
    """A workload has to select its own Pods."""
    from steersman.cluster.selectors import match_labels

    if selector is not None and not match_labels(selector)(labels):
        return [bad_value(f"{path}.template.metadata.labels", labels, "`selector` does not match template `labels`")]
    return []
