"""Namespaces, nodes, RBAC, autoscaling, disruption budgets, webhooks, priority classes, CRDs."""

from __future__ import annotations

from typing import Any

from steersman.cluster.kinds import names
from steersman.cluster.kinds.quota_rules import limit_causes, quota_causes
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.patch.json_patch import same
from steersman.cluster.status import Cause, bad_value, forbidden_field, required, unsupported

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"
_SCHEMA_TYPES = ("array", "boolean", "integer", "number", "object", "string")
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def _default_namespace(namespace: Json) -> None:
    meta = namespace["metadata"]
    if meta.get("name"):
        meta.setdefault("labels", {})["kubernetes.io/metadata.name"] = meta["name"]


def _create_namespace(namespace: Json) -> None:
    namespace["spec"] = {"finalizers": ["kubernetes"]}
    namespace["status"] = {"phase": "Active"}


def _default_binding(binding: Json) -> None:
    binding.setdefault("roleRef", {}).setdefault("apiGroup", RBAC)
    for subject in binding.get("subjects", ()):
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", RBAC)


def _validate_binding(binding: Json) -> list[Cause]:
    role = binding.get("roleRef", {})
    causes: list[Cause] = []
    if role.get("apiGroup") != RBAC:
        causes.append(unsupported("roleRef.apiGroup", role.get("apiGroup"), (RBAC,)))
    if role.get("kind") not in ("ClusterRole", "Role"):
        causes.append(unsupported("roleRef.kind", role.get("kind", ""), ("Role", "ClusterRole")))
    if not role.get("name"):
        causes.append(required("roleRef.name"))
    elif wrong := names.path_segment(role["name"]):
        causes.append(bad_value("roleRef.name", role["name"], wrong))
    for index, subject in enumerate(binding.get("subjects", ())):
        at = f"subjects[{index}]"
        if not subject.get("name"):
            causes.append(required(f"{at}.name"))
        if subject.get("kind") not in ("ServiceAccount", "User", "Group"):
            causes.append(unsupported(f"{at}.kind", subject.get("kind", ""), ("ServiceAccount", "User", "Group")))
        elif (
            subject["kind"] == "ServiceAccount"
            and not subject.get("namespace")
            and not binding["metadata"].get("namespace")
        ):
            causes.append(required(f"{at}.namespace"))
    return causes


def _validate_role(role: Json) -> list[Cause]:
    namespaced = bool(role["metadata"].get("namespace"))
    causes: list[Cause] = []
    for index, rule in enumerate(role.get("rules") or ()):
        at, paths = f"rules[{index}]", rule.get("nonResourceURLs")
        if not rule.get("verbs"):
            causes.append(required(f"{at}.verbs", "verbs must contain at least one value"))
        if paths:
            if namespaced:
                detail = "namespaced rules cannot apply to non-resource URLs"
                causes.append(bad_value(f"{at}.nonResourceURLs", paths, detail))
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                detail = "rules cannot apply to both regular resources and non-resource URLs"
                causes.append(bad_value(f"{at}.nonResourceURLs", paths, detail))
            continue
        if not rule.get("apiGroups"):
            causes.append(required(f"{at}.apiGroups", "resource rules must supply at least one api group"))
        if not rule.get("resources"):
            causes.append(required(f"{at}.resources", "resource rules must supply at least one resource"))
    return causes


def _validate_priority(found: Json) -> list[Cause]:
    name = found["metadata"].get("name", "")
    if name.startswith("system-"):
        if name in ("system-cluster-critical", "system-node-critical"):
            return []
        detail = "priority class names with 'system-' prefix are reserved for system use only. error: "
        return [forbidden_field("metadata.name", f"{detail}{name} is not a known system priority class")]
    if found.get("value", 0) > 1_000_000_000:
        detail = "maximum allowed value of a user defined priority is 1000000000"
        return [forbidden_field("value", detail)]
    return []


def _validate_lease(lease: Json) -> list[Cause]:
    spec = lease.get("spec") or {}
    causes: list[Cause] = []
    if spec.get("leaseDurationSeconds") is not None and spec["leaseDurationSeconds"] <= 0:
        causes.append(bad_value("spec.leaseDurationSeconds", spec["leaseDurationSeconds"], "must be greater than 0"))
    if (spec.get("leaseTransitions") or 0) < 0:
        detail = "must be greater than or equal to 0"
        causes.append(bad_value("spec.leaseTransitions", spec["leaseTransitions"], detail))
    return causes


