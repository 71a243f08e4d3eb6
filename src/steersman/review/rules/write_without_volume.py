"""A file that is gone when the hook's Pod is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from steersman.review import migrations
from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list, as_object, entries
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

DUMPS = ("pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump")
DEVICES = ("/dev/", "/proc/")
THROW_AWAY = ("/tmp", "/etc/", "/var/tmp", "/run/", "/root/.", "/home/")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        told: set[str] = set()
        for target, line in _written(script):
            folder = target.rpartition("/")[0]
            message = "" if folder in told else _lost(script, target)
            if message:
                told.add(folder)
                yield script.finding(message, line, hint=HINT if "read-only" not in message else HINT_READ_ONLY)
        yield from _dumped(subject, script)


HINT = "Mount a PersistentVolumeClaim there, or write to a place that lasts."
HINT_READ_ONLY = "Mount an emptyDir there, or a PersistentVolumeClaim where the file is to be kept."


def _dumped(subject: Subject, script: Script) -> Iterator[Finding]:
    """Dumps that go into a volume which lives as long as the Pod, and that nothing in the Pod takes further."""
    volumes = {
        str(volume.get("name")) for _, volume in entries(script.item.pod_spec.get("volumes")) if "emptyDir" in volume
    }
    gone = {
        str(mount.get("mountPath") or "").rstrip("/"): str(mount.get("name"))
        for _, mount in entries(script.container.spec.get("volumeMounts"))
        if str(mount.get("name")) in volumes
    }
    everything = migrations.scripts(subject, script.item)
    for command in script.commands:
        if command.name not in DUMPS:
            continue
        targets = [target for sign, target in command.redirects if sign.startswith(">")] + list(command.words)
        for folder, volume in gone.items():
            others = any(
                mount.get("name") == volume
                for container in script.item.containers
                if container is not script.container
                for _, mount in entries(container.spec.get("volumeMounts"))
            )
            if (
                folder
                and not others
                and len(re.findall(rf"{re.escape(folder)}(?![\w.-])", everything)) == 1
                and any(f"{folder}/" in target for target in targets)
            ):
                yield script.finding(
                    f"the dump goes to {folder}, which is an emptyDir: it is gone with the Pod", command.line, hint=HINT
                )


def _written(script: Script) -> Iterator[tuple[str, int]]:
    """The files outside of every volume that a script writes to by `>`, with the line."""
    mounts = [
        str(mount["mountPath"]).rstrip("/")
        for mount in as_list(script.container.spec.get("volumeMounts"))
        if isinstance(mount, dict) and mount.get("mountPath")
    ]
    for command in script.commands:
        for sign, target in command.redirects:
            if sign not in (">", ">>", ">|") or not target.startswith("/") or target.startswith(DEVICES):
                continue
            if not any(target == mount or target.startswith(f"{mount}/") for mount in mounts):
                yield target, command.line


def _lost(script: Script, target: str) -> str:
    context = as_object(script.container.spec.get("securityContext"))
    if context.get("readOnlyRootFilesystem") is True:
        return f"{target} cannot be written: the container's file system is read-only, and no volume is mounted there"
    if target.startswith(THROW_AWAY):
        return ""
    return f"{target} is on no volume: the file is gone with the Pod, or its folder is not even there"


RULE = Rule("write-without-volume", "script", Severity.ERROR, "what is written is kept", check)
