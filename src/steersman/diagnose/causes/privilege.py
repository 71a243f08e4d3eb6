"""The database user may not do this (SQLSTATE 42501)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "privilege-missing",
    (
        r"permission denied (?:for|to) (?P<name>(?:table|schema|database|sequence|relation|function|view|create|set)\b.*)$",
        r"must be (?P<name>owner of .*)$",
        r"must be (?P<name>superuser.*)$",
        r"(?P<name>\w+ command denied to user '[^']+'@)",
        r"permission denied to (?P<name>create \w+.*)$",
        r"NOPERM (?P<name>.*)$",
        r"(?P<name>Access denied for user '[^']*'@'[^']*' to database '[^']*')",
        r"(?P<name>Access denied; you need .* privilege)",
    ),
    sqlstates=("42501",),
    mysql=(1044, 1142, 1143, 1227, 1370),
    problem="The hook's database user has no right to do this: {name}.",
    explanation=(
        "The login worked; the role lacks a privilege on this object (in PostgreSQL 15 and later, CREATE on "
        "the schema public is granted to nobody by default)."
    ),
    fix="Grant it as the owner (GRANT … ON … TO …), or let the hook log in as the role that owns the objects.",
    verify=(psql("\\dp"),),
)
