"""The hook itself asks Kubernetes for what is not there."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "kubernetes-not-found",
    (
        r'Error from server \(NotFound\): (?P<kind>[\w.]+) "(?P<name>[^"]+)" not found',
        r"error: (?P<kind>the server doesn't have a resource type) \"(?P<name>[^\"]+)\"",
        r"error: (?P<kind>timed out waiting for the condition) on (?P<name>\S+)",
        r"error: (?P<kind>no matching resources found)",
    ),
    problem="The hook asked Kubernetes for something that is not there: {kind} {name}.",
    explanation="kubectl in the hook works; the object it asks for does not exist (yet) in the namespace it asks "
    "in. A pre hook "
    "runs before the release's own resources are created.",
    fix="Correct name and namespace (-n), or make the hook a post-install/post-upgrade one, if the object is this "
    "release's own.",
    verify=("kubectl -n {namespace} get {kind}",),
)
