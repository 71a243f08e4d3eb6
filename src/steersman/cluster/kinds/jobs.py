"""Jobs and CronJobs."""

from __future__ import annotations

from typing import Any

from steersman.cluster.kinds import checks, names
from steersman.cluster.kinds.pod_defaults import default_template
from steersman.cluster.kinds.pod_rules import template_causes
from steersman.cluster.kinds.strategy import Strategy
from steersman.cluster.patch.json_patch import same
from steersman.cluster.selectors import match_labels
from steersman.cluster.status import Cause, bad_value, required, unsupported

Json = dict[str, Any]

UID_LABEL, NAME_LABEL = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"
_RESTART = ("OnFailure", "Never")
_IMMUTABLE = (
    "selector",
    "template",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
    "successPolicy",
)
_CONCURRENCY = ("Allow", "Forbid", "Replace")


def _default_spec(spec: Json) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 2**31 - 1 if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    for rule in spec.get("podFailurePolicy", {}).get("rules", ()):
        for pattern in rule.get("onPodConditions", ()):
            pattern.setdefault("status", "True")
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")


def _default(job: Json) -> None:
    spec = job.setdefault("spec", {})
    default_template(spec.setdefault("template", {}))
    _default_spec(spec)
    labels = spec["template"].get("metadata", {}).get("labels")
    if labels:
        job["metadata"].setdefault("labels", dict(labels))


def _prepare_create(job: Json) -> None:
    """A Job selects its Pods by its own uid, unless its author insists on another way."""
    job["status"] = {}
    spec = job.setdefault("spec", {})
    if spec.get("manualSelector"):
        return
    uid, name = job["metadata"]["uid"], job["metadata"].get("name", "")
    labels = spec.setdefault("template", {}).setdefault("metadata", {}).setdefault("labels", {})
    own = {UID_LABEL: uid, NAME_LABEL: name, "controller-uid": uid, "job-name": name}
    for key, value in own.items():
        labels.setdefault(key, value)
    spec.setdefault("selector", {}).setdefault("matchLabels", {}).setdefault(UID_LABEL, uid)


def _validate(job: Json) -> list[Cause]:
    spec = job["spec"]
    causes = _spec_causes(spec, "spec")
    selector, labels = spec.get("selector"), spec["template"].get("metadata", {}).get("labels", {})
    if not selector:
        causes.append(required("spec.selector"))
    if not selector or not match_labels(selector)(labels):
        detail = "`selector` does not match template `labels`"
        causes.append(bad_value("spec.template.metadata.labels", labels or None, detail))
    return causes


def _spec_causes(spec: Json, path: str) -> list[Cause]:
    causes: list[Cause] = []
    causes += checks.not_negative(
        spec, path, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished",
        "backoffLimitPerIndex", "maxFailedIndexes",
    )  # fmt: skip
    if spec.get("completionMode") == "Indexed" and spec.get("completions") is None:
        causes.append(required(f"{path}.completions", "when completion mode is Indexed"))
    causes += _indexed_only(spec, path)
    pod = spec["template"]["spec"]
    policy = f"{path}.template.spec.restartPolicy"
    # What is wrong with the policy is said once, and in the words for Jobs.
    causes += [cause for cause in template_causes(spec["template"], f"{path}.template") if cause.field != policy]
    if pod.get("restartPolicy") in ("", "Always", None):
        causes.append(required(policy, 'valid values: "OnFailure", "Never"'))
    elif pod["restartPolicy"] not in _RESTART:
        causes.append(unsupported(policy, pod["restartPolicy"], _RESTART))
    elif "podFailurePolicy" in spec and pod["restartPolicy"] != "Never":
        detail = 'only "Never" is supported when podFailurePolicy is specified'
        causes.append(bad_value(policy, pod["restartPolicy"], detail))
    return causes


def _indexed_only(spec: Json, path: str) -> list[Cause]:
    """What needs indexes, where there are none."""
    causes: list[Cause] = []
    if spec.get("completionMode") != "Indexed":
        for key in ("backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"):
            if key in spec:
                causes.append(bad_value(f"{path}.{key}", spec[key], "requires indexed completion mode"))
    if "maxFailedIndexes" in spec and "backoffLimitPerIndex" not in spec:
        causes.append(required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified"))
    return causes


def _validate_update(job: Json, old: Json) -> list[Cause]:
    new, before = job["spec"], old["spec"]
    causes: list[Cause] = []
    elastic = new.get("completionMode") == "Indexed" and new.get("completions") == new.get("parallelism")
    if new.get("completions") != before.get("completions") and not elastic:
        causes.append(bad_value("spec.completions", new.get("completions"), "field is immutable"))
    for key in _IMMUTABLE:
        if same(new.get(key), before.get(key)):
            continue
        if key == "template" and before.get("suspend") and not old.get("status", {}).get("startTime"):
            continue  # where its Pods run may still be decided
        causes.append(bad_value(f"spec.{key}", new.get(key), "field is immutable"))
    return causes


def _default_cronjob(cronjob: Json) -> None:
    spec = cronjob.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    job = spec.setdefault("jobTemplate", {}).setdefault("spec", {})
    default_template(job.setdefault("template", {}))


def _cronjob_create(cronjob: Json) -> None:
    cronjob["status"] = {}


def _validate_cronjob(cronjob: Json) -> list[Cause]:
    spec = cronjob["spec"]
    causes: list[Cause] = []
    schedule = spec.get("schedule", "")
    if not schedule:
        causes.append(required("spec.schedule"))
    else:
        causes += _schedule_causes(schedule, spec.get("timeZone"))
    causes += checks.not_negative(spec, "spec", "startingDeadlineSeconds")
    if spec.get("concurrencyPolicy") not in _CONCURRENCY:
        causes.append(unsupported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), _CONCURRENCY))
    causes += _spec_causes(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")
    return [*causes, *checks.not_negative(spec, "spec", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")]


def _schedule_causes(schedule: str, zone: str | None) -> list[Cause]:
    from zoneinfo import ZoneInfo

    from steersman.cluster.controllers import cron

    causes: list[Cause] = []
    if "TZ" in schedule:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        causes.append(bad_value("spec.schedule", schedule, detail))
    else:
        try:
            cron.parse(schedule)
        except ValueError as error:
            causes.append(bad_value("spec.schedule", schedule, str(error)))
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, LookupError):
            detail = f"unknown time zone {zone}" if zone else "timeZone must be nil or non-empty string"
            causes.append(bad_value("spec.timeZone", zone, detail))
    return causes


def _cronjob_name(name: str) -> str:
    return names.subdomain(name) or ("must be no more than 52 characters" if len(name) > 52 else "")


STRATEGIES = {
    "jobs.batch": Strategy(
        default=_default,
        prepare_create=_prepare_create,
        validate=_validate,
        validate_update=_validate_update,
        generation=True,
        propagation="Orphan",
    ),
    "cronjobs.batch": Strategy(
        default=_default_cronjob,
        prepare_create=_cronjob_create,
        validate=_validate_cronjob,
        check_name=_cronjob_name,
        generation=True,
    ),
}
