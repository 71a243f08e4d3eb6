"""Nothing answered at all."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "connection-timeout",
    (
        r"(?i)(?:connection|connect\w*|operation) (?:to \S+ )?(?:failed: )?timed out",
        r"\bETIMEDOUT\b",
        r"(?i)connection timed out|connect(?:ion)? timeout|read timed out|(?:Read|Connect)Timeout\b|timeout awaiting"
        r"|deadline exceeded",
        r"curl: \(28\)|ConnectTimeoutError|Client\.Timeout exceeded|Timeout awaiting 'request'|ESOCKETTIMEDOUT",
        r"timeout expired",
        r"Can't connect to (?:MySQL )?server on '\S+' \(110\)",
        r"i/o timeout",
        r"download timed out",
    ),
    problem="The server did not answer in time.",
    explanation=(
        "Packets are lost on the way: a NetworkPolicy or a firewall drops them, the address is not reachable "
        "from the cluster, or the server hangs. (A port that nobody listens on would have refused.)"
    ),
    fix=(
        "Allow the hook's Pod in the NetworkPolicy of the server (its labels are in the Job's template), or "
        "correct the address."
    ),
    verify=("kubectl -n {namespace} get networkpolicies",),
    at_most=Confidence.MEDIUM,
)
