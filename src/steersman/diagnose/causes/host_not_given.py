"""A database client that was told no host: it looks for a server inside its own container, by a socket file."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

_EXPLANATION = (
    "Without a host the client looks for a server inside the hook's own container, where none runs. The variable that "
    "should hold the name is empty or not set: hooks inherit nothing from the application's containers."
)

find = latest_of(
    log_rule(
        "host-not-given",
        (
            r'connection to server on socket "(?P<socket>[^"]+)" failed: (?:No such file or directory|Connection refused)',
            r'connections on Unix domain socket "(?P<socket>[^"]+)"\?',
        ),
        problem="The PostgreSQL client was told no host, and found no server at its socket {socket}.",
        explanation=_EXPLANATION,
        fix="Set PGHOST (or -h, or the host in the connection URL) in {path} to SERVICE or SERVICE.NAMESPACE.",
        verify=("kubectl get services --all-namespaces",),
    ),
    log_rule(
        "host-not-given",
        (r"Can't connect to local (?:MySQL )?server through socket '(?P<socket>[^']+)'",),
        problem="The MySQL client was told no host, and found no server at its socket {socket}.",
        explanation=_EXPLANATION,
        fix="Give it a host in {path}: -h SERVICE or SERVICE.NAMESPACE (localhost means the socket as well).",
        verify=("kubectl get services --all-namespaces",),
    ),
)
