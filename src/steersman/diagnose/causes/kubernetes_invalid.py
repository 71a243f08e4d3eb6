"""An object that the hook itself gives to Kubernetes, and that is not accepted."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

find = latest_of(
    log_rule(
        "object-invalid",
        (
            r"^(?:error: )?The (?P<name>\w+ \"[^\"]+\") is invalid: (?P<why>.*)",
            r"error: error validating \"(?P<name>[^\"]+)\": (?P<why>.*)",
            r"Error from server \((?:BadRequest|Invalid)\): (?!(?:previous terminated )?container )(?P<why>.*)",
            r"(?P<why>admission webhook \"[^\"]+\" denied the request: .*)",
        ),
        problem="Kubernetes does not accept what the hook gives it: {name} {why}",
        explanation="A field is not known, is missing, has a wrong value, or cannot be changed once the object exists.",
        fix="Correct the manifest that the hook applies; try it with kubectl apply --dry-run=server.",
    ),
    log_rule(
        "usage",
        (r"error: (?P<name>no objects passed to (?:apply|create)|must specify one of -f and -k)",),
        problem="kubectl in the hook was given nothing to work on: {name}.",
        explanation="The file or the standard input is empty: a template that renders nothing, a variable that is not set.",
        fix="Let the script print what it pipes into kubectl, and begin it with `set -euo pipefail`.",
    ),
    log_rule(
        "kubernetes-not-configured",
        (
            r"error: (?P<name>You must be logged in to the server.*)"
            r"|(?P<name2>Error from server \(Unauthorized\).*|the server has asked for the client to provide credentials)",
        ),
        problem="Kubernetes does not know who the hook is: {name}{name2}",
        explanation="The token or client certificate is expired or of another cluster: a kubeconfig that was put "
        "into a Secret once.",
        fix="Let the hook use its ServiceAccount (no KUBECONFIG, automountServiceAccountToken: true), or renew the kubeconfig.",
        verify=("kubectl -n {namespace} get serviceaccounts",),
    ),
)
