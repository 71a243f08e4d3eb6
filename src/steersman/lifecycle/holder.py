"""Who holds a lease, and whether that process can be known to be dead from here."""

from __future__ import annotations

import os

from steersman.plain_json import dumps, loads
from steersman.record import asdict, record


@record(frozen=True, slots=True)
class Holder:
    """A process. `boot` and `space` (the kernel's boot and pid namespace) say whether `pid` means anything here; `started` is
    the process's start in clock ticks since boot, for pids are used again. `id` tells two holders in one process apart."""

    user: str
    host: str
    pid: int
    boot: str = ""
    space: str = ""
    started: str = ""
    id: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (pid {self.pid})"

    def to_json(self) -> str:
        return dumps(asdict(self))


def this_process() -> Holder:
    pid = os.getpid()
    return Holder(
        user=_user(),
        host=os.uname().nodename,
        pid=pid,
        boot=_boot(),
        space=_space(),
        started=_started(pid) or "",
        id=os.urandom(16).hex(),
    )


def from_json(text: str) -> Holder | None:
    try:
        return Holder(**loads(text))
    except (ValueError, TypeError):
        return None


def known_dead(holder: Holder) -> bool:
    """True only where it is certain: the process ran on this very kernel, in our pid namespace, and is no more."""
    if not holder.boot or holder.boot != _boot() or holder.space != _space():
        return False
    return _started(holder.pid) != holder.started


def _user() -> str:
    """As getpass.getuser finds it, without what that module imports for passwords."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if name := os.environ.get(variable):
            return name
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return str(os.getuid())


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id").strip()


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Field 22 of /proc/PID/stat; None when there is no such process, or only its body that nobody has buried."""
    stat = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return None if not stat or stat[0] in "ZX" else stat[19]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
