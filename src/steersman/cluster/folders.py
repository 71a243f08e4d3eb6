"""Removing folders in which containers of podman have left files of other users."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from steersman.cluster.runtimes.podman.unshare import unshare_command


def remove(folder: Path) -> None:
    """Removes a folder as far as it can be; what belongs to this user's subordinate ids too."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists() and (unshare := unshare_command()):
        subprocess.run([*unshare, "rm", "-rf", "--", str(folder)], capture_output=True, check=False)
