"""A hook's Pod with more power over its node than a task in a database or an API needs."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.lines import Path
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list, as_object, entries
from steersman.review.subject import Item, Subject

HOST = ("hostNetwork", "hostPID", "hostIPC")
STRONG = ("ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "NET_ADMIN", "DAC_READ_SEARCH")


def check(subject: Subject) -> Iterator[Finding]:
    for hook in subject.running_hooks:
        for message, path in powers(hook):
            yield hook.finding(message, path, hint="Leave it out, or accept it with the reason why the hook needs it.")


def powers(hook: Item) -> Iterator[tuple[str, Path]]:
    for field in HOST:
        if hook.pod_spec.get(field) is True:
            yield f"{field}: the Pod lives in its node's namespaces", (*hook.pod_path, field)
    for at, volume in entries(hook.pod_spec.get("volumes")):
        if volume.get("hostPath"):
            yield "hostPath: the Pod sees its node's files", (*hook.pod_path, "volumes", at)
    for container in hook.containers:
        context = as_object(container.spec.get("securityContext"))
        if context.get("privileged") is True:
            yield (
                f"container {container.name} is privileged: it is root on its node",
                (*container.path, "securityContext"),
            )
        added = as_list(as_object(context.get("capabilities")).get("add"))
        if strong := [name for name in added if str(name).removeprefix("CAP_") in STRONG]:
            yield f"container {container.name} adds {', '.join(strong)}", (*container.path, "securityContext")


RULE = Rule("hook-privileges", "pod", Severity.WARNING, "a hook has no power over its node", check)
