"""The network cannot reach the address."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "no-route",
    (r"(?i)No route to host|Network is unreachable|EHOSTUNREACH|ENETUNREACH",),
    problem="The address that the hook connects to cannot be reached from its Pod.",
    explanation=(
        "No route leads there: an address outside the cluster, a node or Pod that is gone, or IPv6 where there is none."
    ),
    fix="Correct the address, or use the name of a Service instead of an IP address.",
    verify=("kubectl get services --all-namespaces",),
)
