"""The rows of what belongs to the cluster: nodes, namespaces, storage, configuration, access, events."""

from __future__ import annotations

from typing import Any

from steersman.cluster.tables.ages import age
from steersman.cluster.tables.printer import NONE, Column, Json, Printer, columns, name, obj_age

_ROLE_PREFIX = "node-role.kubernetes.io/"
_ACCESS = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _namespace(obj: Json) -> list[Any]:
    return [name(obj), obj.get("status", {}).get("phase", ""), obj_age(obj)]


def _node(obj: Json) -> list[Any]:
    spec, status = obj.get("spec", {}), obj.get("status", {})
    ready = [item["status"] for item in status.get("conditions", ()) if item["type"] == "Ready"]
    words = ["Ready" if ready == ["True"] else "NotReady" if ready else "Unknown"]
    if spec.get("unschedulable"):
        words.append("SchedulingDisabled")
    roles = sorted(
        key.removeprefix(_ROLE_PREFIX) for key in obj["metadata"].get("labels", {}) if key.startswith(_ROLE_PREFIX)
    )
    info = status.get("nodeInfo", {})
    addresses = {item["type"]: item["address"] for item in status.get("addresses", ())}
    unknown = "<unknown>"
    kernel = info.get("kernelVersion") or unknown
    if info.get("architecture"):
        kernel = f"{kernel} ({info['architecture']})"
    return [
        name(obj),
        ",".join(words),
        ",".join(roles) or NONE,
        obj_age(obj),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or unknown,
        kernel,
        info.get("containerRuntimeVersion") or unknown,
    ]


def _event(obj: Json) -> list[Any]:
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    last = obj.get("lastTimestamp") or obj.get("eventTime")
    series = obj.get("series")
    count = obj.get("count") or 1
    if series:
        last, count = series.get("lastObservedTime"), series.get("count", 1)
    source = obj.get("source", {})
    component = source.get("component") or obj.get("reportingComponent", "")
    host = source.get("host") or obj.get("reportingInstance", "")
    target = obj.get("involvedObject", {})
    return [
        age(last),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{target.get('kind', '').lower()}/{target.get('name', '')}",
        target.get("fieldPath", ""),
        ", ".join(part for part in (component, host) if part),
        obj.get("message", "").strip(),
        age(first),
        count,
        name(obj),
    ]


def _data(obj: Json) -> list[Any]:
    return [name(obj), len(obj.get("data", {})) + len(obj.get("binaryData", {})), obj_age(obj)]


def _secret(obj: Json) -> list[Any]:
    return [name(obj), obj.get("type", ""), len(obj.get("data", {})), obj_age(obj)]


def _name_and_age(obj: Json) -> list[Any]:
    return [name(obj), obj_age(obj)]


def _modes(modes: list[str]) -> str:
    return ",".join(_ACCESS[mode] for mode in _ACCESS if mode in modes)


def _volume(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    claim = spec.get("claimRef")
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        name(obj),
        spec.get("capacity", {}).get("storage", ""),
        _modes(spec.get("accessModes", [])),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or "<unset>",
        status.get("reason", ""),
        obj_age(obj),
        spec.get("volumeMode") or "<unset>",
    ]


def _claim(obj: Json) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    bound = bool(spec.get("volumeName"))
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    return [
        name(obj),
        phase,
        spec.get("volumeName", ""),
        status.get("capacity", {}).get("storage", "") if bound else "",
        _modes(status.get("accessModes", [])) if bound else "",
        spec.get("storageClassName", ""),
        spec.get("volumeAttributesClassName") or "<unset>",
        obj_age(obj),
        spec.get("volumeMode") or "<unset>",
    ]


