"""A ResourceQuota or LimitRange that does not let the Pod in."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "quota",
    r"exceeded quota: (?P<quota>[^,]+)|failed quota: (?P<failed>[^:]+)|(?:maximum|minimum) \w+ usage per (?:Container|Pod) is",
    problem="The namespace's quota does not admit the hook's Pod.",
    explanation="A ResourceQuota is used up, demands limits that the Pod does not state, or a LimitRange forbids its values.",
    fix="State resources.requests and resources.limits in {path} that fit, free some of the quota, or raise it.",
    verify=("kubectl -n {namespace} describe resourcequota,limitrange",),
)