def _validate_binding_update(binding: Json, old: Json) -> list[Cause]:
    if same(binding["roleRef"], old["roleRef"]):
        return []
    return [bad_value("roleRef", binding["roleRef"], "cannot change roleRef")]


def _default_autoscaler(obj: Json) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _default_autoscaler_v1(obj: Json) -> None:
    obj.setdefault("spec", {}).setdefault("minReplicas", 1)
    obj["spec"].setdefault("targetCPUUtilizationPercentage", 80)


def _create_autoscaler(obj: Json) -> None:
    obj["status"] = {"currentMetrics": None, "desiredReplicas": 0}


def _validate_autoscaler(obj: Json) -> list[Cause]:
    spec = obj["spec"]
    causes: list[Cause] = []
    if spec.get("maxReplicas", 0) < 1:
        causes.append(bad_value("spec.maxReplicas", spec.get("maxReplicas", 0), "must be greater than 0"))
    if spec["minReplicas"] < 1:
        causes.append(bad_value("spec.minReplicas", spec["minReplicas"], "must be greater than or equal to 1"))
    if spec.get("maxReplicas", 0) < spec["minReplicas"]:
        causes.append(
            bad_value("spec.maxReplicas", spec.get("maxReplicas", 0), "must be greater than or equal to `minReplicas`")
        )
    for key in ("kind", "name"):
        found = spec.get("scaleTargetRef", {}).get(key)
        if not found:
            causes.append(required(f"spec.scaleTargetRef.{key}"))
        elif wrong := names.path_segment(found):
            causes.append(bad_value(f"spec.scaleTargetRef.{key}", found, wrong))
    return causes


def _create_budget(obj: Json) -> None:
    obj["status"] = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}


def _validate_budget(obj: Json) -> list[Cause]:
    spec = obj.get("spec", {})
    if "minAvailable" in spec and "maxUnavailable" in spec:
        return [bad_value("spec", spec, "minAvailable and maxUnavailable cannot be both set")]
    return []


def _default_webhooks(obj: Json) -> None:
    for webhook in obj.get("webhooks", ()):
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", 10)
        if obj.get("kind") == "MutatingWebhookConfiguration":
            webhook.setdefault("reinvocationPolicy", "Never")
        service = webhook.get("clientConfig", {}).get("service")
        if service is not None:
            service.setdefault("port", 443)
        for rule in webhook.get("rules", ()):
            rule.setdefault("scope", "*")


def _default_priority(obj: Json) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _default_limits(obj: Json) -> None:
    """Limits are requests where nothing else is said, as for Pods."""
    for item in obj.get("spec", {}).get("limits", ()):
        if item.get("type") != "Container":
            continue
        for name, value in item.get("max", {}).items():
            item.setdefault("default", {}).setdefault(name, value)
        for source in ("default", "min"):
            for name, value in item.get(source, {}).items():
                item.setdefault("defaultRequest", {}).setdefault(name, value)


def _validate_crd(crd: Json) -> list[Cause]:
    spec = crd.get("spec", {})
    found = spec.get("names", {})
    causes: list[Cause] = []
    wanted = f"{found.get('plural', '')}.{spec.get('group', '')}"
    if crd["metadata"].get("name") != wanted:
        detail = 'must be spec.names.plural+"."+spec.group'
        causes.append(bad_value("metadata.name", crd["metadata"].get("name"), detail))
    for path, value in (
        ("spec.group", spec.get("group")),
        ("spec.scope", spec.get("scope")),
        ("spec.names.plural", found.get("plural")),
        ("spec.names.kind", found.get("kind")),
        ("spec.versions", spec.get("versions")),
    ):
        if not value:
            causes.append(required(path))
    if spec.get("scope") and spec["scope"] not in ("Cluster", "Namespaced"):
        causes.append(unsupported("spec.scope", spec["scope"], ("Cluster", "Namespaced")))
    versions = spec.get("versions") or ()
    if sum(bool(version.get("storage")) for version in versions) != 1 and versions:
        causes.append(bad_value("spec.versions", versions, "must have exactly one version marked as storage version"))
    for index, version in enumerate(versions):
        if wrong := names.label_1035(version.get("name", "")):
            causes.append(bad_value(f"spec.versions[{index}].name", version.get("name", ""), wrong))
        if "openAPIV3Schema" not in version.get("schema", {}):
            causes.append(required(f"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required"))
        else:
            # One schema for all versions is named as if it stood beside them.
            at = "spec.validation" if len(versions) == 1 else f"spec.versions[{index}].schema"
            causes += schema_causes(version["schema"]["openAPIV3Schema"], f"{at}.openAPIV3Schema", root=True)
    if spec.get("group") and "." not in spec["group"]:
        causes.append(bad_value("spec.group", spec["group"], "should be a domain with at least one dot"))
    return causes


