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

from steersman.cluster.agent.processes import _open_within

from ..workloads import cluster, job, waiting  # noqa: TID252

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
    "reach the machine's abstract sockets": (
        """python3 -c "import socket; socket.socket(socket.AF_UNIX).connect(b'\\0{abstract}')" """
    ),
    "reach the user's services": "ls /run/user/* /run/docker.sock /var/run/docker.sock /run/dbus 2>/dev/null | grep .",
    "become somebody outside": "su -c true root </dev/null",
    # root of a container has what a container runtime gives it, over what is its own; see capabilities.DEFAULT
    "have a capability": "test $((0x$(awk '/CapEff/ {{print $2}}' /proc/self/status) & ~0xa80425fb)) != 0",
    "make a device": "mknod /tmp/disk b 8 0",
    "see the machine's devices": "ls /dev/mem /dev/kmsg /dev/sd* /dev/vd* /dev/kvm /dev/fuse 2>/dev/null | grep .",
    "make a user namespace": "unshare --user --map-root-user true",
    "unmount something": "umount /proc/sys || umount /usr || mount -o remount,rw /usr",
    "read the administrator's token": "cat '{state}/token' '{state}/kubeconfig'",
    "be somebody to the API server": (
        "curl -fsS -k https://kubernetes.default/api/v1/namespaces/kube-system/secrets -H 'Authorization: Bearer x'"
    ),
    "type into a terminal": "test -t 0 || test -e /dev/tty && (exec 3<>/dev/tty)",
    "leave a core dump": "test $(ulimit -c) != 0",
    "read the kernel's keys": "test -s /proc/keys || test -s /proc/kcore || dmesg",
    "fill the machine's /dev": "echo x > /dev/file",
    "write to a read-only volume": "echo x > /readonly/file",
}


async def attempt(home: str, user: int) -> dict[str, str]:
    """Tries all of it in one Pod, as that user of it; what each came to."""
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # steersman-victim"])  # noqa: ASYNC220
    listening = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0steersman-{os.getpid()}".encode())
    abstract.listen()
    try:
        async with cluster() as made:
            if made.workloads.problem:
                return {"problem": made.workloads.problem}
            names = {
                "home": home,
                "state": str(made.kubelet.log_folder.parent),
                "victim": victim.pid,
                "port": listening.getsockname()[1],
                "abstract": f"steersman-{os.getpid()}",
            }
            made.create("configmaps", {"metadata": {"name": "c"}, "data": {"file": "y"}})
            lines = [
                f"if ( {command.format(**names)} ) >/dev/null 2>&1; then echo '{name}: yes'; else echo '{name}: no'; fi"
                for name, command in ((name.replace("'", "’"), command) for name, command in ATTEMPTS.items())
            ]
            volumes = {"volumes": [{"name": "c", "configMap": {"name": "c"}}]}
            container = {
                "image": "python:3",
                "volumeMounts": [{"name": "c", "mountPath": "/readonly"}],
                "securityContext": {"runAsUser": user},
            }
            made.create("jobs.batch", job("attack", ["bash", "-c", "\n".join(lines)], pod=volumes, container=container))
            await made.finished("attack")
            log = await made.log_of("attack")
    finally:
        victim.kill()
        victim.wait()
        listening.close()
        abstract.close()
    return dict(line.rsplit(": ", 1) for line in log.splitlines())


def expectations() -> dict[str, str]:
    return {name.replace("'", "’"): "no" for name in ATTEMPTS}


USERS = pytest.mark.parametrize("who", [0, 1000])
"""As whom the hook runs: in its own eyes."""


@USERS
async def test_a_hook_is_shut_in(tmp_path: Path, who: int) -> None:
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_test").write_text("secret")
    came_to = await attempt(str(tmp_path), who)
    if "problem" in came_to:
        pytest.skip(came_to["problem"])
    assert came_to == expectations()


def ordinary_user() -> pwd.struct_passwd | None:
    """Somebody on this machine who is neither root nor a service."""
    return next((each for each in pwd.getpwall() if 1000 <= each.pw_uid < 60000 and os.path.isdir(each.pw_dir)), None)


@USERS
@pytest.mark.skipif(os.geteuid() != 0, reason="the test before is this one, for an ordinary user")
def test_a_hook_of_an_ordinary_user_is_shut_in_too(tmp_path: Path, who: int) -> None:
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
            "print(json.dumps(asyncio.run(attempt(sys.argv[1], int(sys.argv[2])))))"
        )
        command = [python, "-P", "-c", code, str(folder), str(who)]
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


async def test_no_more_processes_than_allowed() -> None:
    code = (
        "import os, time\nmade = 0\ntry:\n    while made < 500:\n        if os.fork() == 0: time.sleep(600)\n        made += 1\n"
        "except OSError as error: print(made < 100, error.strerror)"
    )
    async with cluster() as made:
        if made.workloads.machine is None:
            pytest.skip(made.workloads.problem)
        made.workloads.machine.runtime.process_limit = 100
        made.create("jobs.batch", job("bomb", ["python3", "-c", code], image="python:3"))
        await made.finished("bomb")
        assert await made.log_of("bomb") == "True Resource temporarily unavailable\n"


async def test_no_more_storage_than_allowed() -> None:
    script = "head -c 3000000 /dev/zero > /tmp/x; ls -s --block-size=1 /tmp/x | cut -d' ' -f1"
    async with cluster() as made:
        if made.workloads.problem:
            pytest.skip(made.workloads.problem)
        container = {"resources": {"limits": {"ephemeral-storage": "1Mi"}}}
        made.create("jobs.batch", job("fill", ["bash", "-c", script], container=container))
        await made.finished("fill")
        said, size = (await made.log_of("fill")).splitlines()
        assert "No space left on device" in said
        assert int(size) <= 1024 * 1024


async def test_a_link_in_a_volume_leads_nowhere(tmp_path: Path) -> None:
    """The first container plants a link, and the second one's `subPath` goes by it."""
    (tmp_path / "secret").write_text("secret")
    mount = {"name": "v", "mountPath": "/v"}
    first = {
        "name": "first",
        "image": "debian",
        "command": ["ln", "-s", str(tmp_path), "/v/link"],
        "volumeMounts": [mount],
    }
    pod = {"initContainers": [first], "volumes": [{"name": "v", "emptyDir": {}}]}
    container = {"volumeMounts": [{**mount, "subPath": "link"}]}
    async with cluster() as made:
        if made.workloads.problem:
            pytest.skip(made.workloads.problem)
        made.create("jobs.batch", job("follow", ["cat", "/v/secret"], pod=pod, container=container))
        found = await made.pod_of("follow", lambda pod: waiting(pod).get("reason") == "CreateContainerConfigError")
        assert "leads out of its volume" in waiting(found)["message"]


def test_a_link_put_there_after_the_check_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "volume" / "a").mkdir(parents=True)
    opened: list[int] = []
    os.close(_open_within(str(tmp_path / "volume"), "a", opened))
    for path, link in (("a/link", tmp_path), ("b", tmp_path)):
        (tmp_path / "volume" / path).symlink_to(link)
    for path in ("a/link", "b", "b/volume"):
        with pytest.raises(OSError, match=r"link|Not a directory|Too many"):
            _open_within(str(tmp_path / "volume"), path, opened)
    assert len(opened) == 1
