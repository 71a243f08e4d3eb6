"""SQL drops or changes what is not there (SQLSTATE 42704, MySQL 1091, 1305, 1360)."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

SQL = log_rule(
    "object-missing",
    (
        r"Can't DROP (?:COLUMN |INDEX |FOREIGN KEY )?[`'](?P<name>[^`']+)[`']; check that (?:it|column/key) exists",
        r'(?:constraint|index|trigger|sequence|view|policy) "(?P<name>[^"]+)" (?:of|for) (?:relation|table) "[^"]+" '
        r"does not exist",
        r'(?:index|trigger|sequence|view|role) "(?P<name>[^"]+)" does not exist$(?<!FATAL)',
        r"(?:PROCEDURE|FUNCTION) (?P<name>\S+) does not exist",
        r"Cannot (?:drop|alter) the (?:\w+ )?\w+ '(?P<name>[^']+)', because it does not exist",
    ),
    mysql=(1091, 1305, 1360),
    oracle=(1418, 2289, 2443, 4043, 1432, 4080),
    mssql=(3701, 3728),
    problem="{name} is to be dropped or changed, and is not there.",
    explanation="An earlier run of this hook has already removed it (hooks are never undone), or the database is "
    "not of the version that "
    "the migration expects.",
    fix="Make the SQL safe to run twice (DROP … IF EXISTS), or correct the name.",
)
STORE = log_rule(
    "object-missing",
    (
        r"UnknownTopicOrPartition|UNKNOWN_TOPIC_OR_PART|Topic '(?P<name>[^']+)' does not exist as expected",
        r"Broker: (?P<name>Unknown topic or partition)|This server does not host this topic-partition",
        r"index_not_found_exception\W+(?:reason\W+)?(?:no such index \[(?P<name>[^\]]+)\])?",
        r"NOT_FOUND - no (?P<name>(?:queue|exchange) '[^']*' in vhost '[^']*')",
        r"NOT_FOUND - (?P<name>vhost '?[^\s']+'?) not found|(?P<name2>vhost \S+) not found",
        r"rpc error: code = NotFound desc = (?P<name>.*)",
        r"NamespaceNotFound\b|\bns not found|(?P<name>nats: (?:stream|consumer|bucket) not found)|err_code=10059",
        r"(?i)(?P<name>namespace \S+ is not found)|Namespace (?P<name2>\S+) (?:does not exist|not found)",
    ),
    problem="What the hook asks the server for is not there: {name}{name2}",
    explanation="Nothing has made it in this server yet (another hook, an operator, the application itself), or its name, "
    "vhost or namespace is another one.",
    fix="Let what makes it run earlier (a hook of a lower weight), or correct the name in the hook's values.",
    verify=("steer get hooks {release}",),
)

find = latest_of(SQL, STORE)
