"""Unpack Debian's MariaDB without root: `mariadb.py [DIR]` prints the folder, for $STEERSMAN_MARIADB.

With it the process runtime runs the images `mysql` and `mariadb`. Where the machine has a MariaDB of its own, nothing is to do.
The folder is kept (default: `.oracle/mariadb` in the project); a second call is free.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# The server, its clients, and the libraries that a small Debian does not have.
PACKAGES = (
    "mariadb-server-core",
    "mariadb-server",
    "mariadb-client-core",
    "mariadb-client",
    "libmariadb3",
    "libaio1",
    "libnuma1",
    "liburing2",
)
DEFAULT = Path(__file__).resolve().parent.parent / ".oracle" / "mariadb"


def mariadb(folder: Path = DEFAULT) -> Path | None:
    """The folder with the unpacked packages; None where this is no Debian, or its packages cannot be reached."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / ".mariadb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # parallel test workers ask at once
        if not folder.exists() and not _unpack(folder):
            return None
    return folder


def _unpack(folder: Path) -> bool:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return False
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        asked = subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=scratch, capture_output=True, check=False)
        packages = sorted(Path(scratch).glob("*.deb"))
        if asked.returncode or len(packages) < len(PACKAGES):
            return False
        root = Path(scratch) / "root"
        for package in packages:
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        root.rename(folder)
    return True


if __name__ == "__main__":
    found = mariadb(Path(sys.argv[1])) if len(sys.argv) > 1 else mariadb()
    if found is None:
        print("mariadb.py: apt-get cannot download Debian's MariaDB here", file=sys.stderr)
        raise SystemExit(1)
    print(found)
