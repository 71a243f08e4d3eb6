"""Small plugins, and helm and steer side by side on them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STEER = [sys.executable, "-m", "steersman"]

# Prints its arguments, helm's variables and its input; ends with $CODE.
TELLS = """#!/bin/sh
for a in "$@"; do echo "<$a>"; done
env | grep -E '^(HELM_|KUBECONFIG)' | sort
cat
echo "on stderr" >&2
exit ${CODE:-0}
"""


@dataclass(frozen=True, slots=True)
class Shown:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Pair:
    """The two commands in surroundings of their own, which they share."""

    def __init__(self, helm: Path, folder: Path) -> None:
        self.helm = helm
        self.folder = folder
        self.plugins = folder / "data" / "plugins"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "HELM_DATA_HOME": str(folder / "data"),
            "HELM_CONFIG_HOME": str(folder / "config"),
            "HELM_CACHE_HOME": str(folder / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (folder / "home").mkdir()

    def plugin(self, folder: str, manifest: str, **scripts: str) -> Path:
        """A plugin that is installed; a script `run` becomes the file `run.sh`."""
        return write_plugin(self.plugins / folder, manifest, **scripts)

    def by_helm(self, *words: object, stdin: str = "", **environment: str) -> Shown:
        return self._run([str(self.helm)], words, stdin, environment)

    def by_steer(self, *words: object, stdin: str = "", **environment: str) -> Shown:
        return self._run(STEER, words, stdin, environment)

    def both(self, *words: object, stdin: str = "", **environment: str) -> tuple[Shown, Shown]:
        """(helm's, steer's), with the path of either program masked."""
        return self.by_helm(*words, stdin=stdin, **environment), self.by_steer(*words, stdin=stdin, **environment)

    def _run(self, program: list[str], words: tuple[object, ...], stdin: str, environment: Mapping[str, str]) -> Shown:
        done = subprocess.run(
            [*program, *map(str, words)],
            input=stdin,
            env={**self.environment, **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        out = re.sub("(?m)^HELM_BIN=.*/(helm|steer)$", "HELM_BIN=(itself)", done.stdout)
        return Shown(done.returncode, out, done.stderr)


def write_plugin(folder: Path, manifest: str, **scripts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plugin.yaml").write_text(manifest)
    for name, text in scripts.items():
        script = folder / f"{name}.sh"
        script.write_text(text)
        script.chmod(0o755)
    return folder


def first_error(shown: Shown) -> str:
    """The message after `Error: `."""
    return next((line for line in shown.err.splitlines() if line.startswith("Error: ")), "")
