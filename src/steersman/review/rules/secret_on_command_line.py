"""A secret that the process list or the log shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list
from steersman.review.shell import scripts
from steersman.review.subject import Subject

SECRET = re.compile(r"PASS(WORD|WD)?$|PASSWORD|SECRET|TOKEN|API_?KEY|CREDENTIAL|(^|_)PW$", re.IGNORECASE)
# What is called after a secret and is none: its name, its place, whether it is there.
NO_SECRET = re.compile(
    r"(_NAME|_NAMES|_FILE|_PATH|_DIR|_KEY_REF|_LENGTH|_COUNT|_ENABLED|_EXISTS|_NAMESPACE|_URL|_TTL)S?$"
)
VARIABLE = re.compile(r"\$\{?(\w+)")
URL = re.compile(r"\b\w+://[^/\s:@$]+:[^@\s/$]{3,}@")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        secrets = {
            str(each.get("name"))
            for each in as_list(script.container.spec.get("env"))
            if isinstance(each, dict) and _secret(each)
        }
        for command in script.commands:
            if message := _shown(command, secrets):
                yield script.finding(message, command.line, hint=HINT)


LONG = re.compile(
    r"--(\w+-)*(password|passwd|pass|secret|token|api-?key|access-?key)\b(?!-(file|stdin|path))", re.IGNORECASE
)
MYSQL = ("mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "mariadb-admin", "mysqlcheck")
SHORT = dict.fromkeys((*MYSQL, "mongosh", "mongo", "mongodump"), "-p") | {"redis-cli": "-a"}
CLIENTS = tuple(SHORT)
HINT = "Hand it over by the environment (PGPASSWORD, MYSQL_PWD), by a file, or on standard input."


def named_so(variable: str) -> bool:
    return bool(SECRET.search(variable)) and not NO_SECRET.search(variable.upper())


def _secret(variable: dict[str, object]) -> bool:
    source = variable.get("valueFrom")
    return isinstance(source, dict) and "secretKeyRef" in source


def _shown(command: Command, secrets: set[str]) -> str:
    """What is wrong with a command, "" for nothing."""
    for variable, value in command.assignments:
        if named_so(variable) and value and "$" not in value:
            return f"{variable} stands in the script in clear text"
    if literal := _literal(command):
        return literal
    printing = command.name in ("echo", "printf") and not command.redirects and not command.piped_into
    for position, word in enumerate(command.words):
        used = [variable for variable in VARIABLE.findall(word) if variable in secrets or named_so(variable)]
        if used and printing:
            return f"${used[0]} is printed into the log"
        if URL.search(word):
            return "a password stands in a URL in clear text"
        option = command.words[position - 1] if position and not word.startswith("-") else word
        if used and (LONG.match(option) or (command.name in CLIENTS and option.startswith(SHORT[command.name]))):
            return f"${used[0]} is an argument of `{command.name}`, which the process list shows"
    return ""


_TOKENS = re.compile(
    r"\b(gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abpr]-[\w-]{10,}|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,}\.eyJ[\w-]{10,})"
)
_HEADER = re.compile(
    r"^(authorization:\s*(bearer|basic|token)\s+|(x-)?api-?key:\s*|x-[\w-]*token:\s*)(?P<value>[^\s$]{6,})$",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"^[^\s$<>{}/][^$<>{}\s]{2,}$")


def _literal(command: Command) -> str:
    """A secret that stands in the script itself: after an option that takes one, in a header, or as a token of a known form."""
    for position, word in enumerate(command.words):
        following = command.words[position + 1] if position + 1 < len(command.words) else ""
        if _TOKENS.search(word):
            return "a token stands in the script in clear text"
        if header := _HEADER.match(word.removeprefix("--header=").removeprefix("-H")):
            return f"the header {word.removeprefix('-H').partition(':')[0]} holds {_what(header)} in clear text"
        if match := LONG.match(word):
            value = word[match.end() :].removeprefix("=") if "=" in word else following
            if _PLAIN.match(value) and not value.startswith("-"):
                return f"the value of {match.group()} stands in the script in clear text"
        if command.name == "curl" and word in ("-u", "--user") and re.match(r"^[^:$\s]+:[^$\s]{3,}$", following):
            return "the password of `curl -u` stands in the script in clear text"
        if command.name in MYSQL and re.match(r"^-p[^\s$]{3,}$", word):
            return f"the password of `{command.name} -p` stands in the script in clear text"
        if command.name in ("redis-cli", "valkey-cli") and word == "-a" and _PLAIN.match(following):
            return f"the password of `{command.name} -a` stands in the script in clear text"
    return ""


def _what(header: re.Match[str]) -> str:
    return "a token" if header[2] else "a key"


RULE = Rule("secret-on-command-line", "script", Severity.WARNING, "secrets are in no argument and in no log", check)
