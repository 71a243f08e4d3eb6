"""The hook itself asks Kubernetes for what is not there."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

_kind = log_rule(
    "kubernetes-not-found",
    (
        r'no matches for kind "(?P<kind>[^"]+)" in version "(?P<version>[^"]+)"',
        r"unable to recognize .*: no matches for (?P<kind>\S+)",
    ),
    problem="The hook asked Kubernetes for a kind that it does not know: {kind} {version}.",
    explanation="The CustomResourceDefinition of that kind is not installed (yet), or the API version is a wrong or removed one.",
    fix="Install what brings the kind before this hook runs (`crds/` of the chart, a hook of lower weight), or correct "
    "apiVersion and kind.",
    verify=("kubectl api-resources", "kubectl get crds"),
)
_object = log_rule(
    "kubernetes-not-found",
    (
        r'Error from server \(NotFound\): (?P<kind>[\w.]+) "(?P<name>[^"]+)" not found',
        r"error: (?P<kind>the server doesn't have a resource type) \"(?P<name>[^\"]+)\"",
        r"An error occurred: (?P<kind>[\w.]+) \"(?P<name>[^\"]+)\" not found",
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

find = latest_of(_kind, _object)
