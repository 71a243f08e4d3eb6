"""Running a command inside a container that already runs, as `kubectl exec` and exec probes do."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import stat
import termios
from dataclasses import dataclass

from steersman.cluster.agent.limits import set_limits
from steersman.cluster.network import namespaces as ns

# The user namespace comes last: the agent's rights over the others come from the namespace that it leaves.
_ENTERED = (
    ("net", ns.CLONE_NEWNET), ("uts", ns.CLONE_NEWUTS), ("ipc", ns.CLONE_NEWIPC), ("pid", ns.CLONE_NEWPID),
    ("cgroup", ns.CLONE_NEWCGROUP), ("mnt", ns.CLONE_NEWNS), ("user", ns.CLONE_NEWUSER),
)  # fmt: skip
_FAILURE = 3
"""The descriptor, beside the three standard ones, that a runner says over why it cannot start its command."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the command runs as in the container: ids as seen there, numbers of capabilities, limits as in `set_limits`."""

    user: int
    group: int
    groups: list[int]
    capabilities: list[int]
    limits: dict[str, int]


@dataclass(frozen=True, slots=True)
class Runner:
    """The process that a command runs below, and a descriptor from which the words are read where the command cannot be started.

    Nothing comes from it, and it ends, as soon as the command runs.
    """

    pid: int
    failure: int


class CannotStart(Exception):
    """The command cannot be started; `str()` says why in runc's words."""


def enter_and_execute(
    pid: int,
    argv: list[str],
    environment: dict[str, str],
    directory: str,
    identity: Identity | None,
    streams: list[int],
) -> Runner:
    """Forks a process that runs `argv` beside `pid`, and exits with its code.

    `identity` is the user and group inside; None stays outside of any sandbox (`--no-sandbox`). A command outlives neither its
    container nor the agent.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    runner = os.fork()
    if runner:
        os.close(writing)
        return Runner(runner, reading)
    try:
        _become(pid, argv, environment, directory, identity, streams, writing)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(_FAILURE, str(error).encode())
    os._exit(126)


def _become(
    pid: int,
    argv: list[str],
    environment: dict[str, str],
    directory: str,
    identity: Identity | None,
    streams: list[int],
    failure: int,
) -> None:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    if failure != _FAILURE:
        os.dup2(failure, _FAILURE, inheritable=False)
    os.closerange(_FAILURE + 1, 65536)
    if identity is not None:
        _enter(pid)
    ns.die_with_parent()
    # A new process id namespace holds only for children, so the command is a child and this process hands on its end.
    command = os.fork()
    if command:
        os.close(_FAILURE)
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
    try:
        os.chdir(directory)
    except OSError as error:
        raise CannotStart(f'chdir to cwd ("{directory}") set in config.json failed: {_words(error)}') from None
    program = find(argv[0], environment.get("PATH", ""))
    try:
        os.execve(program, argv, environment)
    except OSError as error:
        raise CannotStart(f"exec {program}: {_words(error)}") from None


def find(name: str, search_path: str) -> str:
    """The program of that name, looked up as runc does. Raises CannotStart."""
    if "/" in name:
        try:
            _check(name)
        except OSError as error:
            doing = f"stat {name}: " if isinstance(error, FileNotFoundError) else ""
            raise CannotStart(f'exec: "{name}": {doing}{_words(error)}') from None
        return name
    denied = False
    for folder in search_path.split(":"):
        candidate = f"{folder or '.'}/{name}"
        try:
            _check(candidate)
        except PermissionError:
            denied = True
        except OSError:
            continue
        else:
            return candidate
    raise CannotStart(f'exec: "{name}": {"permission denied" if denied else "executable file not found in $PATH"}')


def _check(path: str) -> None:
    """Raises OSError where this is nothing that can be executed."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not mode & 0o111:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _words(error: OSError) -> str:
    """As Go words it."""
    return (error.strerror or str(error)).lower()


def _enter(pid: int) -> None:
    handles: list[tuple[int, int]] = []
    for name, kind in _ENTERED:
        path = f"/proc/{pid}/ns/{name}"
        if os.stat(path).st_ino != os.stat(f"/proc/self/ns/{name}").st_ino:
            handles.append((os.open(path, os.O_RDONLY | os.O_CLOEXEC), kind))
    for descriptor, kind in handles:
        ns.setns(descriptor, kind)
    os.closerange(_FAILURE + 1, 65536)
