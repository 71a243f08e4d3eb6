"""Which servers a hook's commands ask, read from the commands themselves: for programs that say nothing when nobody answers.

Not a shell: the usual clients in the forms in which people write them, with the variables that the container is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from steersman.diagnose.facts import Facts, containers_of
from steersman.diagnose.script import script_of, variables

# The ports that these clients use where they are told none.
_PORTS = {
    "psql": "5432",
    "pg_isready": "5432",
    "pg_dump": "5432",
    "redis-cli": "6379",
    "valkey-cli": "6379",
} | dict.fromkeys(("mysql", "mysqladmin", "mariadb", "mariadb-admin", "mysqldump"), "3306")
_HOST = r"[A-Za-z0-9][\w.-]*"
_HOST_VARIABLE = re.compile(r"HOST(NAME)?$|SERVER$")
_END = r"(?=[\s;|&)\"'\]`]|$)"
_CLIENT = re.compile(rf"(?<![\w./-])(?P<program>{'|'.join(map(re.escape, _PORTS))})(?![\w./-])(?P<options>[^\n;|&)]*)")
_HOST_OPTION = re.compile(rf"(?:^|\s)(?:-h\s*|--host[= ])[\"']?(?P<host>{_HOST})")
_PORT_OPTION = re.compile(r"(?:^|\s)(?:-[pP]\s*|--port[= ])[\"']?(?P<port>\d+)")
_OTHERS = (
    re.compile(rf"(?<![\w./-])(?P<program>nc|ncat|netcat)\s+(?:-\w+(?:\s+\d+)?\s+)*[\"']?(?P<host>{_HOST})[\"']?\s+(?P<port>\d+){_END}"),
    re.compile(rf"(?<![\w./-])(?P<program>curl|wget)\b[^\n;|&]*?(?P<scheme>https?)://(?:[^@/\s]*@)?(?P<host>{_HOST})(?::(?P<port>\d+))?"),
    re.compile(rf"(?P<program>\b(?!https?:)[a-z][a-z0-9+]*)://(?:[^@/\s\"']*@)(?P<host>{_HOST})(?::(?P<port>\d+))?"),
    re.compile(rf"(?<![\w./-])(?P<program>nslookup|host|getent (?:hosts|ahosts))\s+[\"']?(?P<host>{_HOST}){_END}"),
    re.compile(rf"(?P<program>/dev/tcp)/(?P<host>{_HOST})/(?P<port>\d+)"),
    re.compile(rf"(?P<program>wait-for(?:-it)?(?:\.sh)?|dockerize)\s[^\n;]*?(?:tcp://)?(?P<host>{_HOST}):(?P<port>\d+)"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A server that `program` asks; `port` is "" where it only looks the name up."""

    program: str
    host: str
    port: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host


def targets(facts: Facts) -> list[Target]:
    """Every server that a container's command names, in the order in which they stand there, each once."""
    containers = containers_of(facts.hook.spec)
    found = (target for each in containers for target in _of(script_of(each), variables(each)))
    return list(dict.fromkeys(found))


def only_target(facts: Facts) -> Target | None:
    """The server that is meant where a program does not say which: the only one that the hook's variables or scripts name."""
    hosts = {
        str(variable["value"])
        for container in containers_of(facts.hook.spec)
        for variable in container.get("env") or []
        if _HOST_VARIABLE.search(str(variable.get("name"))) and variable.get("value")
    }
    asked = {(each.host, each.port): each for each in targets(facts)}
    if len(asked) == 1:
        return next(iter(asked.values()))
    return Target("", hosts.pop()) if len(hosts) == 1 and not asked else None


def _of(script: str, given: dict[str, str]) -> Iterator[Target]:
    placed: list[tuple[int, Target]] = []
    for match in _CLIENT.finditer(script):
        program, option = match["program"], _HOST_OPTION.search(match["options"])
        host = option["host"] if option else given.get("PGHOST", "") if _PORTS[program] == _PORTS["psql"] else ""
        if host and not host.startswith("/"):  # a folder of sockets
            port = _PORT_OPTION.search(match["options"])
            placed.append(
                (match.start(), Target(program, host, port["port"] if port else given.get("PGPORT") or _PORTS[program]))
            )
    for pattern in _OTHERS:
        for match in pattern.finditer(script):
            groups = match.groupdict()
            port_of_scheme = {"http": "80", "https": "443"}.get(groups.get("scheme") or "", "")
            placed.append(
                (match.start(), Target(groups["program"], groups["host"], groups.get("port") or port_of_scheme))
            )
    yield from (target for _, target in sorted(placed, key=lambda each: each[0]))
