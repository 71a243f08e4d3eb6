"""A script calls a program that its image, one that everybody knows, does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review.images import Image, parse
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.installs_at_run_time import installs
from steersman.review.shapes import entries
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

_DATABASES = {"psql", "pg_dump", "pg_restore", "pg_isready", "mysql", "mysqldump", "mysqladmin", "mariadb", "mongosh",
              "mongodump", "redis-cli", "sqlcmd", "cqlsh"}  # fmt: skip
_POSTGRES = {"psql", "pg_dump", "pg_restore", "pg_isready"}
_CLOUD = {"kubectl", "oc", "helm", "aws", "gcloud", "gsutil", "az", "mc", "vault", "consul", "etcdctl"}
_LANGUAGES = {"python", "python3", "pip", "node", "npm", "npx", "ruby", "bundle", "php", "java", "alembic", "flyway"}
_TOOLS = {"curl", "jq", "git", "bash", "openssl", "yq"}
# What each image is known to lack, by its official Dockerfile.
_LACKS: tuple[tuple[re.Pattern[str], re.Pattern[str], set[str]], ...] = tuple(
    (re.compile(repository), re.compile(tag), lacks)
    for repository, tag, lacks in (
        (r"busybox", r".*", _DATABASES | _CLOUD | _LANGUAGES | _TOOLS),
        (r"alpine", r".*", _DATABASES | _CLOUD | _LANGUAGES | (_TOOLS - {"openssl"})),
        (r"curlimages/curl", r".*", _DATABASES | _CLOUD | _LANGUAGES | {"bash", "jq", "git", "yq"}),
        (r"postgres", r".*", (_DATABASES | _CLOUD | {"curl", "jq", "git", "yq"}) - _POSTGRES),
        (r"(redis|valkey/valkey)", r".*", (_DATABASES | _CLOUD | {"curl", "jq", "git", "yq"}) - {"redis-cli"}),
        (r"python", r".*(slim|alpine).*", _DATABASES | _CLOUD | {"curl", "jq", "yq", "git"}),
        (r"node", r".*(slim|alpine).*", _DATABASES | _CLOUD | {"curl", "jq", "yq", "git"}),
        (r"(python|node|golang)", r".*alpine.*", {"bash"}),
    )
)  # fmt: skip
_OFFICIAL = ("", "docker.io", "registry-1.docker.io", "mirror.gcr.io")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        lacking = _lacking(parse(script.container.image))
        if not lacking or _brings_along(script):
            continue
        own = set(re.findall(r"^\s*(?:function\s+)?([\w-]+)\s*\(\)", script.text, re.MULTILINE))
        shell = script.shell if script.file_of is None else ""
        if shell in lacking:
            yield _finding(script, shell, 0)
            continue
        for command in script.commands:
            if command.path in lacking and command.name not in own and not (command.checked or command.conditional):
                yield _finding(script, command.name, command.line)
                break


def _finding(script: Script, name: str, line: int) -> Finding:
    return script.finding(
        f"there is no `{name}` in the image {script.container.image}",
        line,
        hint="Take an image that has it, of a fixed version.",
    )


def _lacking(image: Image) -> set[str]:
    if image.registry not in _OFFICIAL:
        return set()
    name = image.repository.removeprefix("library/")
    found: set[str] = set()
    for repository, tag, lacks in _LACKS:
        if repository.fullmatch(name) and tag.fullmatch(image.tag):
            found |= lacks
    return found


def _brings_along(script: Script) -> bool:
    """Whether a program may come from elsewhere: installed, fetched, mounted, or on a PATH of the container's own."""
    volumes = {str(each.get("name")): each for _, each in entries(script.item.pod_spec.get("volumes"))}
    mounts = (volumes.get(str(each.get("name")), {}) for _, each in entries(script.container.spec.get("volumeMounts")))
    if any(not {"secret", "configMap", "projected", "downwardAPI"} & volume.keys() for volume in mounts):
        return True
    if any(entry.get("name") == "PATH" for _, entry in entries(script.container.spec.get("env"))):
        return True
    return "PATH=" in script.text or any(
        installs(command) or command.name in ("wget", "chmod", ".", "source", "alias") for command in script.commands
    )


RULE = Rule("program-not-in-image", "script", Severity.ERROR, "a script's programs are in its image", check)