def _storage_class(obj: Json) -> list[Any]:
    shown = name(obj)
    if obj["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true":
        shown += " (default)"
    policies = [obj.get("reclaimPolicy", "Delete"), obj.get("volumeBindingMode", "Immediate")]
    return [shown, obj.get("provisioner", ""), *policies, bool(obj.get("allowVolumeExpansion")), obj_age(obj)]


def _binding(obj: Json) -> list[Any]:
    subjects: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in obj.get("subjects", ()):
        shown = (
            f"{subject.get('namespace', '')}/{subject['name']}"
            if subject["kind"] == "ServiceAccount"
            else subject["name"]
        )
        subjects.setdefault(subject["kind"], []).append(shown)
    who = [", ".join(subjects[kind]) for kind in ("User", "Group", "ServiceAccount")]
    return [name(obj), f"{obj['roleRef']['kind']}/{obj['roleRef']['name']}", obj_age(obj), *who]


def _created(obj: Json) -> list[Any]:
    return [name(obj), obj["metadata"].get("creationTimestamp", "")]


def _quota(obj: Json) -> list[Any]:
    status = obj.get("status", {})
    hard, used = status.get("hard", {}), status.get("used", {})
    shown: dict[bool, list[str]] = {True: [], False: []}
    for key in sorted(hard):
        shown[key.startswith("limits.")].append(f"{key}: {used.get(key, '0')}/{hard[key]}")
    return [name(obj), ", ".join(shown[False]), ", ".join(shown[True]), obj_age(obj)]


def _lease(obj: Json) -> list[Any]:
    return [name(obj), obj.get("spec", {}).get("holderIdentity", ""), obj_age(obj)]


def _priority(obj: Json) -> list[Any]:
    policy = obj.get("preemptionPolicy", "")
    return [name(obj), obj.get("value", 0), bool(obj.get("globalDefault")), obj_age(obj), policy]


def _runtime(obj: Json) -> list[Any]:
    return [name(obj), obj.get("handler", ""), obj_age(obj)]


def _webhooks(obj: Json) -> list[Any]:
    return [name(obj), len(obj.get("webhooks", ())), obj_age(obj)]


def _api_service(obj: Json) -> list[Any]:
    service = obj.get("spec", {}).get("service")
    shown = f"{service['namespace']}/{service['name']}" if service else "Local"
    available = next(
        (item for item in obj.get("status", {}).get("conditions", ()) if item["type"] == "Available"), None
    )
    state = "Unknown"
    if available is not None:
        state = available["status"]
        if state != "True":
            state = f"{state} ({available.get('reason', '')})"
    return [name(obj), shown, state, obj_age(obj)]


_CREATED = (Column("Name", format="name"), Column("Created At", "date"))
_BINDINGS = columns("Name|Role|Age|Users*|Groups*|ServiceAccounts*")
RBAC = "rbac.authorization.k8s.io"
ADMISSION = "admissionregistration.k8s.io"

PRINTERS = {
    "namespaces": Printer(columns("Name|Status|Age"), _namespace),
    "nodes": Printer(
        columns("Name|Status|Roles|Age|Version|Internal-IP*|External-IP*|OS-Image*|Kernel-Version*|Container-Runtime*"),
        _node,
    ),
    "events": Printer(
        columns("Last Seen|Type|Reason|Object|Subobject*|Source*|Message|First Seen*|Count*|Name*"), _event
    ),
    "configmaps": Printer(columns("Name|Data|Age"), _data),
    "secrets": Printer(columns("Name|Type|Data|Age"), _secret),
    "serviceaccounts": Printer(columns("Name|Age"), _name_and_age),
    "persistentvolumes": Printer(
        columns(
            "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age"
            "|VolumeMode*"
        ),
        _volume,
    ),
    "persistentvolumeclaims": Printer(
        columns("Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*"), _claim
    ),
    "storageclasses.storage.k8s.io": Printer(
        columns("Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"), _storage_class
    ),
    f"rolebindings.{RBAC}": Printer(_BINDINGS, _binding),
    f"clusterrolebindings.{RBAC}": Printer(_BINDINGS, _binding),
    "resourcequotas": Printer(columns("Name|Request|Limit|Age"), _quota),
    "leases.coordination.k8s.io": Printer(columns("Name|Holder|Age"), _lease),
    "priorityclasses.scheduling.k8s.io": Printer(columns("Name|Value|Global-Default|Age|PreemptionPolicy"), _priority),
    "runtimeclasses.node.k8s.io": Printer(columns("Name|Handler|Age"), _runtime),
    f"mutatingwebhookconfigurations.{ADMISSION}": Printer(columns("Name|Webhooks|Age"), _webhooks),
    f"validatingwebhookconfigurations.{ADMISSION}": Printer(columns("Name|Webhooks|Age"), _webhooks),
    "apiservices.apiregistration.k8s.io": Printer(columns("Name|Service|Available|Age"), _api_service),
}

# Roles, LimitRanges, CRDs and whatever else has no printer of its own.
PLAIN = Printer(_CREATED, _created)
