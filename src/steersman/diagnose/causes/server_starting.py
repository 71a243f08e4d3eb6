"""The server is there and not ready yet (SQLSTATE 57P03, LOADING)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "server-starting",
    (
        r"the database system is (?P<name>starting up|shutting down|in recovery mode|not yet accepting connections)",
        r"(?P<name>LOADING) Redis is loading",
        r"(?P<host>\S+):\d+ - (?P<name>rejecting connections)$",
    ),
    sqlstates=("57P03",),
    problem="The database server is not ready yet ({name}).",
    explanation="The hook asked too early; the server would have answered some seconds later.",
    fix=(
        "Let the hook wait for it (`until pg_isready -h HOST; do sleep 1; done` with a limit), or retry: "
        'steersman.dev/hook-retries: "3".'
    ),
    verify=("kubectl -n {namespace} get pods",),
)
