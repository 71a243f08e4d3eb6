"""SQL drops what others still refer to (SQLSTATE 2BP01)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "dependent-objects",
    (
        r"cannot drop (?P<name>.*) because other objects depend on it",
        r"cannot alter type of a column used by (?P<name>.*)",
        r"role \"(?P<name>[^\"]+)\" cannot be dropped because some objects depend on it",
    ),
    sqlstates=("2BP01",),
    mssql=(3726,),
    problem="{name} is to be dropped or changed, and others still depend on it.",
    explanation="Views, keys, functions or rights refer to it; the lines below the error name them.",
    fix="Drop or change those first, in the same migration. (CASCADE removes all of them silently.)",
    verify=(psql("\\d+ NAME"),),
)
