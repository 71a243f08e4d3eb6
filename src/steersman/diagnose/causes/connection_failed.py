"""A client that could not reach its server and does not say why."""

from __future__ import annotations

from steersman.diagnose.diagnosis import Confidence
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "connection-failed",
    (
        r"\bAMQPConnectionError\b|\b(?P<name>NoBrokersAvailable|Unable to bootstrap from \S+|Broker transport failure|brokers? are down)",
        r"(?P<name>nats: no servers available for connection|NoServersError)",
        r"elastic_transport\.ConnectionError: Connection error$",
        r"(?P<name>NoHostAvailable\b|UnresolvableContactPoints|All host\(s\) tried for query failed)",
        r"(?P<name>No(?:de)? (?:living )?connections?(?: is| are)? available|There are no living connections)",
        r"(?P<name>A network-related or instance-specific error occurred while establishing a connection to SQL Server)",
        r"(?P<name>TDS server is unavailable or does not exist)|(?P<name2>Could not open a connection to SQL Server)",
        r"(?P<name>Reached the max retries per request limit.*|Stream isn't writeable and enableOfflineQueue.*)",
        r"(?P<name>Failed connecting to Zookeeper within the connection retry policy|Unable to connect to zookeeper.*)",
        r"(?P<name>Could not open JDBC Connection for transaction|Unable to obtain (?:JDBC )?connection from database.*)",
        r"(?P<name>Unable to open JDBC Connection for DDL execution|Failed to obtain JDBC Connection)",
        r"(?P<name>Connection to node -?\d+ \(\S+\) could not be established)",
    ),
    problem="The hook's program could not connect to its server, and does not say why. {name}{name2}",
    explanation="The client tried (perhaps several addresses) and gave up. Nothing listens there, the name is not known, a "
    "NetworkPolicy is in between, or the server speaks TLS and the client does not.",
    fix="Check host, port and protocol in the hook's values, and that the server is ready before the hook runs; an earlier line of "
    "the log may tell more (set the client's log level higher).",
    verify=("kubectl -n {namespace} get pods,services,endpoints",),
    at_most=Confidence.MEDIUM,
    depth=1,
)
