"""Starting the node agent's process.

The server does so before it imports most of itself, so that both get ready at the same time: nothing heavy may be imported here.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Mode = Literal["root", "user", "plain"]
"""`root`: as root, network namespaces only; containers change to another user. `user`: as anybody, in a user namespace.
`plain`: no namespaces at all (`--no-sandbox`)."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run an agent. `within` is a command that runs another one in a user namespace with many users."""

    mode: Mode
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A process that was started and has not said yet whether it could do what it has to."""

    way: Way
    process: subprocess.Popen[bytes]
    control: socket.socket
    descriptors: socket.socket


def ways(*, sandbox: bool, within: Sequence[str] = ()) -> list[Way]:
    """All ways that might work for this user, the best one first."""
    if not sandbox:
        return [Way("plain")]
    ordinary = [Way("user")]
    if os.geteuid() == 0:
        return [Way("root"), *ordinary] if shutil.which("setpriv") else ordinary
    return [Way("user", tuple(within)), *ordinary] if within else ordinary


def begin(way: Way, *, way_out: bool) -> Begun:
    """With a `way_out`, Pods reach addresses outside the cluster."""
    control, its_control = socket.socketpair()
    descriptors, its_descriptors = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its_control, its_descriptors:
        process = subprocess.Popen(
            [
                *way.within, sys.executable, "-P", "-m", "steersman.cluster.agent",
                str(its_control.fileno()), str(its_descriptors.fileno()), way.mode,
                *(["way-out"] if way_out else []), *(["within"] if way.within else []),
            ],
            pass_fds=(its_control.fileno(), its_descriptors.fileno()),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    return Begun(way, process, control, descriptors)
