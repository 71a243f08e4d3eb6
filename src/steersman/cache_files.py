"""Files below the user's cache folder: read only if they belong to this user and nobody else could have written them."""

from __future__ import annotations

import os


def cache_folder() -> str:
    """The folder for everything that can be made again: $XDG_CACHE_HOME/steersman."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return f"{base}/steersman"


def is_own(status: os.stat_result) -> bool:
    """Whether a file or folder is this user's, and nobody else can write to it."""
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o022)


def open_own(path: str) -> int | None:
    """A descriptor to read a file by; None where there is none, or it or its folder is not ours alone."""
    try:
        if not is_own(os.stat(os.path.dirname(path))):
            return None
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    if is_own(os.fstat(file)):
        return file
    os.close(file)
    return None


def can_write(path: str) -> bool:
    """Whether a file can be written, its folder ours alone; the folder is made where there is none."""
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        return is_own(os.stat(folder)) and os.access(folder, os.W_OK)
    except OSError:
        return False


def write_own(path: str, content: bytes, *, lasting: bool = False) -> None:
    """Write a file, where that can be done: readers and other writers see either the old file or the new. `lasting`: even if the
    machine stops in the middle."""
    if not can_write(path):
        return
    scratch = f"{path}.{os.getpid()}"
    try:
        with open(scratch, "wb", opener=_private) as file:
            file.write(content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError:  # a full disk: nothing is to be left of it
        try:  # noqa: SIM105 (contextlib would be imported before the bundle is there to give it)
            os.unlink(scratch)
        except OSError:
            pass


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
