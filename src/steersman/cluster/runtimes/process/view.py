"""The file system that a sandboxed container sees, and what a path in it is on this machine.

Read-only system folders, a private writable root in memory, and the Pod's volumes. Nothing of the user's: no home folders, no
/etc of the machine but what programs need to resolve names and check certificates, no other process, no device but the usual.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from steersman.cluster.runtimes.interface import Launch, Mount

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_FROM_ETC = (
    "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ssl/certs", "ssl/openssl.cnf", "ca-certificates",
    "ca-certificates.conf", "pki/tls/certs", "pki/ca-trust/extracted", "crypto-policies", "localtime", "timezone", "services",
    "protocols", "mime.types", "os-release", "debian_version", "terminfo", "bash.bashrc", "profile.d",
)  # fmt: skip
_FOLDERS = (
    "/tmp",
    "/var/tmp",
    "/var/run",
    "/var/lib",
    "/var/log",
    "/var/cache",
    "/run",
    "/home",
    "/root",
    "/opt",
    "/mnt",
    "/srv",
)
# What an OCI runtime hides or makes read-only of /proc; with root's user id /proc/sys would otherwise be writable.
_PROC_READ_ONLY = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi")
_PROC_HIDDEN = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats")

_SHARED_MEMORY = str(64 * 1024 * 1024)
"""Bytes; as container runtimes have it."""

TOOLS = "/opt/steersman/bin"
"""Where the image's programs are; first in PATH, and over /usr/local/bin, where images have theirs."""


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link of the view."""

    target: str
    path: str


@lru_cache(maxsize=1)
def system() -> tuple[tuple[Mount, ...], tuple[Link, ...]]:
    """The read-only part that all containers share."""
    mounts, links = [], []
    for folder in _SYSTEM:
        if os.path.islink(folder):
            links.append(Link(os.readlink(folder), folder))
        elif os.path.isdir(folder):
            mounts.append(Mount(folder, folder, read_only=True))
    for name in _FROM_ETC:
        path = f"/etc/{name}"
        if os.path.exists(path):
            mounts.append(Mount(os.path.realpath(path), path, read_only=True))
    return tuple(mounts), tuple(links)


def view(launch: Launch, tools: str) -> tuple[Mount, ...]:
    """All mounts of a container, outer before inner."""
    needed = [Mount(path, path, read_only=True) for path in launch.image.mounts if not path.startswith("/usr/")]
    local = [Mount(tools, TOOLS, read_only=True)]
    if os.path.isdir("/usr/local/bin") and not any(path.startswith("/usr/local") for path in launch.image.mounts):
        local.append(Mount(tools, "/usr/local/bin", read_only=True))
    local += [Mount(source, path, read_only=True) for path, source in launch.image.files.items()]
    inner = sorted(launch.mounts, key=lambda mount: mount.path.count("/") if mount.path != "/" else 0)
    return (*system()[0], *needed, *local, *inner)


def arguments(launch: Launch, tools: str) -> list[str]:
    """bubblewrap's options for that container's file system and namespaces (but not for who it runs as)."""
    options = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", launch.hostname,
               "--die-with-parent", "--as-pid-1", "--clearenv"]  # fmt: skip
    if not launch.tty:  # else the command makes a session of its own, to have the terminal for itself
        options.append("--new-session")
    options += ["--size", str(launch.storage_limit or _most_storage()), "--tmpfs", "/"]
    for link in system()[1]:
        options += ["--symlink", link.target, link.path]
    options += ["--chmod", "0777", "/", "--dir", "/etc"]
    for folder in (*_FOLDERS, *launch.image.folders):
        options += ["--perms", "1777" if folder in ("/tmp", "/var/tmp") else "0777", "--dir", folder]
    within = [mount for mount in launch.mounts if mount.within]
    for mount in view(launch, tools):
        # bubblewrap would make the folders above a mount for their owner only.
        for parent in reversed(PurePosixPath(mount.path).parents):
            if str(parent) not in ("/", "/etc", "/dev") and not str(parent).startswith(_SYSTEM):
                options += ["--perms", "0777", "--dir", str(parent)]
        if mount.tmpfs:
            options += ["--perms", "1777", "--tmpfs", mount.path]
        else:
            options += _bind(mount, within)
    options += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--size", _SHARED_MEMORY, "--tmpfs", "/dev/shm"]
    for path in _PROC_READ_ONLY:
        if os.path.exists(path):
            options += ["--ro-bind", path, path]
    for path in _PROC_HIDDEN:
        if os.path.exists(path):
            options += ["--ro-bind", "/dev/null", path]
    for mount in launch.mounts:  # what the Pod mounts below /dev comes over the new /dev
        if mount.path.startswith("/dev/") and not mount.tmpfs:
            options += _bind(mount, within)
    options += ["--remount-ro", "/dev"]  # it is in memory as well, and nobody counts what is put there
    if launch.read_only_root:
        options += ["--remount-ro", "/"]
    return options


@lru_cache(maxsize=1)
def _most_storage() -> int:
    """Bytes that a container without a limit may write into its own root, which is in memory: a quarter of the machine's."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4


