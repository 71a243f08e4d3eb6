"""Rights that Kubernetes says are missing, and the Role that would give them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from steersman.diagnose.facts import ChartObject, Facts, containers_of

REFUSAL = re.compile(
    r'User \\?"system:serviceaccount:(?P<where>[^:"]+):(?P<account>[^"\\]+)\\?" cannot (?P<verb>\w+) '
    r'(?:path \\?"(?P<path>[^"\\]+)\\?"|resource \\?"(?P<resource>[^"\\]+)\\?" in API group \\?"(?P<group>[^"\\]*)\\?" '
    r'(?:in the namespace \\?"(?P<namespace>[^"\\]+)|(?P<everywhere>at the cluster scope)))'
)
_NAME = re.compile(r'(?:^|[\s:(\\"])[a-z][\w.]* \\?"(?P<name>[^"\\]+)\\?" is forbidden: $')
# What kubectl asks for besides, once the first thing is allowed; the commands in the order in which they are looked for.
_BESIDES = {
    "apply": ("get", "create", "patch"), "rollout status": ("get", "list", "watch"), "rollout": ("get", "patch"),
    "wait": ("get", "list", "watch"), "delete": ("get", "list", "watch", "delete"), "patch": ("get", "patch"),
    "annotate": ("get", "patch"), "label": ("get", "patch"), "set": ("get", "patch"), "logs": ("get", "list"),
    "get": ("get", "list"),
}  # fmt: skip
_KUBECTL = re.compile(rf"\bkubectl\b[^;&|\n]*?\s(?P<command>{'|'.join(_BESIDES)})\b")
_AFTER = ("post-install", "post-upgrade", "post-rollback", "post-delete", "test")
_API = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that a ServiceAccount may not do. `namespace` "": in none, or in all of them."""

    account: str
    account_namespace: str
    verb: str
    resource: str = ""
    group: str = ""
    namespace: str = ""
    path: str = ""
    name: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"{self.verb} the path {self.path}"
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        named = f' "{self.name}"' if self.name else ""
        return f"{self.verb} {what}{named} " + (
            f"in namespace {self.namespace}" if self.namespace else "cluster-wide (in no namespace, or in all of them)"
        )


def missing_rights(lines: Iterable[str]) -> list[Right]:
    """All that refusals in these lines name, each once, in order."""
    found: dict[Right, None] = {}
    for line in lines:
        for match in REFUSAL.finditer(line):
            named = _NAME.search(line[: match.start()])
            found[_right(match, named["name"] if named else "")] = None
    return list(found)


def _right(match: re.Match[str], name: str) -> Right:
    part = {key: value or "" for key, value in match.groupdict().items()}
    return Right(
        part["account"],
        part["where"],
        part["verb"],
        part["resource"],
        part["group"],
        part["namespace"],
        part["path"],
        name,
    )


def verbs_besides(facts: Facts, right: Right) -> tuple[str, ...]:
    """What the hook's kubectl will ask for next on the same resource."""
    if right.path or "/" in right.resource:
        return (right.verb,)
    words = [str(word) for container in containers_of(facts.hook.spec) for key in ("command", "args")
             for word in container.get(key) or ()]  # fmt: skip
    commands = {found["command"] for found in _KUBECTL.finditer(" ".join(words))}
    likely = [_BESIDES[command] for command in sorted(commands) if right.verb in _BESIDES[command]]
    return tuple(dict.fromkeys((right.verb, *(verb for verbs in likely for verb in verbs))))


def bindings_of(facts: Facts, right: Right) -> list[ChartObject]:
    """The bindings of the chart that give the account something."""
    return [each for each in facts.chart if each.kind.endswith("RoleBinding") and right.account in each.subjects]


def comes_later(facts: Facts, binding: ChartObject) -> bool:
    """Whether the binding was not there yet when the hook ran."""
    hook = facts.hook
    if not binding.events:
        return bool(hook.event) and hook.event not in _AFTER
    return hook.event not in binding.events or binding.weight >= hook.weight


def role_that_gives(facts: Facts, rights: list[Right]) -> str:
    """The manifests, as YAML, four blanks in; hooks of a lower weight where the hook runs before the release's resources."""
    first = rights[0]
    clusterwide = not first.namespace
    kind = "ClusterRole" if clusterwide else "Role"
    own = first.account == "default"
    name, account = facts.hook.name, facts.hook.name if own else first.account
    # A binding's namespace is where the rights are; the account may be at home elsewhere.
    where = "" if clusterwide or first.namespace == facts.namespace else first.namespace
    documents = [_document("ServiceAccount", "v1", name, "", facts)] if own else []
    documents.append([*_document(kind, f"{_API}/v1", name, where, facts), "rules:", *_rules(facts, rights)])
    bound = [
        f"roleRef: {{apiGroup: {_API}, kind: {kind}, name: {name}}}",
        "subjects:",
        f"  - {{kind: ServiceAccount, name: {account}, namespace: {first.account_namespace}}}",
    ]
    documents.append([*_document(f"{kind}Binding", f"{_API}/v1", name, where, facts), *bound])
    return "\n    ---\n".join("\n".join(f"    {line}" for line in lines) for lines in documents)


def _document(kind: str, api_version: str, name: str, namespace: str, facts: Facts) -> list[str]:
    lines = [f"apiVersion: {api_version}", f"kind: {kind}", "metadata:", f"  name: {name}"]
    if namespace:
        lines.append(f"  namespace: {namespace}")
    if facts.hook.event and facts.hook.event not in _AFTER:
        weight = facts.hook.weight - 5
        lines += ["  annotations:", f"    helm.sh/hook: {_events(facts)}", f'    helm.sh/hook-weight: "{weight}"']
    return lines


def _events(facts: Facts) -> str:
    """All events that the hook runs at, not only the one at which it failed."""
    hook = (facts.hook.kind, facts.hook.name)
    events = next((each.events for each in facts.chart if (each.kind, each.name) == hook), ())
    return ",".join(events) or facts.hook.event


def _rules(facts: Facts, rights: list[Right]) -> list[str]:
    """One a resource, with all verbs; those rights that belong into the same role as the first one."""
    verbs: dict[tuple[str, str, str], dict[str, None]] = {}
    for right in rights:
        if right.namespace == rights[0].namespace:
            key = right.group, right.resource, right.path
            verbs.setdefault(key, {}).update(dict.fromkeys(verbs_besides(facts, right)))
    lines: list[str] = []
    for (group, resource, path), each in verbs.items():
        if path:
            lines.append(f'  - nonResourceURLs: ["{path}"]')
        else:
            lines += [f'  - apiGroups: ["{group}"]', f'    resources: ["{resource}"]']
        lines.append(f"    verbs: [{', '.join(each)}]")
    return lines
