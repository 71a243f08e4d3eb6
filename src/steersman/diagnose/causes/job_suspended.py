"""A Job that is never started."""

from __future__ import annotations

from steersman.diagnose.said_rule import said_rule

find = said_rule(
    "job-suspended",
    r"\bJobSuspended\b|\bSuspended: Job suspended",
    problem="The hook's Job is suspended: Kubernetes creates no Pod for it.",
    explanation="spec.suspend is true, in the chart or set by a queue (Kueue) or an admission webhook that admits Jobs later.",
    fix="Take `suspend: true` out of {path}, or resume the Job (kubectl patch job {hook} -p "
    '\'{{"spec":{{"suspend":false}}}}\').',
    verify=("kubectl -n {namespace} get job {hook} -o jsonpath='{{.spec.suspend}}'",),
)
