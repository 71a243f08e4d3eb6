"""The daemon of one user: started once, found again, safe from what an earlier one left behind and from other users."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from steersman.cluster import launch

pytestmark = pytest.mark.embedded


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "cluster"
    launch.reset(tmp_path / "cluster")


def ask(folder: Path, server: str, path: str, headers: dict[str, str]) -> int:
    """The code of an answer."""
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    connection = http.client.HTTPSConnection("127.0.0.1", int(server.rpartition(":")[2]), context=tls, timeout=30)
    connection.request("GET", path, headers=headers)
    return connection.getresponse().status


def test_starts_at_the_same_time_give_one_server_which_only_its_user_can_use(folder: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: launch.ensure_running(folder), range(4)))
    assert len({each.pid for each in found}) == 1
    assert sum(each.started for each in found) == 1
    server, secrets = found[0].server, "/api/v1/namespaces/default/secrets"
    token = json.loads(found[0].kubeconfig.read_text())["users"][0]["user"]["token"]
    assert ask(folder, server, secrets, {"Authorization": f"Bearer {token}"}) == 200
    assert ask(folder, server, secrets, {}) in (401, 403)
    assert ask(folder, server, secrets, {"Authorization": f"Bearer {token}x"}) in (401, 403)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    readable = [each.name for each in folder.iterdir() if each.is_file() and stat.S_IMODE(each.stat().st_mode) & 0o077]
    assert set(readable) <= {"start.lock", "server.log", "daemon.lock"}
    if os.geteuid() == 0:
        other = subprocess.run(
            ["cat", str(found[0].kubeconfig)], user=65534, group=65534, capture_output=True, check=False
        )
        assert other.returncode != 0


def test_what_an_earlier_server_left_is_not_believed(folder: Path) -> None:
    """Its process id is another's by now, and so is its port."""
    folder.mkdir(mode=0o700)
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    try:
        (folder / "daemon.lock").write_text(str(victim.pid))
        left = {"server": f"https://127.0.0.1:{port}", "pid": victim.pid, "allow_network": False, "sandbox": True}
        (folder / "server.json").write_text(json.dumps(left))
        (folder / "port").write_text(str(port))
        assert launch.status(folder) is None
        assert launch.stop(folder) is False
        info = launch.ensure_running(folder)
        assert info.started
        assert info.server != left["server"]
        assert info.pid != victim.pid
        assert launch.stop(folder) is True
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()
        taken.close()
