"""A hook that waits for a workload of the chart which Helm creates only after the hook."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.kubectl_deletes_data import operands
from steersman.review.shell import scripts
from steersman.review.subject import Subject
from steersman.review.timeline import moments

_KINDS = {
    **dict.fromkeys(("deployment", "deployments", "deploy"), "Deployment"),
    **dict.fromkeys(("statefulset", "statefulsets", "sts"), "StatefulSet"),
    **dict.fromkeys(("daemonset", "daemonsets", "ds"), "DaemonSet"),
    **dict.fromkeys(("job", "jobs"), "Job"),
}


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not script.item.is_awaited:
            continue
        for command in script.every_command:
            for kind, name in _awaited(command):
                makers = list(subject.named(kind, name))
                absent = (
                    each for each in moments(subject, script.item) if not any(item in each.present for item in makers)
                )
                moment = next(absent, None) if makers and script.item not in makers else None
                if moment is not None:
                    yield script.finding(
                        f"it waits for {kind}/{name}, which {moment.why_absent(makers[0])}: this never ends well",
                        command.line,
                        hint="Wait in a post-install or post-upgrade hook, or leave it to --wait.",
                    )


def _awaited(command: Command) -> Iterator[tuple[str, str]]:
    """The objects that a `kubectl wait` or `kubectl rollout status` waits for."""
    if command.name not in ("kubectl", "oc") or any("delete" in word for word in command.words):
        return
    verb, *rest = operands(command.words) or [""]
    if verb == "rollout" and rest[:1] == ["status"]:
        rest = rest[1:]
    elif verb != "wait":
        return
    kind = _KINDS.get(rest[0].partition(".")[0].lower()) if rest else None
    for word in rest:
        head, slash, name = word.partition("/")
        if slash and head.partition(".")[0].lower() in _KINDS:
            yield _KINDS[head.partition(".")[0].lower()], name
        elif kind and word != rest[0]:
            yield kind, word


RULE = Rule(
    "waits-for-later-workload", "lifecycle", Severity.ERROR, "no hook waits for what Helm creates only after it", check
)
