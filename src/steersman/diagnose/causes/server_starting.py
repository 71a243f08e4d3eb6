"""The server is there and not ready yet (SQLSTATE 57P03, LOADING)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "server-starting",
    (
        r"the database system is (?P<name>starting up|shutting down|in recovery mode|not yet accepting connections)",
        r"(?P<name>LOADING) Redis is loading",
        r"(?P<host>\S+):\d+ - (?P<name>rejecting connections)$",
        r"(?P<name>Redis is loading the dataset in memory)",
        r"(?P<name>Server is in script upgrade mode)|database .* (?P<name2>is being recovered)",
        r"(?P<name>Server not initialized yet, please try again|XMinioServerNotInitialized)",
        r"(?P<name>node is recovering|NotPrimaryOrSecondary|InterruptedAtShutdown|COORDINATOR_LOAD_IN_PROGRESS"
        r"|Coordinator load in progress)",
    ),
    sqlstates=("57P03",),
    oracle=(1033, 1034, 1090, 12528),
    mssql=(18401,),
    problem="The database server is not ready yet: {name}{name2}",
    explanation="The hook asked too early; the server would have answered some seconds later.",
    fix=(
        "Let the hook wait until it answers (`until pg_isready -h HOST; do sleep 1; done`, `redis-cli ping`, "
        "with a limit), or retry: "
        'steersman.dev/hook-retries: "3".'
    ),
    verify=("kubectl -n {namespace} get pods",),
)
