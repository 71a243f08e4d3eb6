"""Starting, finding and stopping the cluster of this user: a daemon that outlives the command that started it.

Its folder ($XDG_STATE_HOME/steersman/cluster, mode 0700) holds the state, the credentials, the kubeconfig and the log. The
daemon holds `daemon.lock` as long as it lives, so whoever finds the lock free knows that there is no server, whatever became
of the last one; `start.lock` makes those wait who start at the same time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import http.client
import json
import os
import select
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steersman.cluster.choice import Choice
from steersman.errors import SteersmanError

READY_SECONDS = 30.0
STOP_SECONDS = 10.0


class ClusterStartError(SteersmanError):
    """The embedded cluster did not come up."""


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A running cluster. `started` says whether this call started it."""

    kubeconfig: Path
    server: str
    pid: int
    started: bool
    allow_network: bool = False
    sandbox: bool = True
    runtime: Choice = "auto"
    problem: str = ""
    """Why no Pod can run, where none can."""


def default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "steersman" / "cluster"


def ensure_running(
    state_dir: Path | None = None, *, allow_network: bool = False, sandbox: bool = True, runtime: Choice = "auto"
) -> ClusterInfo:
    """The running cluster, started first where there is none; returns when it answers requests.

    A cluster that already runs keeps the options it was started with. Raises ClusterStartError.
    """
    folder = _private_folder(state_dir or default_state_dir())
    with _locked(folder / "start.lock"):
        running = _answering(folder)
        if running is not None:
            return running
        arguments = [] if sandbox else ["--no-sandbox"]
        if allow_network:
            arguments.append("--allow-network")
        arguments += ["--runtime", runtime]
        _spawn(folder, arguments)
        found = status(folder)
    if found is None:
        raise _failed(folder, "it ended right after its start")
    return dataclasses.replace(found, started=True)


def status(state_dir: Path | None = None) -> ClusterInfo | None:
    """The running cluster, or None."""
    folder = state_dir or default_state_dir()
    if not _daemon_lives(folder):
        return None
    try:
        found: dict[str, Any] = json.loads((folder / "server.json").read_text())
    except (OSError, ValueError):
        return None  # it is just starting
    return ClusterInfo(folder / "kubeconfig", started=False, **found)


def _answering(folder: Path) -> ClusterInfo | None:
    """The running cluster once it answers; None where there is none, or the one there was has just gone."""
    deadline = time.monotonic() + READY_SECONDS
    while _daemon_lives(folder):
        found = status(folder)
        if found is not None and _answers(folder, found.server):
            return found
        if time.monotonic() > deadline:
            raise _failed(folder, "its server does not answer")
        time.sleep(0.05)
    return None


def _answers(folder: Path, server: str) -> bool:
    """Whether the server says that it is ready: a process that was killed holds its lock for a moment longer."""
    port = int(server.rpartition(":")[2])
    try:
        tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=READY_SECONDS, context=tls)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False


def stop(state_dir: Path | None = None) -> bool:
    """Stop the cluster and all its Pods, keeping the state; False where none was running."""
    folder = state_dir or default_state_dir()
    if not folder.exists():
        return False
    with _locked(folder / "start.lock"):
        return _stop(folder)


def reset(state_dir: Path | None = None) -> None:
    """Stop the cluster and forget everything: objects, volumes, credentials."""
    folder = state_dir or default_state_dir()
    if not folder.exists():
        return
    from steersman.cluster import folders  # which no command but this one needs

    with _locked(folder / "start.lock"):
        _stop(folder)
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                folders.remove(path)
            elif path.name != "start.lock":
                path.unlink(missing_ok=True)


def _stop(folder: Path) -> bool:
    pid = _daemon_pid(folder)
    if pid is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _daemon_lives(folder):
                (folder / "server.json").unlink(missing_ok=True)
                return True
            time.sleep(0.02)
    raise ClusterStartError(f"the cluster's server (process {pid}) does not end")


def _private_folder(folder: Path) -> Path:
    """Raises ClusterStartError where that folder cannot be this user's own."""
    elsewhere = "Another place for it can be chosen with XDG_STATE_HOME."
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.getuid():
            raise ClusterStartError(f"{folder} belongs to another user", hint=elsewhere)
        if found.st_mode & 0o077:
            folder.chmod(0o700)
        (folder / "start.lock").touch()
    except OSError as error:
        words = f"the embedded cluster cannot keep its state in {folder}: {error.strerror}"
        raise ClusterStartError(words, hint=elsewhere) from error
    return folder


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _daemon_lives(folder: Path) -> bool:
    try:
        file = (folder / "daemon.lock").open("r")
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _daemon_pid(folder: Path) -> int | None:
    """The process that holds the lock: it wrote its number into it."""
    if not _daemon_lives(folder):
        return None
    text = (folder / "daemon.lock").read_text().strip()
    return int(text) if text.isdigit() else None


def _spawn(folder: Path, arguments: list[str]) -> None:
    """Start the daemon in a session of its own and wait until it says that it is ready."""
    (folder / "server.json").unlink(missing_ok=True)
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "steersman.cluster", "--state-dir", str(folder), "--ready-fd", str(writing)]
    with (folder / "server.log").open("ab") as log, os.fdopen(reading, "rb") as ready:
        try:
            process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(writing,),
                cwd="/",
            )
        finally:
            os.close(writing)
        if not select.select([ready], [], [], READY_SECONDS)[0]:
            process.kill()
            process.wait()
            raise _failed(folder, f"it was not ready within {READY_SECONDS:.0f} seconds")
        if ready.read(5) != b"ready":
            process.wait()
            raise _failed(folder, "its server ended")
    # The daemon is meant to outlive this process; nobody has to wait for it.
    process.returncode = 0


def _failed(folder: Path, why: str) -> ClusterStartError:
    log = folder / "server.log"
    lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
    last = f": {lines[-1]}" if lines else ""
    return ClusterStartError(f"the embedded cluster did not start: {why}{last}", hint=f"The whole log is in {log}.")
