"""What a hook must not be able to do on a person's machine, tried for real by whoever runs this and by an ordinary user."""

from __future__ import annotations

import json
import os
import pwd
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..workloads import cluster, job  # noqa: TID252

pytestmark = pytest.mark.embedded

SRC = Path(__file__).resolve().parents[3] / "src"
PROJECT = SRC.parent

# Each line is tried in the sandbox; what it prints after its name must be "no".
ATTEMPTS = {
    "read the user's key": 'cat "{home}/.ssh/id_test"',
    "read it by way of process 1": 'cat "/proc/1/root{home}/.ssh/id_test"',
    "read the state of the cluster": 'cat "{state}/service-account.key"',
    "list home folders": "ls /home/* | grep .",
    "read the machine's users": "grep -q ^daemon: /etc/passwd",
    "read the machine's secrets": "cat /etc/shadow",
    "write into a system folder": "touch /usr/bin/steersman-was-here",
    "write into the user's folder": 'touch "{home}/steersman-was-here" && test -e "{home}/.ssh"',
    "write a kernel setting": "echo 1 > /proc/sys/kernel/ns_last_pid",
    "set the core pattern": "echo x > /proc/sys/kernel/core_pattern",
    "kill a process of the user": "kill -0 {victim}",
    "see a process of the user": "grep -l 'steersman-vict[i]m' /proc/[0-9]*/cmdline",
    "reach an outside address": "timeout 3 bash -c 'exec 3<>/dev/tcp/1.1.1.1/53'",
    "reach the machine's loopback": "timeout 3 bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}'",
    "mount something": "mount -t tmpfs none /mnt",
    "become root": "su -c true root </dev/null",
    "have a capability": "grep ^CapEff: /proc/self/status | grep -qv 0000000000000000",
    "make a device": "mknod /tmp/disk b 8 0",
    "write to a read-only volume": "echo x > /readonly/file",
}


async def attempt(home: str) -> dict[str, str]:
    """Tries all of it in one Pod; what each came to."""
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # steersman-victim"])  # noqa: ASYNC220
    listening = socket.create_server(("127.0.0.1", 0))
    try:
        async with cluster() as made:
            if made.workloads.problem:
                return {"problem": made.workloads.problem}
            names = {
                "home": home,
                "state": str(made.kubelet.log_folder.parent),
                "victim": victim.pid,
                "port": listening.getsockname()[1],
            }
            made.create("configmaps", {"metadata": {"name": "c"}, "data": {"file": "y"}})
            lines = [
                f"if ( {command.format(**names)} ) >/dev/null 2>&1; then echo '{name}: yes'; else echo '{name}: no'; fi"
                for name, command in ((name.replace("'", "’"), command) for name, command in ATTEMPTS.items())
            ]
            volumes = {"volumes": [{"name": "c", "configMap": {"name": "c"}}]}
            container = {"volumeMounts": [{"name": "c", "mountPath": "/readonly", "readOnly": True}]}
            made.create("jobs.batch", job("attack", ["bash", "-c", "\n".join(lines)], pod=volumes, container=container))
            await made.finished("attack")
            log = await made.log_of("attack")
    finally:
        victim.kill()
        victim.wait()
        listening.close()
    return dict(line.rsplit(": ", 1) for line in log.splitlines())


def expectations() -> dict[str, str]:
    return {name.replace("'", "’"): "no" for name in ATTEMPTS}


async def test_a_hook_is_shut_in(tmp_path: Path) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_test").write_text("secret")
    came_to = await attempt(str(tmp_path))
    if "problem" in came_to:
        pytest.skip(came_to["problem"])
    assert came_to == expectations()


def ordinary_user() -> pwd.struct_passwd | None:
    """Somebody on this machine who is neither root nor a service."""
    return next((each for each in pwd.getpwall() if 1000 <= each.pw_uid < 60000 and os.path.isdir(each.pw_dir)), None)


@pytest.mark.skipif(os.geteuid() != 0, reason="the test before is this one, for an ordinary user")
def test_a_hook_of_an_ordinary_user_is_shut_in_too(tmp_path: Path) -> None:
    user = ordinary_user()
    python = "/usr/bin/python3"
    if user is None:
        pytest.skip("no ordinary user on this machine")
    folder = Path("/tmp") / f"steersman-security-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / ".ssh").mkdir()
        (folder / ".ssh" / "id_test").write_text("secret")
        folder.chmod(0o755)
        paths = [str(SRC), str(PROJECT), *(each for each in sys.path if each.endswith("site-packages"))]
        code = (
            "import asyncio, json, sys; from tests.cluster.runtimes.test_security import attempt;"
            "print(json.dumps(asyncio.run(attempt(sys.argv[1]))))"
        )
        command = [python, "-P", "-c", code, str(folder)]
        trial = subprocess.run(
            [python, "-P", "-c", "import sys, pytest, aiohttp; print(sys.version_info[:2] == tuple(map(int, sys.argv[1:])))",
             *map(str, sys.version_info[:2])],
            user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True, text=True, check=False,
            env={"PYTHONPATH": ":".join(paths), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        if trial.stdout.strip() != "True":
            pytest.skip(f"{user.pw_name} has no Python that can run this: {trial.stderr[-200:]}")
        done = subprocess.run(
            command, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True, text=True, check=False,
            env={"PYTHONPATH": ":".join(paths), "PATH": "/usr/bin:/bin", "HOME": str(folder)}, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        came_to: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        if "problem" in came_to:
            pytest.skip(came_to["problem"])
        assert came_to == expectations()
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=False)
