"""What a review cannot look at because an optional parser is not installed."""

from __future__ import annotations

from importlib.util import find_spec

PARSERS = {
    "tree_sitter_bash": "the scripts inside hooks (and the SQL in them)",
    "pglast": "PostgreSQL's SQL",
    "sqlglot": "MySQL's SQL",
}


def not_looked_at() -> list[str]:
    """In words, what was left out; [] where every parser is there."""
    return [what for module, what in PARSERS.items() if find_spec(module) is None]
