"""What has to be true of a Pod's spec (pkg/apis/core/validation: ValidatePodSpec); of containers and volumes see beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.kinds.container_rules import container, lifecycle_and_probes, security_ids
from steersman.cluster.kinds.volume_rules import volumes
from steersman.cluster.status import Cause, bad_value, forbidden_field, not_found_field, required, unsupported

Json = dict[str, Any]

RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_SECONDS = "must be between 1 and 2147483647, inclusive"
_SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_SYSCTL_RULE = f"must have at most 253 characters and match regex {_SYSCTL.pattern}"


def pod_spec_causes(spec: Json, path: str) -> list[Cause]:
    causes = list(volumes(spec.get("volumes") or (), f"{path}.volumes"))
    causes += _containers(spec, path)
    policy = spec.get("restartPolicy")
    if not policy:
        causes.append(required(f"{path}.restartPolicy"))
    elif policy not in RESTART_POLICIES:
        causes.append(unsupported(f"{path}.restartPolicy", policy, RESTART_POLICIES))
    if spec.get("dnsPolicy") not in _DNS_POLICIES:
        causes.append(unsupported(f"{path}.dnsPolicy", spec.get("dnsPolicy"), _DNS_POLICIES))
    causes += checks.labels(spec.get("nodeSelector") or {}, f"{path}.nodeSelector")
    causes += _security(spec, path)
    causes += _affinity(spec.get("affinity") or {}, f"{path}.affinity")
    causes += _dns(spec, path)
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType", "")
        at = f"{path}.readinessGates[{index}].conditionType"
        causes += [bad_value(at, kind, wrong) for wrong in names.qualified_problems(kind)]
    causes += _spread(spec.get("topologySpreadConstraints") or (), f"{path}.topologySpreadConstraints")
    causes += _identities(spec, path)
    causes += _tolerations(spec.get("tolerations") or (), f"{path}.tolerations")
    causes += _aliases(spec.get("hostAliases") or (), f"{path}.hostAliases")
    return causes


def template_causes(template: Json, path: str) -> list[Cause]:
    """Of a Pod template: its labels and its spec."""
    found = (template.get("metadata") or {}).get("labels") or {}
    return [*checks.labels(found, f"{path}.labels"), *pod_spec_causes(template["spec"], f"{path}.spec")]


def _containers(spec: Json, path: str) -> Iterator[Cause]:
    named = {volume.get("name") for volume in spec.get("volumes") or ()}
    seen: set[str] = set()
    host_network = bool(spec.get("hostNetwork"))
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    for index, found in enumerate(spec.get("containers") or ()):
        at = f"{path}.containers[{index}]"
        yield from container(found, at, named, seen, host_network=host_network)
        yield from lifecycle_and_probes(found, at)
    for index, found in enumerate(spec.get("initContainers") or ()):
        at = f"{path}.initContainers[{index}]"
        yield from container(found, at, named, seen, host_network=host_network)
        if found.get("restartPolicy") == "Always":
            yield from lifecycle_and_probes(found, at)
            continue
        for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if key in found:
                detail = "may not be set for init containers without restartPolicy=Always"
                yield forbidden_field(f"{at}.{key}", detail)
    yield from _ephemeral(spec, path, named, seen)


_NOT_EPHEMERAL = ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources", "resizePolicy")


def _ephemeral(spec: Json, path: str, named: set[Any], seen: set[str]) -> Iterator[Cause]:
    others = {each.get("name") for kind in ("containers", "initContainers") for each in spec.get(kind) or ()}
    for index, found in enumerate(spec.get("ephemeralContainers") or ()):
        at = f"{path}.ephemeralContainers[{index}]"
        yield from container(found, at, named, seen, host_network=False)
        for key in _NOT_EPHEMERAL:
            if found.get(key):
                yield forbidden_field(f"{at}.{key}", "cannot be set for an Ephemeral Container")
        target = found.get("targetContainerName")
        if target and target not in others:
            yield not_found_field(f"{at}.targetContainerName", target)


def _security(spec: Json, path: str) -> Iterator[Cause]:
    at = f"{path}.securityContext"
    context = spec.get("securityContext") or {}
    yield from security_ids(context, at)
    if spec.get("hostPID") and spec.get("shareProcessNamespace"):
        detail = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield bad_value(f"{at}.shareProcessNamespace", True, detail)
    for index, sysctl in enumerate(context.get("sysctls") or ()):
        name = sysctl.get("name", "")
        if not name:
            yield required(f"{at}.sysctls[{index}].name")
        elif len(name) > 253 or not _SYSCTL.fullmatch(name):
            yield bad_value(f"{at}.sysctls[{index}].name", name, _SYSCTL_RULE)


def _affinity(affinity: Json, path: str) -> Iterator[Cause]:
    node = (affinity.get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
    if node is not None and not node.get("nodeSelectorTerms"):
        at = f"{path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
        yield required(at, "must have at least one node selector term")
    for kind in ("podAffinity", "podAntiAffinity"):
        found = affinity.get(kind) or {}
        at = f"{path}.{kind}.requiredDuringSchedulingIgnoredDuringExecution"
        for index, term in enumerate(found.get("requiredDuringSchedulingIgnoredDuringExecution") or ()):
            yield from _pod_term(term, f"{at}[{index}]")
        at = f"{path}.{kind}.preferredDuringSchedulingIgnoredDuringExecution"
        for index, weighted in enumerate(found.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
            if not 0 < weighted.get("weight", 0) <= 100:
                yield bad_value(f"{at}[{index}].weight", weighted.get("weight", 0), "must be in the range 1-100")
            yield from _pod_term(weighted.get("podAffinityTerm") or {}, f"{at}[{index}].podAffinityTerm")


def _pod_term(term: Json, path: str) -> Iterator[Cause]:
    yield from checks.label_selector(term.get("labelSelector") or {}, f"{path}.labelSelector")
    key = term.get("topologyKey", "")
    if not key:
        yield required(f"{path}.topologyKey", "can not be empty")
    yield from (bad_value(f"{path}.topologyKey", key, wrong) for wrong in names.qualified_problems(key))


def _dns(spec: Json, path: str) -> Iterator[Cause]:
    config, nothing = spec.get("dnsConfig"), spec.get("dnsPolicy") == "None"
    if config is None:
        if nothing:
            yield required(f"{path}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None")
        return
    servers = config.get("nameservers") or []
    if nothing and not servers:
        detail = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield required(f"{path}.dnsConfig.nameservers", detail)
    if len(servers) > 3:
        yield bad_value(f"{path}.dnsConfig.nameservers", servers, "must not have more than 3 nameservers")
    for index, server in enumerate(servers):
        yield from checks.address(server, f"{path}.dnsConfig.nameservers[{index}]")


def _spread(constraints: Any, path: str) -> Iterator[Cause]:
    for index, constraint in enumerate(constraints):
        at = f"{path}[{index}]"
        if constraint.get("maxSkew", 0) <= 0:
            yield bad_value(f"{at}.maxSkew", constraint.get("maxSkew", 0), "must be greater than zero")
        if not constraint.get("topologyKey"):
            yield required(f"{at}.topologyKey", "can not be empty")
        if constraint.get("whenUnsatisfiable") not in ("DoNotSchedule", "ScheduleAnyway"):
            found = constraint.get("whenUnsatisfiable", "")
            yield unsupported(f"{at}.whenUnsatisfiable", found, ("DoNotSchedule", "ScheduleAnyway"))


def _identities(spec: Json, path: str) -> Iterator[Cause]:
    for key in ("serviceAccountName", "nodeName"):
        if spec.get(key) and (wrong := names.subdomain(spec[key])):
            yield bad_value(f"{path}.{key}", spec[key], wrong)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= 2147483647:
        yield bad_value(f"{path}.activeDeadlineSeconds", deadline, _SECONDS)
    for key in ("hostname", "subdomain"):
        if spec.get(key) and (wrong := names.label(spec[key])):
            yield bad_value(f"{path}.{key}", spec[key], wrong)
    if spec.get("priorityClassName") and (wrong := names.subdomain(spec["priorityClassName"])):
        yield bad_value(f"{path}.priorityClassName", spec["priorityClassName"], wrong)


def _tolerations(tolerations: Any, path: str) -> Iterator[Cause]:
    for index, toleration in enumerate(tolerations):
        at = f"{path}[{index}]"
        key, operator, value = (toleration.get(name, "") for name in ("key", "operator", "value"))
        if key:
            yield from (bad_value(f"{at}.key", key, wrong) for wrong in names.qualified_problems(key))
        elif operator != "Exists":
            detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield bad_value(f"{at}.operator", operator, detail)
        if toleration.get("tolerationSeconds") is not None and toleration.get("effect") != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield bad_value(f"{at}.effect", toleration.get("effect", ""), detail)
        if operator in ("Equal", ""):
            if wrong := names.label_value(value):
                yield bad_value(f"{at}.operator", value, wrong)
        elif operator == "Exists":
            if value:
                shown = {name: toleration.get(name[0].lower() + name[1:], "")
                         for name in ("Key", "Operator", "Value", "Effect")}  # fmt: skip
                shown["TolerationSeconds"] = toleration.get("tolerationSeconds")
                yield bad_value(f"{at}.operator", shown, "value must be empty when `operator` is 'Exists'")
        else:
            yield unsupported(f"{at}.operator", operator, ("Equal", "Exists"))
        if toleration.get("effect", "") not in ("", *_EFFECTS):
            yield unsupported(f"{at}.effect", toleration["effect"], _EFFECTS)


def _aliases(aliases: Any, path: str) -> Iterator[Cause]:
    for index, alias in enumerate(aliases):
        yield from checks.address(alias.get("ip", ""), f"{path}[{index}].ip")
        for number, host in enumerate(alias.get("hostnames") or ()):
            if wrong := names.subdomain(host):
                yield bad_value(f"{path}[{index}].hostnames[{number}]", host, wrong)


def template_labels_causes(selector: Json | None, labels: Json, path: str) -> list[Cause]:
    """A workload has to select its own Pods."""
    from steersman.cluster.selectors import match_labels

    if selector is not None and not match_labels(selector)(labels):
        shown = labels or None
        return [bad_value(f"{path}.template.metadata.labels", shown, "`selector` does not match template `labels`")]
    return []
