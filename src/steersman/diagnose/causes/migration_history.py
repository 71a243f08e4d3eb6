"""The migration tool's own history does not fit its files."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

HEADS = log_rule(
    "migration-history",
    (
        r"(?P<name>Multiple head revisions are present)",
        r"(?P<name>Conflicting migrations detected)",
        r"(?P<name>Multiple migrations have the version number \S+|migration version \d+ is duplicated"
        r"|DuplicateMigration\w+Error)",
    ),
    problem="The image has two migrations that both claim to be the latest one: {name}.",
    explanation="Two branches of the code each added a migration, and both were merged.",
    fix="Merge them (alembic merge heads, manage.py makemigrations --merge), build the image again.",
)
UNKNOWN = log_rule(
    "migration-history",
    (
        r"Can't locate revision identified by '(?P<name>[^']+)'",
        r"(?P<name>Detected applied migration not resolved locally.*)",
        r"no migration found for version (?P<name>\d+)",
        r"(?P<name>The migration directory is corrupt.*|missing the following files: .*)",
        r"(?P<name>previously executed migrations in the database that are not registered migrations.*)",
        r"The migration '(?P<name>[^']+)' was not found|Migration class \"(?P<name2>[^\"]+)\" was not found",
        r"(?P<name>migration \d+ was previously applied but is missing in the resolved migrations)",
        r"Migration file of version '(?P<name>[^']+)' is missing",
        r"(?P<name>missing migrations?\b.*version.*|found \d+ missing migrations.*)",
    ),
    problem="The database has a migration that this image does not know: {name}{name2}.",
    explanation="The image is older than what was last run on this database (an application that was rolled back), "
    "or of another branch.",
    fix="Use the image of the version that the database was migrated to (image.tag in your values), or downgrade "
    "the database with that one first.",
)
CHANGED = log_rule(
    "migration-history",
    (
        r"(?P<name>Migration checksum mismatch.*|checksum (?:mismatch|error) in (?:your )?migration directory.*"
        r"|sql/migrate: checksum mismatch)",
        r"(?P<name>You have a checksum error in your migration directory"
        r"|migration \d+ was previously applied but has been modified)",
        r"(?P<name>Validate failed: Migrations have failed validation)",
        r"(?P<name>Validation Failed:?.*check ?sum.*|\d+ changesets? check ?sum.*)",
        r"(?P<name>The migration .* was modified after it was applied.*)",
    ),
    problem="A migration file was changed after it had been run: {name}.",
    explanation="The tool compares the files with the checksums that it noted, and refuses to go on from a history "
    "that is no longer true.",
    fix="Put the file back as it was and make the change as a new migration; only if the change does not matter, "
    "accept it (flyway repair, "
    "liquibase clearCheckSums, prisma migrate resolve).",
)
HALF_DONE = log_rule(
    "migration-history",
    (
        r"(?P<name>Dirty database version \S+|migration \d+ is partially applied.*)",
        r"(?P<name>Detected failed migration to version \S+)",
        r"(?P<name>P3009\b.*|migrate found failed migrations in the target database.*)",
        r"(?P<name>Schema .* contains a failed migration to version \S+)",
    ),
    problem="An earlier migration stopped half way, and the tool does not go on before that is put in order: {name}.",
    explanation="A run before this one failed; its error is the real cause (`steer logs --previous`, `steer "
    "hooks`). The tool marked the database.",
    fix="Look at what the failed migration has done, undo or finish it by hand, then clear the mark (migrate force "
    "VERSION, flyway repair, "
    "prisma migrate resolve --rolled-back NAME), correct the migration and run it again.",
    verify=("steer -n {namespace} history {release} --hooks",),
)
INCONSISTENT = log_rule(
    "migration-history",
    (
        r"InconsistentMigrationHistory: (?P<name>.*)",
        r"(?P<name>Found non-empty schema\(s\) .*)",
        r"(?P<name>P3005\b.*|The database schema is not empty.*)",
        r"(?P<name>NodeNotFoundError: .*|P3018\b.*|P3006\b.*)",
        r"(?P<name>Target database is not up to date|The metadata storage is not (?:up to date|initialized).*"
        r"|Detected resolved migration not applied to database: .*)",
        r"(?P<name>Not run migration \S+ is preceding already run migration .*|The model for context '\w+' has pending changes)",
        r"(?P<name>EnvironmentMismatchError|ProtectedEnvironmentError|NoEnvironmentInSchemaError)",
        r"(?P<name>Migrations are pending.*|PendingMigrationError.*)",
    ),
    problem="The history of migrations in the database does not fit the image's files: {name}",
    explanation="The image has other migration files than those that were run on this database, in another order, "
    "or the database was filled "
    "by something else.",
    fix="Use the image of the right version; a database that was filled otherwise is marked once (alembic stamp, "
    "flyway baseline, "
    "migrate --fake-initial, prisma migrate resolve --applied).",
)

find = latest_of(HEADS, UNKNOWN, CHANGED, HALF_DONE, INCONSISTENT)
