"""Namespaces, nodes, RBAC, autoscaling, disruption budgets, webhooks, priority classes, CRDs."""

from __future__ import annotations

from typing import Any

from steersman.cluster.kinds import names
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.patch.json_patch import same
from steersman.cluster.status import Cause, bad_value, required, unsupported

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"
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
    if not role.get("name"):
        causes.append(required("roleRef.name"))
    if role.get("kind") not in ("ClusterRole", "Role"):
        causes.append(unsupported("roleRef.kind", role.get("kind", ""), ("ClusterRole", "Role")))
    for index, subject in enumerate(binding.get("subjects", ())):
        if not subject.get("name"):
            causes.append(required(f"subjects[{index}].name"))
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
    elif spec["maxReplicas"] < spec["minReplicas"]:
        causes.append(
            bad_value("spec.maxReplicas", spec["maxReplicas"], "must be greater than or equal to `minReplicas`")
        )
    for key in ("kind", "name"):
        if not spec.get("scaleTargetRef", {}).get(key):
            causes.append(required(f"spec.scaleTargetRef.{key}"))
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
        if "openAPIV3Schema" not in version.get("schema", {}):
            causes.append(required(f"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required"))
    return causes


def _validate_crd_update(crd: Json, old: Json) -> list[Cause]:
    if crd["spec"].get("scope") != old["spec"].get("scope"):
        return [bad_value("spec.scope", crd["spec"].get("scope"), "field is immutable")]
    return []


_ROLE = Strategy(check_name=names.path_segment)
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
    "priorityclasses.scheduling.k8s.io": Strategy(default=_default_priority, generation=True),
    "limitranges": Strategy(default=_default_limits),
    CRDS: Strategy(validate=_validate_crd, validate_update=_validate_crd_update, generation=True),
}