def schema_causes(schema: Json, path: str, *, root: bool = False, what: str = "") -> list[Cause]:
    """What keeps a CRD's schema from being structural."""
    causes: list[Cause] = []
    kind = schema.get("type", "")
    free = schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    if not kind and (root or not free):
        detail = "must not be empty at the root" if root else f"must not be empty for specified {what}"
        causes.append(required(f"{path}.type", detail))
    elif kind and kind not in _SCHEMA_TYPES:
        causes.append(unsupported(f"{path}.type", kind, _SCHEMA_TYPES))
    elif root and kind != "object":
        causes.append(bad_value(f"{path}.type", kind, "must be object at the root"))
    if kind == "array" and "items" not in schema:
        causes.append(required(f"{path}.items", "must be specified"))
    for key, inner in (schema.get("properties") or {}).items():
        causes += schema_causes(inner, f"{path}.properties[{key}]", what="object fields")
    if isinstance(schema.get("items"), dict):
        causes += schema_causes(schema["items"], f"{path}.items", what="array items")
    if isinstance(schema.get("additionalProperties"), dict):
        causes += schema_causes(schema["additionalProperties"], f"{path}.additionalProperties", what="object fields")
    return causes


_STILL_STORED = (
    "missing from spec.versions; {0} was previously a storage version, and must remain in spec.versions until a storage "
    "migration ensures no data remains persisted in {0} and removes {0} from status.storedVersions"
)


def _validate_crd_update(crd: Json, old: Json) -> list[Cause]:
    if crd["spec"].get("scope") != old["spec"].get("scope"):
        return [bad_value("spec.scope", crd["spec"].get("scope"), "field is immutable")]
    served = {version.get("name") for version in crd["spec"].get("versions") or ()}
    stored = (crd.get("status") or {}).get("storedVersions") or ()
    gone = [(index, version) for index, version in enumerate(stored) if version not in served]
    if gone:
        return [
            bad_value(f"status.storedVersions[{index}]", version, _STILL_STORED.format(version))
            for index, version in gone
        ]
    return []


_ROLE = Strategy(validate=_validate_role, check_name=names.path_segment)
_BINDING = Strategy(
    default=_default_binding,
    validate=_validate_binding,
    validate_update=_validate_binding_update,
    check_name=names.path_segment,
)
AUTOSCALER_V1 = Strategy(default=_default_autoscaler_v1, validate=_validate_autoscaler)
_WEBHOOKS = Strategy(default=_default_webhooks, generation=True)

STRATEGIES = {
    "namespaces": Strategy(default=_default_namespace, prepare_create=_create_namespace, check_name=names.label),
    f"roles.{RBAC}": _ROLE,
    f"clusterroles.{RBAC}": _ROLE,
    f"rolebindings.{RBAC}": _BINDING,
    f"clusterrolebindings.{RBAC}": _BINDING,
    "horizontalpodautoscalers.autoscaling": Strategy(
        default=_default_autoscaler, prepare_create=_create_autoscaler, validate=_validate_autoscaler
    ),
    "poddisruptionbudgets.policy": Strategy(prepare_create=_create_budget, validate=_validate_budget, generation=True),
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": _WEBHOOKS,
    "priorityclasses.scheduling.k8s.io": Strategy(
        default=_default_priority, validate=_validate_priority, generation=True
    ),
    "leases.coordination.k8s.io": Strategy(validate=_validate_lease),
    "limitranges": Strategy(default=_default_limits, validate=limit_causes),
    "resourcequotas": Strategy(validate=quota_causes),
    CRDS: Strategy(validate=_validate_crd, validate_update=_validate_crd_update, generation=True),
}
