"""SQL that the server cannot parse (SQLSTATE 42601)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "sql-syntax",
    (
        r'syntax error at or near "(?P<name>[^"]+)"',
        r"syntax error at end of input",
        r"You have an error in your SQL syntax",
        r'near "(?P<name>[^"]+)": syntax error',
        r"Incorrect syntax near (?:the keyword )?'(?P<name>[^']+)'",
        r"(?P<name>no viable alternative at input .*)",
        r"DB::Exception: .*Syntax error: failed at position \d+ \('(?P<name>[^']*)'\)",
    ),
    sqlstates=("42601",),
    mysql=(1064,),
    oracle=(900, 903, 906, 907, 911, 922, 923, 933, 936),
    mssql=(102, 156),
    clickhouse=(62,),
    problem="The SQL has a syntax error near {name}.",
    explanation="The server could not parse the statement; a value that the template left empty is a frequent reason.",
    fix="Correct the statement in {path}; `steer template` shows what the chart makes of it.",
    verify=("steer get hooks {release}",),
)
