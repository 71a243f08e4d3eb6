"""What kind of hook is wanted, for which database, in words that a person or a program gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from steersman.errors import UsageError
from steersman.manifest.hooks import HookEvent


class Kind(StrEnum):
    MIGRATION = "migration"
    BACKUP = "backup"
    CACHE = "cache"
    REGISTER = "register"
    SMOKE_TEST = "smoke-test"
    SEQUENCE = "sequence"


class Engine(StrEnum):
    POSTGRES = "postgres"
    MYSQL = "mysql"


class Tool(StrEnum):
    """What carries out a migration: SQL in the template itself, or a tool in an image that holds the migrations, too."""

    SQL = "sql"
    ALEMBIC = "alembic"
    FLYWAY = "flyway"


WITH_DATABASE = frozenset({Kind.MIGRATION, Kind.BACKUP, Kind.SEQUENCE})
WITH_MIGRATION = frozenset({Kind.MIGRATION, Kind.SEQUENCE})

NAMES = {
    Kind.MIGRATION: "db-migrate",
    Kind.BACKUP: "db-backup",
    Kind.CACHE: "cache-flush",
    Kind.REGISTER: "register-service",
    Kind.SMOKE_TEST: "smoke-test",
    Kind.SEQUENCE: "db-upgrade",
}

# A migration runs at install, too: otherwise a fresh install would lack what it adds.
EVENTS = {
    Kind.MIGRATION: "pre-install,pre-upgrade",
    Kind.BACKUP: "pre-upgrade",
    Kind.CACHE: "post-upgrade",
    Kind.REGISTER: "post-install,post-upgrade",
    Kind.SMOKE_TEST: "test",
    Kind.SEQUENCE: "pre-install,pre-upgrade",
}

HOSTS = {Kind.CACHE: "redis", Kind.REGISTER: "service-registry:8080"}
LONGEST_NAME = 30  # leaves room for the release's name within the 63 characters of a Job's
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_VERSION = re.compile(r"\d+(\.\d+)*")
_WORD = re.compile(r"[A-Za-z0-9_.:/@-]+")


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A hook as it is wanted; "" leaves the choice to the defaults. `host` of a register hook may carry a port."""

    kind: Kind
    database: Engine = Engine.POSTGRES
    database_version: str = ""
    host: str = ""
    database_name: str = ""
    secret: str = ""
    user_key: str = "username"
    password_key: str = "password"
    image: str = ""
    migration_tool: Tool = Tool.SQL
    event: str = ""
    name: str = ""

    @property
    def hook_name(self) -> str:
        return self.name or NAMES[self.kind]

    @property
    def events(self) -> str:
        return ",".join(word.strip() for word in (self.event or EVENTS[self.kind]).split(","))

    @property
    def values_key(self) -> str:
        """The key of the hook's values: its name as charts write keys, `db-migrate` → `dbMigrate`."""
        first, *rest = self.hook_name.split("-")
        return first + "".join(word.capitalize() for word in rest)

    def check(self) -> None:
        """Raises UsageError for what cannot be made, or could not be meant."""
        if not _NAME.fullmatch(self.hook_name) or len(self.hook_name) > LONGEST_NAME:
            raise UsageError(
                f"--name {self.hook_name!r} cannot name a Job",
                hint=f"Use at most {LONGEST_NAME} lower-case letters, digits and dashes, beginning with a letter.",
            )
        known = [str(event) for event in HookEvent]
        for event in self.events.split(","):
            if event not in known:
                raise UsageError(f"--event {event!r} is no hook event", hint=f"There are: {', '.join(known)}.")
        if self.database_version and not _VERSION.fullmatch(self.database_version):
            raise UsageError(f"--database-version {self.database_version!r} is no version", hint="For example: 15.")
        given = {
            "--host": self.host,
            "--database-name": self.database_name,
            "--secret": self.secret,
            "--user-key": self.user_key,
            "--password-key": self.password_key,
            "--image": self.image,
        }
        for option, value in given.items():
            if value and not _WORD.fullmatch(value):
                raise UsageError(
                    f"{option} {value!r} has characters that do not belong there",
                    hint="Letters, digits and the characters _ . : / @ - are allowed.",
                )
        if self.kind in WITH_DATABASE:
            self._check_database()

    def _check_database(self) -> None:
        for option, value in (("--secret", self.secret), ("--database-name", self.database_name)):
            if not value:
                raise UsageError(
                    f"a {self.kind} hook needs {option}",
                    hint="For example: --database-name shop --secret shop-db (keys `username` and `password`).",
                )
        if self.kind in WITH_MIGRATION and self.migration_tool is not Tool.SQL and not self.image:
            raise UsageError(
                f"--migration-tool {self.migration_tool} needs --image",
                hint=f"Name an image that has {self.migration_tool} and your migrations, often the application's own.",
            )
        if self.kind is Kind.BACKUP and {"pre-install", "post-delete"} & set(self.events.split(",")):
            raise UsageError(
                f"a backup at {self.events} has no volume: the chart's claim is not there before install or after delete",
                hint="Use pre-upgrade, pre-rollback or pre-delete.",
            )
