"""SQL names a schema that is not there (SQLSTATE 3F000)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "schema-missing",
    (r'schema "(?P<name>[^"]+)" does not exist', r"no schema has been selected to create in"),
    sqlstates=("3F000",),
    problem="The schema {name} does not exist in this database.",
    explanation="No migration has created it in this database, or the role's search_path names none that exists.",
    fix="Create it first (CREATE SCHEMA IF NOT EXISTS {name}), or correct the schema's name or search_path in the "
    "hook's values.",
    verify=(psql("\\dn"),),
)
