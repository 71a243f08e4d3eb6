"""Waiting for descriptors and for the ends of processes on the agent's event loop, without threads."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import subprocess

CHUNK = 65536


def left_in(pipe: int) -> bytes:
    """All that is in a non-blocking pipe now; not what somebody who still holds its other end may write later."""
    found = b""
    with contextlib.suppress(OSError):  # nothing, or a terminal that nobody holds any more
        if not os.isatty(pipe):
            return os.read(pipe, fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ))
        while data := os.read(pipe, CHUNK):
            found += data
    return found


async def read_up_to(pipe: int, into: bytearray, limit: int) -> None:
    os.set_blocking(pipe, False)
    while True:
        await readable(pipe)
        data = os.read(pipe, CHUNK)
        if not data:
            return
        into += data[: max(0, limit - len(into))]


async def readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def ended(process: subprocess.Popen[bytes]) -> int:
    """Waits for a process without a thread; a signal's death is 128 + its number, as a shell counts."""
    handle = os.pidfd_open(process.pid)
    try:
        await readable(handle)
    finally:
        os.close(handle)
    code = process.wait()
    return 128 - code if code < 0 else code


async def pid_ended(pid: int) -> int:
    """As `ended` for a forked process; cancelled (a timeout), it kills the process."""
    handle = os.pidfd_open(pid)
    try:
        await readable(handle)
    except asyncio.CancelledError:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.close(handle)
        _, status = os.waitpid(pid, 0)  # noqa: ASYNC222 - it has ended
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code
