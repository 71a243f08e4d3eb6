"""The hook itself asks Kubernetes for what it may not do."""

from __future__ import annotations

from dataclasses import replace

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import log_rule
from steersman.diagnose.rights import Right, bindings_of, comes_later, missing_rights, role_that_gives

_read = log_rule(
    "kubernetes-forbidden",
    (
        r'(?P<name>\S+(?: "[^"]+")? is forbidden: User "system:serviceaccount:[^"]+" cannot .*)',
        r'(?P<name>forbidden: User \\?"system:serviceaccount:[^"]+" cannot .*)',
        r"Error from server \(Forbidden\): (?P<name>.*)",
    ),
    problem="The hook's ServiceAccount may not do this: {name}.",
    explanation="The program in the hook talks to the Kubernetes API with a ServiceAccount that no Role allows it.",
    fix=(
        "Give the ServiceAccount a Role and RoleBinding with that verb and resource (as hooks of a lower "
        "weight, if the hook runs before the release's resources), and name it in serviceAccountName."
    ),
    verify=("kubectl auth can-i --list --as=system:serviceaccount:{namespace}:NAME -n {namespace}",),
)


def find(facts: Facts) -> Diagnosis | None:
    found = _read(facts)
    if found is None:
        return None
    rights = missing_rights(facts.logs)
    if not rights:
        return found
    last = rights[-1]
    # What the hook failed on comes last; what else was refused on the way belongs into the same Role.
    ordered = [
        last,
        *(right for right in rights[:-1] if (right.account, right.namespace) == (last.account, last.namespace)),
    ]
    who = f"system:serviceaccount:{last.account_namespace}:{last.account}"
    return replace(
        found,
        problem=f"The hook's ServiceAccount {last.account} may not {last}.",
        explanation=_explanation(facts, last),
        fix=_fix(facts, ordered),
        verify=(_question(last, who), *again(facts)),
    )


def _explanation(facts: Facts, right: Right) -> str:
    bindings = bindings_of(facts, right)
    late = [each for each in bindings if comes_later(facts, each)]
    if late:
        named = late[0]
        how = (
            f"as a hook of {', '.join(named.events)} with weight {named.weight}"
            if named.events
            else "as an ordinary resource"
        )
        when = f"and this {facts.hook.event} hook of weight {facts.hook.weight} runs before that"
        return f"This chart does give the account rights, with {named.kind} {named.name} ({named.path}), but {how}, {when}."
    if bindings:
        names = ", ".join(f"{each.kind} {each.name} ({each.path})" for each in bindings)
        return f"This chart gives the account rights with {names}, but the role named there lacks this one."
    if right.account == "default":
        return (
            "The hook names no ServiceAccount of its own, so that its Pod has the one called default, which no Role allows "
            "anything."
        )
    return "The program in the hook talks to the Kubernetes API with a ServiceAccount that no Role allows this."


def _fix(facts: Facts, rights: list[Right]) -> str:
    right = rights[0]
    late = [each for each in bindings_of(facts, right) if comes_later(facts, each)]
    path = facts.hook.path or f"the template of {facts.hook.name}"
    manifests = role_that_gives(facts, rights)
    if late and facts.hook.event:
        return (
            f"Make {late[0].kind} {late[0].name} ({late[0].path}), its role and the ServiceAccount hooks of {facts.hook.event} "
            f"with a weight below {facts.hook.weight}. What the hook needs:\n{manifests}"
        )
    if right.account == "default":
        return f"Add to the chart, and set serviceAccountName: {facts.hook.name} in {path}:\n{manifests}"
    return f"Add to the chart (or to the role that the account has):\n{manifests}"


def _question(right: Right, who: str) -> str:
    if right.path:
        return f"kubectl auth can-i {right.verb} {right.path} --as={who}"
    resource, _, subresource = right.resource.partition("/")
    what = f"{resource}.{right.group}" if right.group else resource
    what += f" --subresource={subresource}" if subresource else ""
    return (
        f"kubectl auth can-i {right.verb} {what} "
        + (f"-n {right.namespace}" if right.namespace else "-A")
        + f" --as={who}"
    )
