"""The user namespace that podman makes for an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

from steersman.cluster.choice import Choice


def unshare_command() -> list[str]:
    """What runs a command in the user namespace that podman makes for this user; empty where there is none to be had.

    Only from there can podman join containers to networks that are not its own. It takes subordinate ids (subuid(5)).
    """
    program = shutil.which("podman")
    if program is None or os.geteuid() == 0 or shutil.which("newuidmap") is None:
        return []
    user = pwd.getpwuid(os.geteuid())
    try:
        lines = [line.partition(":")[0] for line in Path("/etc/subuid").read_text().splitlines()]
    except OSError:
        return []
    return [program, "unshare"] if {user.pw_name, str(user.pw_uid)} & set(lines) else []


def agent_within(choice: Choice) -> list[str]:
    """The same, where the node agent is to run there."""
    return [] if choice == "process" else unshare_command()
