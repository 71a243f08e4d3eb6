"""A Secret, ConfigMap, key, ServiceAccount or claim that the hook names and that is not there, or not yet."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again, closest, describe_command
from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import ChartObject, Facts, ReferenceFacts
from steersman.diagnose.reading import search_said

_SAID = re.compile(
    r'(?P<kind>secret|configmap|persistentvolumeclaim|serviceaccount|serviceaccounts?) "(?P<name>[^"]+)" not found'
    r"|couldn't find key (?P<key>\S+) in (?P<keykind>Secret|ConfigMap) (?:[^/\s]+/)?(?P<keyname>[^\s\"]+)"
    r"|references non-existent (?P<projectedkind>secret|config) key: (?P<projected>\S+)"
    r"|error looking up service account (?:[^/\s]+/)?(?P<account>[^\s:]+)",
    re.IGNORECASE,
)
_KINDS = {
    "secret": "Secret",
    "configmap": "ConfigMap",
    "config": "ConfigMap",
    "persistentvolumeclaim": "PersistentVolumeClaim",
    "serviceaccount": "ServiceAccount",
    "serviceaccounts": "ServiceAccount",
}


def find(facts: Facts) -> Diagnosis | None:
    said = search_said(facts, _SAID)
    missing = [each for each in facts.references if each.exists is False and not each.optional]
    if said is None:
        # Something named that is not there now may have been there when the hook ran: only a container that never ran says so.
        if not missing or facts.logs or any(each.exit_code is not None for each in facts.containers):
            return None
        return _diagnosis(facts, missing[0], (), Confidence.MEDIUM)
    match, evidence = said
    reference = _named(match, missing, facts)
    return _diagnosis(facts, reference, (evidence,), Confidence.HIGH)


def _named(match: re.Match[str], missing: list[ReferenceFacts], facts: Facts) -> ReferenceFacts:
    found = match.groupdict()
    if found["account"]:
        kind, name, key = "ServiceAccount", found["account"], ""
    elif found["key"]:
        kind, name, key = _KINDS[found["keykind"].lower()], found["keyname"], found["key"]
    elif found["projected"]:
        kind, name, key = _KINDS[found["projectedkind"].lower()], "", found["projected"]
    else:
        kind, name, key = _KINDS[found["kind"].lower()], found["name"], ""
    known = [*missing, *facts.references]
    return next(
        (each for each in known if each.kind == kind and each.key == key and (not name or each.name == name)),
        ReferenceFacts(kind, name, key, exists=False),
    )


def _diagnosis(facts: Facts, missing: ReferenceFacts, evidence: tuple[Evidence, ...], sure: Confidence) -> Diagnosis:
    what = f"{missing.kind} {missing.name}"
    problem = f"{what} does not exist in namespace {facts.namespace}."
    if missing.key:
        problem = f"{what} has no key {missing.key}."
    named = f" It is named in {missing.where}." if missing.where else ""
    explanation, fix = _reason(facts, missing, what)
    verb = f"get {missing.kind.lower()} {missing.name}"
    data = (
        "jsonpath='{.data}'" if missing.kind == "ConfigMap" else "go-template='{{range $k, $v := .data}}{{$k}} {{end}}'"
    )
    verb += f" -o {data}" if missing.key else ""
    cause = f"{'key' if missing.key else _word(missing.kind)}-missing"
    return Diagnosis(
        cause=cause,
        confidence=sure,
        problem=problem,
        explanation=explanation + named,
        evidence=evidence or (Evidence("cluster", f"{what} was looked for and is not there"),),
        fix=fix,
        verify=(f"kubectl -n {facts.namespace} {verb}", describe_command(facts), *again(facts)),
    )


def _reason(facts: Facts, missing: ReferenceFacts, what: str) -> tuple[str, str]:
    chart = next((each for each in facts.chart if (each.kind, each.name) == (missing.kind, missing.name)), None)
    if missing.key and (chart is None or missing.key not in chart.keys):
        keys = ", ".join(missing.keys) or "none"
        like = closest(missing.key, missing.keys)
        meant = f" Probably {like} is meant." if like else ""
        return (
            f"The container cannot start without it. The keys that {what} has: {keys}.{meant}",
            f"Name {like or 'one of these keys'} in {missing.where or facts.hook.path}, or add the key {missing.key} "
            f"to {what}.",
        )
    if chart is not None:
        return _later(facts, chart, what)
    exist = facts.objects.get(missing.kind, ())
    like = closest(missing.name, exist)
    meant = f" There is a {missing.kind} {like}: probably that one is meant." if like else ""
    return (
        f"The hook's Pod cannot start without it, and this chart does not create it.{meant}",
        f"Name {like} in {missing.where or facts.hook.path}, or create {what} before."
        if like
        else f"Create {what} in namespace {facts.namespace} before, or add it to the chart as a hook of a lower weight.",
    )


def _later(facts: Facts, chart: ChartObject, what: str) -> tuple[str, str]:
    """The chart does create it: why it was not there when the hook ran."""
    hook = facts.hook
    as_hook = (
        f"Make it a hook of the same event and a lower weight, in {chart.path or 'its template'}:\n"
        f'    annotations:\n      "helm.sh/hook": {hook.event or "pre-install,pre-upgrade"}\n'
        f'      "helm.sh/hook-weight": "{hook.weight - 5}"\n'
        "(a hook is not part of the release's resources any more; if the application needs it too, keep a second, "
        "ordinary one), "
        "or make this hook a post hook."
    )
    if not chart.events:
        return (
            f"This chart does create {what} ({chart.path}), but as an ordinary resource: those are created only after all "
            f"{hook.event or 'pre'} hooks have ended.",
            as_hook,
        )
    if hook.event in chart.events and chart.weight >= hook.weight:
        return (
            f"This chart does create {what} ({chart.path}), but as a hook of weight {chart.weight}, after this one of weight "
            f"{hook.weight}.",
            f'Give it a lower weight: "helm.sh/hook-weight": "{hook.weight - 5}" in {chart.path}.',
        )
    if hook.event not in chart.events:
        return (
            f"This chart does create {what} ({chart.path}), but as a hook of {', '.join(chart.events)}, not of {hook.event}.",
            f'Add {hook.event} to its "helm.sh/hook" annotation, with a weight lower than {hook.weight}.',
        )
    return (
        f"This chart creates {what} ({chart.path}) as an earlier hook, and it is gone again: its delete policy "
        f"({', '.join(chart.delete_policies) or 'before-hook-creation'}) or somebody removed it.",
        "Do not delete it with hook-succeeded, as long as later hooks need it.",
    )


def _word(kind: str) -> str:
    return {"PersistentVolumeClaim": "claim", "ServiceAccount": "service-account", "ConfigMap": "config-map"}.get(
        kind, kind.lower()
    )
