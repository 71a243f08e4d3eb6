"""Running a command inside a container that already runs, as `kubectl exec` and exec probes do."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import termios
from dataclasses import dataclass

from steersman.cluster.agent.limits import set_limits
from steersman.cluster.network import namespaces as ns

# The user namespace comes last: the agent's rights over the others come from the namespace that it leaves.
_ENTERED = (
    ("net", ns.CLONE_NEWNET), ("uts", ns.CLONE_NEWUTS), ("ipc", ns.CLONE_NEWIPC), ("pid", ns.CLONE_NEWPID),
    ("cgroup", ns.CLONE_NEWCGROUP), ("mnt", ns.CLONE_NEWNS), ("user", ns.CLONE_NEWUSER),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the command runs as in the container: ids as seen there, numbers of capabilities, limits as in `set_limits`."""

    user: int
    group: int
    groups: list[int]
    capabilities: list[int]
    limits: dict[str, int]


def enter_and_execute(
    pid: int,
    argv: list[str],
    environment: dict[str, str],
    directory: str,
    identity: Identity | None,
    streams: list[int],
) -> int:
    """Forks a process that runs `argv` beside `pid` and answers its process id.

    It exits with the command's code; 126 or 127 mean that it could not be started, as a shell says. `identity` is the user
    and group inside; None stays outside of any sandbox (`--no-sandbox`). A command outlives neither its container nor the agent.
    """
    runner = os.fork()
    if runner:
        return runner
    try:
        _become(pid, argv, environment, directory, identity, streams)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"{error}\n".encode())
    os._exit(126)


def _become(
    pid: int,
    argv: list[str],
    environment: dict[str, str],
    directory: str,
    identity: Identity | None,
    streams: list[int],
) -> None:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    os.closerange(3, 65536)
    if identity is not None:
        _enter(pid)
    ns.die_with_parent()
    # A new process id namespace holds only for children, so the command is a child and this process hands on its end.
    command = os.fork()
    if command:
        _, status = os.waitpid(command, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(128 - code if code < 0 else code)
    os.setsid()
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    if identity is not None:
        set_limits(0, identity.limits)
        ns.keep_only(identity.capabilities)
        with contextlib.suppress(PermissionError):  # an ordinary user's namespace has a single group
            os.setgroups(identity.groups)
        os.setresgid(identity.group, identity.group, identity.group)
        os.setresuid(identity.user, identity.user, identity.user)
    ns.no_new_privileges()
    ns.die_with_parent()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.chdir(directory)
    try:
        os.execvpe(argv[0], argv, environment)
    except FileNotFoundError:
        os.write(2, f'exec: "{argv[0]}": executable file not found in $PATH\n'.encode())
        os._exit(127)


def _enter(pid: int) -> None:
    handles: list[tuple[int, int]] = []
    for name, kind in _ENTERED:
        path = f"/proc/{pid}/ns/{name}"
        if os.stat(path).st_ino != os.stat(f"/proc/self/ns/{name}").st_ino:
            handles.append((os.open(path, os.O_RDONLY | os.O_CLOEXEC), kind))
    for descriptor, kind in handles:
        ns.setns(descriptor, kind)
    os.closerange(3, 65536)
