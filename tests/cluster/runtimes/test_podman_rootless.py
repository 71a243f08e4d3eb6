"""As root, test_podman once more: by an ordinary user of this machine who has subordinate ids."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from steersman.cluster.runtimes.podman.client import base_command

PROJECT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("podman")]


@pytest.mark.skipif(base_command() is None, reason="needs podman")
@pytest.mark.skipif(os.geteuid() != 0, reason="then test_podman is this test")
def test_all_of_it_as_an_ordinary_user() -> None:
    user = somebody_with_subordinate_ids()
    if user is None or shutil.which("newuidmap") is None:
        pytest.skip("nobody on this machine has subordinate ids, or there is no newuidmap")
    home = Path(tempfile.mkdtemp(prefix="steersman-podman-"))
    try:
        os.chown(home, user.pw_uid, user.pw_gid)
        environment = {
            "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        }  # fmt: skip

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, *arguments], user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd=PROJECT,
                env=environment, capture_output=True, text=True, check=False, timeout=300,
            )  # fmt: skip

        try:
            trial = run("-c", "import pytest, steersman")
        except PermissionError as error:
            pytest.skip(f"{user.pw_name} cannot reach this Python: {error}")
        if trial.returncode:
            pytest.skip(f"{user.pw_name} cannot run this Python: {trial.stderr[-200:]}")
        done = run("-m", "pytest", "-n0", "-p", "no:cacheprovider", "-rs", "tests/cluster/runtimes/test_podman.py")
        assert done.returncode == 0, done.stdout[-3000:]
    finally:
        clean = [*(base_command() or ()), "unshare", "rm", "-rf", str(home)]
        subprocess.run(clean, user=user.pw_uid, env=environment, capture_output=True, check=False)
        shutil.rmtree(home, ignore_errors=True)


def somebody_with_subordinate_ids() -> pwd.struct_passwd | None:
    for line in Path("/etc/subuid").read_text().splitlines() if Path("/etc/subuid").exists() else ():
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(line.partition(":")[0])
    return None
