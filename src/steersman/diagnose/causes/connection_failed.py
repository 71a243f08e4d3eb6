"""A client that could not reach its server and does not say why."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import log_rule
from steersman.diagnose.reading import CONSEQUENCE

find = log_rule(
    "connection-failed",
    (rf"(?P<name>{CONSEQUENCE})",),
    problem="The hook's program could not connect to its server, and does not say why. {name}",
    explanation="The client tried (perhaps several addresses) and gave up. Nothing listens there, the name is not known, a "
    "NetworkPolicy is in between, or the server speaks TLS and the client does not.",
    fix="Check host, port and protocol in the hook's values, and that the server is ready before the hook runs; "
    "an earlier line of "
    "the log may tell more (set the client's log level higher).",
    verify=("kubectl -n {namespace} get pods,services,endpoints",),
    at_most=Confidence.MEDIUM,
    depth=1,
)
