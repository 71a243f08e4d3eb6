"""Nothing answered at all."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import latest_of, log_rule

NETWORK = log_rule(
    "connection-timeout",
    (
        r"(?i)(?:connection|connect\w*|operation) (?:to \S+ )?(?:failed: )?timed out",
        r"\bETIMEDOUT\b",
        r"(?i)connection timed out|connect(?:ion)? timeout|read timed out|(?:Read|Connect)Timeout\b|timeout awaiting"
        r"|(?<!^Error: context )(?<!FAILED: context )deadline exceeded",
        r"curl: \(28\)|ConnectTimeoutError|Client\.Timeout exceeded|Timeout awaiting 'request'|ESOCKETTIMEDOUT",
        r"timeout expired|:timeout\)|OperationTimedOut\b|Connection time-out|SocketTimeoutException",
        r"Can't connect to (?:MySQL )?server on '\S+' \(110\)",
        r"i/o timeout",
        r"download timed out",
    ),
    oracle=(12170, 12535, 12609),
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
BROKERS = log_rule(
    "connection-timeout",
    (
        r"Timed out waiting for a node assignment|TimeoutException: (?:Topic \S+ not present in metadata"
        r"|Failed to update metadata|"
        r"Timeout expired while fetching topic metadata)",
        r"KafkaTimeoutError: (?!.*Unable to bootstrap)|Local: Timed out|REQUEST_TIMED_OUT",
    ),
    problem="The Kafka client got no answer from the brokers in time.",
    explanation="The bootstrap servers are not reachable, or they answered and told the client addresses (advertised.listeners) "
    "that cannot be reached from the hook's Pod, or the client speaks plain text to a TLS or SASL listener.",
    fix="Check bootstrap.servers, security.protocol and the brokers' advertised.listeners; see that the brokers are ready before "
    "the hook runs.",
    verify=("kubectl -n {namespace} get pods,services",),
    at_most=Confidence.MEDIUM,
)
MONGO = log_rule(
    "connection-timeout",
    (
        r"MongoServerSelectionError: (?:connection .* closed|Server selection timed out.*)",
        r"ServerSelectionTimeoutError: (?!.*(?:refused|not known|resolution))|MongoTimeoutException: Timed out",
    ),
    problem="The MongoDB client found no server that it could use in time.",
    explanation="The server hangs up or does not answer: it wants TLS and the client does not use it (or the "
    "reverse), a firewall is "
    "in between (Atlas: the address is not on its list), or the names of the replica set's members are not known "
    "to the hook's Pod.",
    fix="Check tls= and replicaSet= in the connection string, and that the members' own host names (rs.conf()) "
    "can be resolved from "
    "the hook's namespace.",
    verify=("kubectl -n {namespace} get pods,services",),
    at_most=Confidence.MEDIUM,
)
POOL = log_rule(
    "connection-timeout",
    (
        r"Connection is not available, request timed out after \d+ms(?!.*active=[1-9])",
        r"connection not available and request was dropped from queue after",
    ),
    problem="The program's connection pool had no connection to give: none could be made in time.",
    explanation="The pool waits for the database; that it cannot be reached (or refuses the login) stands "
    "further up or down in the log.",
    fix="Look for the pool's own error (Caused by …), and check host, port and credentials of the database.",
    verify=("kubectl -n {namespace} get pods,services,endpoints",),
    at_most=Confidence.MEDIUM,
)

find = latest_of(NETWORK, BROKERS, MONGO, POOL)
