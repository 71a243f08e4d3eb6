"""kubectl with `--all`: it acts on what other releases have in the namespace, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.kubectl_deletes_data import operands
from steersman.review.rules.migration_tool_resets import short
from steersman.review.shell import scripts
from steersman.review.subject import Subject

_DOES = {"delete": "deletes", "scale": "scales", "patch": "patches"}
_KINDS = re.compile(
    r"deploy(ments?)?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|svc|services?|cm|configmaps?|ing|ingress(es)?|cj|cronjobs?"
    r"|hpa|horizontalpodautoscalers?|sa|serviceaccounts?"
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        for command in script.every_command:
            if command.name not in ("kubectl", "oc") or not ("--all" in command.words or "--all=true" in command.words):
                continue
            verb, *named = operands(command.words) or [""]
            kinds = [kind.partition(".")[0].lower() for kind in (named[0].split(",") if named else ())]
            if verb in _DOES and any(map(_KINDS.fullmatch, kinds)) and not command.option("-l", "--selector"):
                yield script.finding(
                    f"`{short(command)}` {_DOES[verb]} what other releases have in the namespace, too",
                    command.line,
                    hint="Choose by a label that only this release has: -l app.kubernetes.io/instance=NAME.",
                )


RULE = Rule("kubectl-acts-on-all", "script", Severity.WARNING, "a hook acts on its own release only", check)
