"""Linux capabilities of containers: those that a container runtime gives to root, less and more as the Pod says.

Source of the names and numbers: linux/capability.h; of the default set: containerd (`oci.WithDefaultUnixCaps`).
"""

from __future__ import annotations

from collections.abc import Iterable

_NAMES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
    "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
    "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
)  # fmt: skip
NUMBERS = {name: number for number, name in enumerate(_NAMES)}
DEFAULT = frozenset({
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
    "SYS_CHROOT", "KILL", "AUDIT_WRITE",
})  # fmt: skip


def effective(added: Iterable[str], dropped: Iterable[str]) -> frozenset[str]:
    """What `capabilities.add` and `.drop` leave of the default set.

    Nothing outside of it can be added: in the sandbox there is no device, no mount and no network that it would be good for,
    and without it root has less to attack the kernel with.
    """
    without = {_plain(name) for name in dropped}
    kept = frozenset() if "ALL" in without else DEFAULT - without
    wanted = {_plain(name) for name in added}
    return kept | (DEFAULT if "ALL" in wanted else DEFAULT & wanted)


def withheld(added: Iterable[str]) -> list[str]:
    """Of `capabilities.add`, what `effective` leaves out."""
    return sorted({_plain(name) for name in added} - DEFAULT - {"ALL"})


def _plain(name: str) -> str:
    return name.upper().removeprefix("CAP_")