def _bind(mount: Mount, within: list[Mount]) -> list[str]:
    """`{open:N}` is what the agent opens for the Nth of `within`: bubblewrap itself would follow links put there meanwhile."""
    if mount.within:
        return ["--ro-bind-fd" if mount.read_only else "--bind-fd", f"{{open:{within.index(mount)}}}", mount.path]
    return ["--ro-bind" if mount.read_only else "--bind", mount.source, mount.path]


def resolve(path: str, mounts: tuple[Mount, ...]) -> str | None:
    """Where `path` of the view is on this machine, following links as the container would; None where there is nothing.

    What only lives in the private root (empty at the start) is nothing.
    """
    links = {link.path: link.target for link in system()[1]}
    for _ in range(40):
        walked, rest, source = "", [part for part in path.split("/") if part], None
        target: str | None = None
        for number, part in enumerate(rest):
            walked = os.path.normpath(f"{walked}/{part}")
            source = _source(walked, mounts)
            target = links.get(walked)
            if target is None and source is not None and os.path.islink(source):
                target = os.readlink(source)
            if target is not None:
                path = os.path.normpath("/".join([os.path.join(os.path.dirname(walked), target), *rest[number + 1 :]]))
                break
        if target is None:
            return source if source is not None and os.path.lexists(source) else None
    return None


def _source(path: str, mounts: tuple[Mount, ...]) -> str | None:
    for mount in reversed(mounts):
        if path == mount.path:
            return None if mount.tmpfs else mount.source
        if path.startswith(mount.path.rstrip("/") + "/"):
            return None if mount.tmpfs else mount.source + path[len(mount.path.rstrip("/")) :]
    return None


def find_program(name: str, search_path: str, working_dir: str, mounts: tuple[Mount, ...]) -> None:
    """Checks that the container could start `name`. Raises LookupError with the words runc uses."""
    if "/" in name:
        full = os.path.normpath(os.path.join(working_dir, name))
        found = resolve(full, mounts)
        if found is None:
            raise LookupError(f'exec: "{name}": stat {name}: no such file or directory')
        _check_executable(name, found)
        return
    denied = None
    for folder in search_path.split(":"):
        found = resolve(os.path.normpath(f"{folder or '.'}/{name}"), mounts)
        if found is not None:
            try:
                _check_executable(name, found)
            except LookupError as error:
                denied = error
                continue
            return
    raise denied or LookupError(f'exec: "{name}": executable file not found in $PATH')


def _check_executable(name: str, found: str) -> None:
    mode = os.stat(found).st_mode
    if stat.S_ISDIR(mode):
        raise LookupError(f'exec: "{name}": is a directory')
    if not mode & 0o111:
        raise LookupError(f'exec: "{name}": permission denied')
