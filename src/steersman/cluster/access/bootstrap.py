"""The roles and bindings that every cluster has from the beginning (`kubernetes.io/bootstrapping: rbac-defaults`).

Facts: kubernetes.io "Using RBAC Authorization", "Default roles and role bindings", and what a real API server had. The roles of
Kubernetes' own controllers (`system:controller:…`) are not among them: here controllers need none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.cluster.access.aggregation import gathered
from steersman.cluster.access.authorizer import RBAC
from steersman.cluster.machinery import Objects

Json = dict[str, Any]

_LABEL = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_NOTE = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
_MANAGER = "kube-apiserver"

_READ = "get list watch"
_WRITE = "create delete deletecollection patch update"
_BOTH = "create delete deletecollection get list patch update watch"

# One rule a line: API groups | resources | verbs (| names); "core" is the group without a name. Without resources: URLs.
_EVENTS = ("core events.k8s.io | events | create patch update",)
_ROLES: dict[str, tuple[str, ...]] = {
    "cluster-admin": ("* | * | *", "url * | *"),
    "system:aggregate-to-admin": (
        "authorization.k8s.io | localsubjectaccessreviews | create",
        f"{RBAC} | rolebindings roles | {_BOTH}",
    ),
    "system:aggregate-to-edit": (
        f"core | pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy | {_READ}",
        "core | serviceaccounts | impersonate",
        f"core | pods pods/attach pods/exec pods/portforward pods/proxy | {_WRITE}",
        "core | pods/eviction | create",
        "core | configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets "
        f"serviceaccounts services services/proxy | {_WRITE}",
        "core | serviceaccounts/token | create",
        "apps | daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets "
        f"statefulsets/scale | {_WRITE}",
        f"autoscaling | horizontalpodautoscalers | {_WRITE}",
        f"batch | cronjobs jobs | {_WRITE}",
        "extensions | daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets "
        f"replicasets/scale replicationcontrollers/scale | {_WRITE}",
        f"policy | poddisruptionbudgets | {_WRITE}",
        f"networking.k8s.io | ingresses networkpolicies | {_WRITE}",
        f"coordination.k8s.io | leases | {_BOTH}",
    ),
    "system:aggregate-to-view": (
        "core | configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers "
        f"replicationcontrollers/scale serviceaccounts services services/status | {_READ}",
        "core | bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status "
        f"resourcequotas resourcequotas/status | {_READ}",
        f"core | namespaces | {_READ}",
        f"discovery.k8s.io | endpointslices | {_READ}",
        "apps | controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status "
        "replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status "
        f"| {_READ}",
        f"autoscaling | horizontalpodautoscalers horizontalpodautoscalers/status | {_READ}",
        f"batch | cronjobs cronjobs/status jobs jobs/status | {_READ}",
        "extensions | daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses "
        "ingresses/status networkpolicies replicasets replicasets/scale replicasets/status "
        f"replicationcontrollers/scale | {_READ}",
        f"policy | poddisruptionbudgets poddisruptionbudgets/status | {_READ}",
        f"networking.k8s.io | ingresses ingresses/status networkpolicies | {_READ}",
    ),
    "system:auth-delegator": (
        "authentication.k8s.io | tokenreviews | create",
        "authorization.k8s.io | subjectaccessreviews | create",
    ),
    "system:basic-user": (
        "authorization.k8s.io | selfsubjectaccessreviews selfsubjectrulesreviews | create",
        "authentication.k8s.io | selfsubjectreviews | create",
    ),
    "system:discovery": (
        "url /api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/ | get",
    ),
    "system:kube-dns": ("core | endpoints services | list watch", "discovery.k8s.io | endpointslices | list watch"),
    "system:kube-scheduler": (
        *_EVENTS,
        "coordination.k8s.io | leases | create",
        "coordination.k8s.io | leases | get list update watch | kube-scheduler",
        f"core | nodes | {_READ}",
        "core | pods | delete get list watch",
        "core | bindings pods/binding | create",
        "core | pods/status | patch update",
        f"core | replicationcontrollers services | {_READ}",
        f"apps extensions | replicasets | {_READ}",
        f"apps | statefulsets | {_READ}",
        f"policy | poddisruptionbudgets | {_READ}",
        f"core | persistentvolumeclaims persistentvolumes | {_READ}",
        "authentication.k8s.io | tokenreviews | create",
        "authorization.k8s.io | subjectaccessreviews | create",
        f"storage.k8s.io | csinodes | {_READ}",
        f"core | namespaces | {_READ}",
        f"storage.k8s.io | csidrivers | {_READ}",
        f"storage.k8s.io | csistoragecapacities | {_READ}",
    ),
    "system:kubelet-api-admin": (
        f"core | nodes | {_READ}",
        "core | nodes | proxy",
        "core | nodes/log nodes/metrics nodes/proxy nodes/stats | *",
    ),
    "system:monitoring": ("url /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* | get",),
    "system:node-problem-detector": ("core | nodes | get", "core | nodes/status | patch", *_EVENTS),
    "system:node-proxier": (
        "core | endpoints services | list watch",
        f"core | nodes | {_READ}",
        *_EVENTS,
        "discovery.k8s.io | endpointslices | list watch",
    ),
    "system:persistent-volume-provisioner": (
        "core | persistentvolumes | create delete get list watch",
        "core | persistentvolumeclaims | get list update watch",
        f"storage.k8s.io | storageclasses | {_READ}",
        "core | events | watch",
        *_EVENTS,
    ),
    "system:public-info-viewer": ("url /healthz /livez /readyz /version /version/ | get",),
    "system:service-account-issuer-discovery": ("url /.well-known/openid-configuration /openid/v1/jwks | get",),
    "system:volume-scheduler": (
        "core | persistentvolumes | get list patch update watch",
        f"storage.k8s.io | storageclasses | {_READ}",
        "core | persistentvolumeclaims | get list patch update watch",
    ),
}  # fmt: skip

# What the roles for people are made of: those that carry the label `aggregate-to-NAME`.
_AGGREGATED = ("admin", "edit", "view")
_LABELLED = {"edit": "admin", "view": "edit", **{f"system:aggregate-to-{name}": name for name in _AGGREGATED}}

_BINDINGS: dict[str, tuple[str, ...]] = {
    "cluster-admin": ("Group system:masters",),
    "system:basic-user": ("Group system:authenticated",),
    "system:discovery": ("Group system:authenticated",),
    "system:kube-dns": ("ServiceAccount kube-dns",),
    "system:kube-scheduler": ("User system:kube-scheduler",),
    "system:monitoring": ("Group system:monitoring",),
    "system:node-proxier": ("User system:kube-proxy",),
    "system:public-info-viewer": ("Group system:authenticated", "Group system:unauthenticated"),
    "system:service-account-issuer-discovery": ("Group system:serviceaccounts",),
    "system:volume-scheduler": ("User system:kube-scheduler",),
}
_READER = "extension-apiserver-authentication-reader"  # charts of API extensions bind to it


def aggregation_label(name: str) -> str:
    return f"{RBAC}/aggregate-to-{name}"


def ensure_roles(objects: Objects) -> None:
    """Create what is missing. What somebody has changed is left as it is."""
    for resource, namespace, obj in _wanted():
        if objects.find(resource, obj["metadata"]["name"], namespace) is None:
            if "aggregationRule" in obj:
                obj["rules"] = gathered(objects, obj)
            obj["metadata"] |= {"labels": {**_LABEL, **obj["metadata"].get("labels", {})}, "annotations": dict(_NOTE)}
            objects.create(resource, obj, namespace, field_manager=_MANAGER)


def _wanted() -> Iterator[tuple[str, str | None, Json]]:
    for name, lines in _ROLES.items():
        yield f"clusterroles.{RBAC}", None, _role(name, [_rule(line) for line in lines])
    for name in reversed(_AGGREGATED):  # each is part of the one before it
        selectors = [{"matchLabels": {aggregation_label(name): "true"}}]
        yield f"clusterroles.{RBAC}", None, {**_role(name, []), "aggregationRule": {"clusterRoleSelectors": selectors}}
    for name, subjects in _BINDINGS.items():
        reference = {"apiGroup": RBAC, "kind": "ClusterRole", "name": name}
        binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [_subject(each) for each in subjects]}
        yield f"clusterrolebindings.{RBAC}", None, binding
    reader = "core | configmaps | get list watch | extension-apiserver-authentication"
    yield f"roles.{RBAC}", "kube-system", {"metadata": {"name": _READER}, "rules": [_rule(reader)]}


def _role(name: str, rules: list[Json]) -> Json:
    labels = {aggregation_label(_LABELLED[name]): "true"} if name in _LABELLED else {}
    return {"metadata": {"name": name, "labels": labels}, "rules": rules}


def _rule(line: str) -> Json:
    first, *rest = (part.split() for part in line.split("|"))
    if first[0] == "url":
        return {"nonResourceURLs": first[1:], "verbs": rest[0]}
    groups = ["" if group == "core" else group for group in first]
    rule: Json = {"apiGroups": groups, "resources": rest[0], "verbs": rest[1]}
    return {**rule, "resourceNames": rest[2]} if len(rest) > 2 else rule


def _subject(text: str) -> Json:
    kind, _, name = text.partition(" ")
    if kind == "ServiceAccount":
        return {"kind": kind, "name": name, "namespace": "kube-system"}
    return {"kind": kind, "apiGroup": RBAC, "name": name}
