"""A change that the hook makes in Kubernetes, and that somebody else makes at the same time or otherwise."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

MODIFIED = log_rule(
    "kubernetes-conflict",
    (
        r"Operation cannot be fulfilled on (?P<name>\S+ \\?\"[^\"\\]+\\?\"): (?:the object has been modified|StorageError)",
    ),
    problem="Somebody else changed {name} between the hook's reading and its writing.",
    explanation="A controller, an autoscaler or another hook writes the same object; the API server does not let "
    "a write go over a "
    "change that its writer has not seen.",
    fix="Let the hook read and write again (kubectl patch and kubectl apply --server-side do not need the version; "
    'or steersman.dev/hook-retries: "3").',
    verify=("kubectl -n {namespace} get {name} --show-managed-fields -o yaml",),
)
FIELDS = log_rule(
    "kubernetes-conflict",
    (r"Apply failed with \d+ conflicts?: (?P<name>.*)",),
    problem="Another manager owns fields that the hook applies: {name}",
    explanation="Server-side apply does not overwrite fields that somebody else has set.",
    fix="Leave the field out of what the hook applies, or overwrite it (kubectl apply --server-side --force-conflicts).",
)

find = latest_of(MODIFIED, FIELDS)
