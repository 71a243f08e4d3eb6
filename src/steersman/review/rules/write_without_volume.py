"""A file that is gone when the hook's Pod is."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list, as_object
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

DEVICES = ("/dev/", "/proc/")
THROW_AWAY = ("/tmp", "/var/tmp", "/run/", "/root/.", "/home/")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        told: set[str] = set()
        for target, line in _written(script):
            folder = target.rpartition("/")[0]
            message = "" if folder in told else _lost(script, target)
            if message:
                told.add(folder)
                yield script.finding(message, line, hint=HINT if "read-only" not in message else HINT_READ_ONLY)


HINT = "Mount a PersistentVolumeClaim there, or write to a place that lasts."
HINT_READ_ONLY = "Mount an emptyDir there, or a PersistentVolumeClaim where the file is to be kept."


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
