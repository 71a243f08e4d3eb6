"""Two transactions that could not both have been first (SQLSTATE 40001)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "serialization-failure",
    (r"could not serialize access due to .*", r"restart transaction: .*", r"\bWriteConflict\b|RETRY_WRITE_TOO_OLD"),
    sqlstates=("40001",),
    oracle=(8177,),
    mssql=(3960,),
    problem="The database ended the hook's transaction: another one changed the same rows at the same time.",
    explanation="Under REPEATABLE READ and SERIALIZABLE that is normal, and the program is expected to try again.",
    fix='Let it try again (steersman.dev/hook-retries: "3"), or run the migration when nothing else writes.',
)
