"""A file that is gone when the hook's Pod is."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.model import Finding, Rule, Severity
from steersman.review.shapes import as_list
from steersman.review.shell import scripts
from steersman.review.subject import Subject

THROW_AWAY = ("/dev/", "/tmp", "/proc/", "/var/tmp", "/run/", "/root/.", "/home/")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        mounts = [
            str(mount.get("mountPath") or "")
            for mount in as_list(script.container.spec.get("volumeMounts"))
            if isinstance(mount, dict) and mount.get("mountPath")
        ]
        told: set[str] = set()
        for command in script.commands:
            for sign, target in command.redirects:
                folder = target.rpartition("/")[0]
                if (
                    sign not in (">", ">>", ">|")
                    or not target.startswith("/")
                    or target.startswith(THROW_AWAY)
                    or folder in told
                ):
                    continue
                if "$" in target.partition("/")[0] or any(
                    target.startswith(mount.rstrip("/") + "/") for mount in mounts
                ):
                    continue
                told.add(folder)
                yield script.finding(
                    f"{target} is on no volume: the file is gone with the Pod, or its folder is not even there",
                    command.line,
                    hint="Mount a PersistentVolumeClaim there, or write to a place that lasts.",
                )


RULE = Rule("write-without-volume", "script", Severity.ERROR, "what is written is kept", check)
