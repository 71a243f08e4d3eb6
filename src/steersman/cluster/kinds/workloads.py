"""Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from steersman.cluster.kinds import checks
from steersman.cluster.kinds.pod_defaults import default_template
from steersman.cluster.kinds.pod_rules import template_causes, template_labels_causes
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.patch.json_patch import same
from steersman.cluster.status import Cause, bad_value, forbidden_field, required, unsupported

Json = dict[str, Any]

# A field of former versions: how many templates a DaemonSet has had.
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_STATEFULSET_MUTABLE = ("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
                        "persistentVolumeClaimRetentionPolicy", "minReadySeconds")  # fmt: skip
_DAEMON_COUNTS = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
_STATEFULSET_FROZEN = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def _spec(obj: Json) -> Json:
    spec: Json = obj.setdefault("spec", {})
    default_template(spec.setdefault("template", {}))
    return spec


def _deployment(obj: Json) -> None:
    spec = _spec(obj)
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def _replicaset(obj: Json) -> None:
    _spec(obj).setdefault("replicas", 1)


def _replicationcontroller(obj: Json) -> None:
    spec = _spec(obj)
    spec.setdefault("replicas", 1)
    labels = spec["template"].get("metadata", {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        obj["metadata"].setdefault("labels", dict(labels))


def _statefulset(obj: Json) -> None:
    spec = _spec(obj)
    spec.setdefault("replicas", 1)
    spec.setdefault("podManagementPolicy", "OrderedReady")
    update = spec.setdefault("updateStrategy", {})
    update.setdefault("type", "RollingUpdate")
    if update["type"] == "RollingUpdate":
        update.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    for claim in spec.get("volumeClaimTemplates", ()):
        claim["kind"], claim["apiVersion"] = "PersistentVolumeClaim", "v1"
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {}).setdefault("phase", "Pending")


def _daemonset(obj: Json) -> None:
    spec = _spec(obj)
    update = spec.setdefault("updateStrategy", {})
    update.setdefault("type", "RollingUpdate")
    if update["type"] == "RollingUpdate":
        rolling = update.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)
    annotations = obj["metadata"].get("annotations") or {}
    obj["metadata"]["annotations"] = {TEMPLATE_GENERATION: "0", **annotations}


def _create_daemonset(obj: Json) -> None:
    obj["status"] = dict.fromkeys(_DAEMON_COUNTS, 0)
    annotations = obj["metadata"]["annotations"]
    if annotations[TEMPLATE_GENERATION] in ("", "0"):
        annotations[TEMPLATE_GENERATION] = "1"


def _update_daemonset(obj: Json, old: Json) -> None:
    """Nobody but the server counts templates."""
    before = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1"))
    changed = not same(obj["spec"]["template"], old["spec"]["template"])
    obj["metadata"]["annotations"][TEMPLATE_GENERATION] = str(before + changed)


def _validate(obj: Json, word: str = "deployment") -> list[Cause]:
    spec = obj["spec"]
    causes = list(checks.not_negative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit"))
    labels = spec["template"].get("metadata", {}).get("labels", {})
    selector = spec.get("selector")
    if selector is None:
        causes.append(required("spec.selector"))
        causes.append(
            bad_value("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")
        )
    elif not (selector.get("matchLabels") or selector.get("matchExpressions")):
        causes.append(bad_value("spec.selector", selector, f"empty selector is invalid for {word}"))
    elif wrong := checks.label_selector(selector, "spec.selector"):
        causes += wrong
        if selector.get("matchExpressions"):
            causes.append(bad_value("spec.selector", selector, "invalid label selector"))
    else:
        causes += template_labels_causes(selector, labels, "spec")
    return causes + _template(spec)


def _validate_deployment(obj: Json) -> list[Cause]:
    spec, path = obj["spec"], "spec.strategy"
    strategy: Json = spec["strategy"]
    causes = _validate(obj)
    rolling: Any = strategy.get("rollingUpdate")
    if strategy["type"] == "Recreate":
        if rolling is not None:
            detail = "may not be specified when strategy `type` is 'Recreate'"
            causes.append(forbidden_field(f"{path}.rollingUpdate", detail))
    elif strategy["type"] == "RollingUpdate":
        path += ".rollingUpdate"
        missing, surge = rolling["maxUnavailable"], rolling["maxSurge"]
        causes += checks.count_or_percent(missing, f"{path}.maxUnavailable")
        causes += checks.count_or_percent(surge, f"{path}.maxSurge")
        if checks.zero(missing) and checks.zero(surge):
            causes.append(bad_value(f"{path}.maxUnavailable", missing, "may not be 0 when `maxSurge` is 0"))
        causes += checks.at_most_all(missing, f"{path}.maxUnavailable")
    else:
        shown = {"Type": strategy["type"], "RollingUpdate": rolling}
        causes.append(unsupported(path, shown, ("Recreate", "RollingUpdate")))
    causes += checks.not_negative(spec, "spec", "progressDeadlineSeconds")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        causes.append(bad_value("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"))
    return causes


def _validate_statefulset(obj: Json) -> list[Cause]:
    spec, causes = obj["spec"], []
    if spec["podManagementPolicy"] not in ("OrderedReady", "Parallel"):
        detail = "must be 'OrderedReady' or 'Parallel'"
        causes.append(bad_value("spec.podManagementPolicy", spec["podManagementPolicy"], detail))
    update: Json = spec["updateStrategy"]
    rolling: Any = update.get("rollingUpdate")
    if update["type"] == "OnDelete":
        if rolling is not None:
            shown: Json = {"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")}
            detail = "only allowed for updateStrategy 'RollingUpdate'"
            causes.append(bad_value("spec.updateStrategy.rollingUpdate", shown, detail))
    elif update["type"] == "RollingUpdate":
        causes += checks.not_negative(rolling, "spec.updateStrategy.rollingUpdate", "partition")
    else:
        shown = {"Type": update["type"], "RollingUpdate": rolling}
        causes.append(bad_value("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'"))
    return causes + _validate(obj, "statefulset")


def _validate_daemonset(obj: Json) -> list[Cause]:
    causes, path = _validate(obj, "daemonset"), "spec.updateStrategy"
    update: Json = obj["spec"]["updateStrategy"]
    rolling: Any = update.get("rollingUpdate")
    if update["type"] not in ("RollingUpdate", "OnDelete"):
        shown = {"Type": update["type"], "RollingUpdate": rolling}
        return [*causes, unsupported(path, shown, ("RollingUpdate", "OnDelete"))]
    if update["type"] == "RollingUpdate":
        path += ".rollingUpdate"
        missing, surge = rolling["maxUnavailable"], rolling["maxSurge"]
        causes += checks.count_or_percent(missing, f"{path}.maxUnavailable")
        causes += checks.count_or_percent(surge, f"{path}.maxSurge")
        if checks.zero(missing) and checks.zero(surge):
            causes.append(required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
        elif not checks.zero(missing) and not checks.zero(surge):
            causes.append(bad_value(f"{path}.maxSurge", surge, "may not be set when maxUnavailable is non-zero"))
    return causes


def _template(spec: Json) -> list[Cause]:
    pod = spec["template"]["spec"]
    # A StatefulSet's claims are volumes of its Pods too.
    claims = [{"name": claim.get("metadata", {}).get("name")} for claim in spec.get("volumeClaimTemplates", ())]
    named = {volume.get("name") for volume in pod.get("volumes", ())}
    volumes = [*pod.get("volumes", ()), *(claim for claim in claims if claim["name"] not in named)]
    causes = template_causes({**spec["template"], "spec": {**pod, "volumes": volumes}}, "spec.template")
    if pod.get("restartPolicy") != "Always":
        causes.append(unsupported("spec.template.spec.restartPolicy", pod.get("restartPolicy"), ("Always",)))
    if pod.get("activeDeadlineSeconds") is not None:
        detail = "activeDeadlineSeconds in ReplicaSet is not Supported"
        causes.append(forbidden_field("spec.template.spec.activeDeadlineSeconds", detail))
    return causes


def _validate_controller(obj: Json) -> list[Cause]:
    spec = obj["spec"]
    labels = spec["template"].get("metadata", {}).get("labels", {})
    if not spec.get("selector"):
        return [required("spec.selector"), *_template(spec)]
    return template_labels_causes({"matchLabels": spec["selector"]}, labels, "spec") + _template(spec)


def _same_selector(obj: Json, old: Json) -> list[Cause]:
    if same(obj["spec"].get("selector"), old["spec"].get("selector")):
        return []
    return [bad_value("spec.selector", obj["spec"].get("selector"), "field is immutable")]


def _statefulset_update(obj: Json, old: Json) -> list[Cause]:
    new, before = copy.copy(obj["spec"]), copy.copy(old["spec"])
    for key in _STATEFULSET_MUTABLE:
        new.pop(key, None)
        before.pop(key, None)
    return [] if same(new, before) else [forbidden_field("spec", _STATEFULSET_FROZEN)]


def _clear_status(obj: Json) -> None:
    obj["status"] = {}


def _count_status(**counts: int) -> Callable[[Json], None]:
    """Go prints these counters even while they are zero."""

    def reset(obj: Json) -> None:
        obj["status"] = dict(counts)

    return reset


STRATEGIES = {
    "deployments.apps": Strategy(
        default=_deployment,
        prepare_create=_clear_status,
        validate=_validate_deployment,
        validate_update=_same_selector,
        generation=True,
        annotated_generation=True,
    ),
    "replicasets.apps": Strategy(
        default=_replicaset,
        prepare_create=_count_status(replicas=0),
        validate=_validate,
        validate_update=_same_selector,
        generation=True,
    ),
    "statefulsets.apps": Strategy(
        default=_statefulset,
        prepare_create=_count_status(replicas=0, availableReplicas=0),
        validate=_validate_statefulset,
        validate_update=_statefulset_update,
        generation=True,
    ),
    "daemonsets.apps": Strategy(
        default=_daemonset,
        prepare_create=_create_daemonset,
        prepare_update=_update_daemonset,
        validate=_validate_daemonset,
        validate_update=_same_selector,
        generation=True,
    ),
    "replicationcontrollers": Strategy(
        default=_replicationcontroller,
        prepare_create=_count_status(replicas=0),
        validate=_validate_controller,
        generation=True,
    ),
}
