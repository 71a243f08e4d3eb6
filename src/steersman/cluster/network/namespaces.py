"""User and network namespaces of the calling process, through libc (Python 3.11 has no `os.setns`)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Collection, Iterator
from contextlib import contextmanager

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x8, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_KEYCTL_JOIN_SESSION_KEYRING = 1
_SYS_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280, "armv7l": 311, "i686": 288}

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _checked(_libc.setns(descriptor, kind), "setns")


def die_with_parent() -> None:
    """The kernel kills this process as soon as the thread that started it is gone, however that came about."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def no_new_privileges() -> None:
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def keep_only(capabilities: Collection[int]) -> None:
    """What this process executes from now on never has any other capability (numbers of linux/capability.h)."""
    for number in range(64):
        if number not in capabilities:
            _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # fails past the last one that the kernel knows


def leave_session_keyring() -> None:
    """Takes an empty keyring for the user's, which holds their Kerberos tickets and disk keys, where there are keyrings."""
    if (call := _SYS_KEYCTL.get(os.uname().machine)) is not None:
        _libc.syscall(call, _KEYCTL_JOIN_SESSION_KEYRING, None)


def new_user_namespace(base: int, size: int) -> int:
    """A descriptor of a new user namespace in which ids from 0 are those of this one from `base`; the caller stays outside.

    No further user namespace can be made in it. Raises OSError where the ids cannot be had.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    made_reading, made_writing = os.pipe2(os.O_CLOEXEC)
    child = os.fork()
    if child == 0:
        try:
            unshare(CLONE_NEWUSER)
            os.write(made_writing, b"1")
            os.read(reading, 1)
            with contextlib.suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as setting:
                setting.write("0")
            os.write(made_writing, b"2")
            os.read(reading, 1)
        finally:
            os._exit(0)
    os.close(made_writing)
    try:
        if not os.read(made_reading, 1):
            raise OSError("no user namespace could be made")
        for file in ("uid_map", "gid_map"):
            with open(f"/proc/{child}/{file}", "w") as out:
                out.write(f"0 {base} {size}")
        os.write(writing, b"1")
        os.read(made_reading, 1)
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        for descriptor in (reading, writing, made_reading):
            os.close(descriptor)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def enter_user_and_network_namespace() -> None:
    """Moves this (single-threaded) process into new user and network namespaces, in which it is root.

    Only its own user and group are mapped, which the kernel lets anybody do. Raises OSError where it does not.
    """
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    for file, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{file}", "w") as out:
            out.write(text)


class ProcCovered(OSError):
    """Containers cannot have a /proc of their own."""


def check_proc() -> None:
    """Tries to give a new process id namespace its own /proc. Raises ProcCovered where the kernel does not let it.

    It does not where parts of the present /proc are covered by other mounts, as in most containers: a fresh one would show them.
    """
    child = os.fork()
    if child == 0:
        try:
            unshare(CLONE_NEWPID | CLONE_NEWNS)
            if (inner := os.fork()) == 0:
                _checked(_libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "mount")
                _checked(_libc.mount(b"proc", b"/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, None), "mount")
                os._exit(0)
            os._exit(os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]))
        except OSError as error:
            os._exit(error.errno or 1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise ProcCovered(code, f"no /proc of their own can be mounted for Pods: {os.strerror(abs(code))}")


def open_network_namespace() -> int:
    """A descriptor of the network namespace the calling thread is in; the namespace lives as long as it is open."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def new_network_namespace() -> int:
    """A descriptor of a new network namespace; the caller stays where it is."""
    here = open_network_namespace()
    try:
        unshare(CLONE_NEWNET)
        return open_network_namespace()
    finally:
        setns(here, CLONE_NEWNET)
        os.close(here)


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Runs the block in that network namespace. Nothing may be awaited in it: all of the process is there meanwhile."""
    here = open_network_namespace()
    try:
        setns(namespace, CLONE_NEWNET)
        yield
    finally:
        setns(here, CLONE_NEWNET)
        os.close(here)
