"""kubectl or helm in a hook that has no credentials for the cluster it runs in."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "kubernetes-not-configured",
    (
        r"The connection to the server localhost:8080 was refused",
        r"(?i)kubernetes cluster unreachable: .*localhost:8080",
        r"Unable to connect to the server: .*localhost:8080",
        r"invalid configuration: no configuration has been provided",
        r"unable to load in-cluster configuration",
    ),
    problem="The program in the hook found no credentials for Kubernetes, and asked localhost:8080 instead of the cluster.",
    explanation="Inside a Pod, kubectl and helm use the token of its ServiceAccount. There is none in this container: "
    "automountServiceAccountToken is false (in the Pod or its ServiceAccount), or KUBECONFIG names a file that is not there.",
    fix="In {path}: name a ServiceAccount that may do what the hook does (serviceAccountName), and leave "
    "automountServiceAccountToken true; remove KUBECONFIG from its environment.",
    verify=("kubectl -n {namespace} get serviceaccounts -o yaml",),
)
