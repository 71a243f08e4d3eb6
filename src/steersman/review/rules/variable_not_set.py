"""A client is given a variable that nothing sets: it gets an empty word, and takes the next one for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.commands import text_of
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import entries
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

CLIENTS = frozenset(
    [
        "psql",
        "pg_dump",
        "pg_isready",
        "pg_restore",
        "mysql",
        "mysqldump",
        "mysqladmin",
        "mariadb",
        "redis-cli",
        "mongodump",
        "mongosh",
        "curl",
        "wget",
    ]
)
USED = re.compile(r"\$\{(\w+)\}|\$(\w+)")  # with a default (`${X:-y}`) it needs no other
SET = re.compile(
    r"(?:^|[\s;({])(?:(?:export|local|readonly|declare)\s+(?:-\w+\s+)?)?([A-Za-z_]\w*)=|\bfor\s+(\w+)\s+in\b",
    re.MULTILINE,
)
READ = re.compile(
    r"\bread\s+(?:-\w+\s+)*([\w ]+)|\bgetopts\s+\S+\s+(\w+)|\b(?:mapfile|readarray)\b.*?(\w+)$", re.MULTILINE
)
# Kubernetes and images bring these along; what only some images have is not asked for.
AROUND = re.compile(
    r"(HOME|PATH|PWD|OLDPWD|USER|HOSTNAME|SHELL|TERM|LANG|TMPDIR|RANDOM|SECONDS|IFS|UID|\d+|PG\w+|.*_SERVICE_(HOST|PORT).*"
    r"|.*_PORT_\d+.*|KUBERNETES_\w+|\w+_(HOME|VERSION|DIR|PATH|DATA))"
)


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        if not script.shell or sees_more(script):
            continue
        known = {str(entry.get("name")) for _, entry in entries(script.container.spec.get("env"))}
        for pattern in (SET, READ):
            known |= {word for groups in pattern.findall(script.text) for part in groups for word in part.split()}
        told: set[str] = set()
        for command in script.commands:
            if command.name not in CLIENTS and not (command.name == "rm" and command.option("-r", "-R", "--recursive")):
                continue
            expanded = [node for node in command.node.children_by_field_name("argument") if node.type != "raw_string"]
            names = [name for word in map(text_of, expanded) for groups in USED.findall(word) for name in groups]
            missing = [name for name in names if name.isupper() and name not in known and not AROUND.fullmatch(name)]
            if missing := [name for name in dict.fromkeys(missing) if name not in told]:
                told.update(missing)
                yield script.finding(
                    f"nothing sets {', '.join(f'${name}' for name in missing)}: `{command.name}` gets empty words instead",
                    command.line,
                    hint=f"Give container {script.container.name} what it needs: env, or envFrom.",
                )


def sees_more(script: Script) -> bool:
    """Whether variables come from where nobody can see: a file, all keys of an object, or the image's own set-up."""
    sources = {".", "source", "eval"}
    return bool(script.container.spec.get("envFrom")) or any(command.name in sources for command in script.commands)


RULE = Rule("variable-not-set", "script", Severity.ERROR, "variables that a client is given are set", check)
