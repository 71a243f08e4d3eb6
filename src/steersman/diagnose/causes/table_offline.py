"""A table that its server has taken offline for a while."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "table-offline",
    (r'relation "(?P<name>[^"]+)" is offline: (?P<why>\w+)',),
    problem="The table {name} is offline: {why}.",
    explanation="CockroachDB keeps a table offline while an IMPORT, a RESTORE or a schema change works on it.",
    fix="See which job works on it, wait for it or cancel it, and run the hook again.",
    verify=("kubectl -n {namespace} exec POD -- cockroach sql -e 'SHOW JOBS'",),
)
