"""A ResourceQuota or LimitRange that does not let the Pod in."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.said_rule import said_rule

QUOTA = said_rule(
    "quota",
    r"exceeded quota: (?P<quota>.*)|failed quota: (?P<failed>.*)",
    problem="The namespace's quota does not admit the hook's Pod: {quota}{failed}.",
    explanation="The ResourceQuota is used up, or it demands requests and limits that the Pod does not state.",
    fix="State resources.requests and resources.limits in {path} that fit, free some of the quota, or raise it.",
    verify=("kubectl -n {namespace} describe resourcequota",),
)
LIMIT_RANGE = said_rule(
    "limit-range",
    r"(?P<why>(?:maximum|minimum) [\w.-]+ usage per (?:Container|Pod) is .*|[\w.-]+ max limit to request ratio per .*)",
    problem="The namespace's LimitRange does not admit the hook's Pod: {why}.",
    explanation="resources.requests or resources.limits of the Pod lie outside of what the LimitRange allows.",
    fix="Set resources.requests and resources.limits of the containers in {path} within it, or change the LimitRange.",
    verify=("kubectl -n {namespace} describe limitrange",),
)


def find(facts: Facts) -> Diagnosis | None:
    return QUOTA(facts) or LIMIT_RANGE(facts)
