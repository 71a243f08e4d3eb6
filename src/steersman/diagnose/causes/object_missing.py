"""SQL drops or changes what is not there (SQLSTATE 42704, MySQL 1091, 1305, 1360)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "object-missing",
    (
        r"Can't DROP (?:COLUMN |INDEX |FOREIGN KEY )?[`'](?P<name>[^`']+)[`']; check that (?:it|column/key) exists",
        r'(?:constraint|index|trigger|sequence|view|policy) "(?P<name>[^"]+)" (?:of|for) (?:relation|table) "[^"]+" '
        r"does not exist",
        r'(?:index|trigger|sequence|view|role) "(?P<name>[^"]+)" does not exist$(?<!FATAL)',
        r"(?:PROCEDURE|FUNCTION) (?P<name>\S+) does not exist",
    ),
    mysql=(1091, 1305, 1360),
    problem="{name} is to be dropped or changed, and is not there.",
    explanation="An earlier run of this hook has already removed it (hooks are never undone), or the database is "
    "not of the version that "
    "the migration expects.",
    fix="Make the SQL safe to run twice (DROP … IF EXISTS), or correct the name.",
)
