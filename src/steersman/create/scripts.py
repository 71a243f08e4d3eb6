"""What the hooks run, as shell under `sh -ec`: every wait is bounded, every statement may run twice, every failure is one."""

from __future__ import annotations

from steersman.create.databases import Dialect
from steersman.create.request import Tool


def wait(dialect: Dialect) -> str:
    """Until the database answers, for two minutes at most."""
    return bounded(dialect.ping, "the database", dialect.env[0])


def bounded(condition: str, what: str, host: str) -> str:
    return f"""\
tries=0
until {condition}; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "{what} at ${host} does not answer" >&2
    exit 1
  fi
  sleep 2
done"""


def backup(dialect: Dialect) -> str:
    """A dump gets its name when it is complete: what is there under its own name can be restored."""
    return f"""\
{wait(dialect)}
file=/backups/{{{{ .Release.Name }}}}-revision-{{{{ sub .Release.Revision 1 }}}}.sql
{dialect.dump} > "$file.part"
mv "$file.part" "$file"
echo "backed up to $file ($(wc -c < "$file") bytes)\""""


def migrate(dialect: Dialect, tool: Tool) -> str:
    if tool is Tool.ALEMBIC:
        return 'alembic upgrade head\necho "migration applied"'
    if tool is Tool.FLYWAY:
        return 'flyway migrate\necho "migration applied"'
    settings = "\n".join(dialect.settings)
    return f"""\
{wait(dialect)}
{dialect.client} <<'SQL'
{settings}
{dialect.begin}
{dialect.table}
-- Your changes go here. They run at every install and upgrade: write each so that it may run again.
{dialect.mark}
{dialect.commit}
SQL
echo "migration applied\""""


def validate(dialect: Dialect, tool: Tool) -> str:
    if tool is Tool.ALEMBIC:
        return "alembic current | grep '(head)'\necho \"migration validated\""
    if tool is Tool.FLYWAY:
        return 'flyway validate\necho "migration validated"'
    query = dialect.query.format("SELECT count(*) FROM schema_versions WHERE version = 1")
    return f"""\
{wait(dialect)}
found=$({query})
if [ "$found" != 1 ]; then
  echo "version 1 of the schema is not there" >&2
  exit 1
fi
echo "migration validated\""""


def flush() -> str:
    client = 'redis-cli -e -h "$CACHE_HOST" -p "$CACHE_PORT"'
    wait_for_it = bounded(f'[ "$({client} ping)" = PONG ]', "the cache", "CACHE_HOST")
    return f'{wait_for_it}\n{client} flushdb\necho "cache flushed"'


def register(body: str) -> str:
    return f"""\
curl -fsS --max-time 10 --retry 5 --retry-connrefused -X POST "$REGISTRY_URL" \\
  -H "Content-Type: application/json" \\
  -d '{body}'
echo "registered\""""


def smoke_test() -> str:
    return 'curl -fsS --max-time 10 --retry 5 --retry-connrefused -o /dev/null "$TARGET_URL"\necho "answers"'
