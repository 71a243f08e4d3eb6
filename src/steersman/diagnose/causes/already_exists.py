"""SQL creates what is already there (SQLSTATE 42P07, 42701, 42710)."""

from __future__ import annotations

from steersman.diagnose.advice import psql
from steersman.diagnose.log_rule import latest_of, log_rule

SQL = log_rule(
    "already-exists",
    (
        r"(?!.*\(AlreadyExists\))(?:(?:[Ee]rror|ERROR|Exception|pq"
        r'|Duplicate\w+)\)?:? .*?)\b\w+ "(?P<name>[^"]+)" (?:(?:of|for) .*)?already exists',
        r"Table '(?P<name>[^']+)' already exists",
        r"Duplicate key name '(?P<name>[^']+)'",
        r"Can't create database '(?P<name>[^']+)'; database exists",
        r"Duplicate column name '(?P<name>[^']+)'",
        r"table (?P<name>\S+) already exists",
        r"There is already an object named '(?P<name>[^']+)' in the database",
        r"Database '(?P<name>[^']+)' already exists\. Choose",
        r"Column names in each table must be unique\. Column name '(?P<name>[^']+)'",
        r"DB::Exception: (?:Table|Database) (?P<name>\S+) already exists",
        r"Cannot add (?:already )?existing (?:table|keyspace|type|index) (?P<name>\S+)",
    ),
    sqlstates=("42P07", "42701", "42710", "42P04", "42P06", "42723", "42S01", "42S21"),
    mysql=(1007, 1050, 1060, 1061, 1022, 1304, 1826),
    oracle=(955, 1430, 1408, 1920, 2260, 2275),
    mssql=(2714, 1801, 2705),
    clickhouse=(57, 82),
    problem="{name} already exists: the hook is not safe to run twice.",
    explanation=(
        "An earlier run of this hook has already done this part (hooks are never undone), or somebody else has."
    ),
    fix=(
        "Make the SQL idempotent: CREATE TABLE IF NOT EXISTS, ALTER TABLE … ADD COLUMN IF NOT EXISTS, or let "
        "the migration tool's own version table decide."
    ),
    verify=(psql("\\d"),),
)
STORE = log_rule(
    "already-exists",
    (
        r"Topic '(?P<name>[^']+)' already exists|TopicExistsException|TOPIC_ALREADY_EXISTS"
        r"|Broker: (?P<name2>Topic already exists)",
        r"Collection already exists\. NS: (?P<name>[^\s,']+)|\bNamespaceExists\b",
        r"resource_already_exists_exception\W+(?:reason\W+)?(?:index \[(?P<name>[^/\]]+))?",
        r"(?P<name>stream name already in use)|(?P<name2>path is already in use at \S+)",
        r"rpc error: code = AlreadyExists desc = (?P<name>.*)",
        r"\"message\": ?\"Connector (?P<name>\S+) already exists|alias <(?P<name2>[^>]+)> already exists",
        r"BucketAlreadyOwnedByYou|you already own it",
    ),
    problem="{name}{name2} is already there: the hook is not safe to run twice.",
    explanation="An earlier run of this hook has already made it (hooks are never undone), or the servers make it by themselves.",
    fix="Let the hook ask first, or take this answer for done: kafka-topics --create --if-not-exists, HEAD "
    "before PUT of an index, "
    "mc mb --ignore-existing, catching the error in a program.",
)
DIFFERENT = log_rule(
    "already-exists",
    (
        r"PRECONDITION_FAILED - (?P<name>inequivalent arg .*)",
        r"(?P<name>Index with name: \S+ already exists with (?:a )?different (?:options|name).*"
        r"|IndexOptionsConflict|IndexKeySpecsConflict)",
    ),
    problem="It is already there, with other settings than the hook asks for: {name}",
    explanation="The server does not change what exists: a queue's or an index's settings are fixed when it is made.",
    fix="Ask for it with the settings that it has, give it another name, or delete it first (its content is lost).",
)
KUBERNETES = log_rule(
    "already-exists",
    (r'Error from server \(AlreadyExists\): (?:error when creating \S+: )?(?P<name>\S+ "[^"]+") already exists',),
    problem="{name} is already there: the hook is not safe to run twice.",
    explanation="An earlier run of this hook has created it (hooks are never undone), or somebody else has.",
    fix="Let the hook apply instead of create: kubectl create … --dry-run=client -o yaml | kubectl apply -f -",
    verify=("kubectl -n {namespace} get {name}",),
)
FILES = log_rule(
    "already-exists",
    (
        r"mkdir: (?:cannot create directory|can't create directory) ['‘](?P<name>[^'’]+)['’]: File exists",
        r"ln: (?:failed to create symbolic link )?['‘]?(?P<name>[^'’:]+)['’]?: File exists",
        r"fatal: destination path '(?P<name>[^']+)' already exists and is not an empty directory",
        r"Fatal: (?P<name>create repository at .*) failed: (?:config file already exists|.*already initialized)",
        r"FileExistsError: \[Errno 17\] File exists: '(?P<name>[^']+)'",
    ),
    problem="{name}: it is already there, from an earlier run on the same volume.",
    explanation="The volume keeps what an earlier run wrote; the script expects an empty one.",
    fix="Make the script safe to run twice (mkdir -p, ln -sfn, git pull where there is a clone, `restic snapshots || restic "
    "init`), or use an emptyDir.",
)

find = latest_of(SQL, STORE, DIFFERENT, KUBERNETES, FILES)
