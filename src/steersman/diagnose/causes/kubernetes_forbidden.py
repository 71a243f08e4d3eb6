"""The hook itself asks Kubernetes for what it may not do."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "kubernetes-forbidden",
    (
        r'(?P<name>\S+ is forbidden: User "system:serviceaccount:[^"]+" cannot .*)',
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
