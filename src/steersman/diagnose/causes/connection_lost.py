"""A connection that stood and was broken off by the other side."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "connection-lost",
    (
        r"terminating connection due to (?P<name>.*)",
        r"server closed the connection unexpectedly",
        r"(?i)connection reset by peer|ECONNRESET|Server closed the connection|Empty reply from server",
        r"MySQL server has gone away|Lost connection to (?:MySQL )?server|Communications link failure",
        r"Remote(?:Disconnected| end closed connection)|RemoteProtocolError|unexpected EOF|socket hang up|other side "
        r"closed|transfer closed with",
        r"CONNECTION_FORCED - |KeeperErrorCode = (?:ConnectionLoss|SessionExpired)|Socket closed unexpectedly"
        r"|tcp recv: closed|AutoReconnect: |\bORA-0(?:3113|3114|3135)\b",
        r"SSL connection has been closed unexpectedly|Connection terminated unexpectedly|broken pipe|EPIPE",
    ),
    problem="The server broke the connection off while the hook was using it.",
    explanation="The server was restarted, ran out of memory, or an administrator (or a failover, or a proxy's time limit) "
    "ended the session.",
    fix="Look into the server's own log and at the restarts of its Pod; let the hook try again "
    '(steersman.dev/hook-retries: "3"), in small transactions.',
    verify=("kubectl -n {namespace} get pods",),
    at_most=Confidence.MEDIUM,
)
