"""The migration tool's own history does not fit its files."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "migration-history",
    (
        r"Can't locate revision identified by '(?P<name>[^']+)'",
        r"(?P<name>Multiple head revisions are present[^;]*)",
        r"(?P<name>Migration checksum mismatch.*)",
        r"(?P<name>Detected failed migration to version \S+)",
        r"InconsistentMigrationHistory: (?P<name>.*)",
        r"(?P<name>Conflicting migrations detected)",
        r"(?P<name>Dirty database version \S+)",
        r"(?P<name>Found non-empty schema\(s\) .*)",
    ),
    problem="The migrations in the image do not fit the history that the database has: {name}.",
    explanation=(
        "The image has other (older, changed or branched) migration files than those that were run on this "
        "database, or an earlier run stopped half way."
    ),
    fix=(
        "Use the image of the right version; merge branched heads; after a half done migration, put the "
        "schema in order and mark it (alembic stamp, flyway repair, migrate force)."
    ),
    verify=(psql("select * from alembic_version"),),
)
