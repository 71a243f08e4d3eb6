"""Make the project's virtual environment: `environment.py DIR REQUIREMENT`.

Works where Debian's python3-venv package is missing, which has Python's own pip: the environment is then made without, and
pip comes from PyPI as the wheel it is (a wheel can be run from its file).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import venv
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main(directory: str, requirement: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 (whoever runs make may have less)
        print("Steersman needs Python 3.11 or newer: make PYTHON=python3.12 …", file=sys.stderr)
        return 1
    target = Path(directory)
    python = target / "bin" / "python"
    if not python.exists():
        venv.create(target, symlinks=True, with_pip=find_spec("ensurepip") is not None)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            pip = ["-m", "pip"] if has_pip(python) else [str(download_pip(Path(scratch))) + "/pip"]
        except OSError as error:
            print(
                f"pip cannot be had from PyPI ({error}): install Debian's python3-venv, which brings one",
                file=sys.stderr,
            )
            return 1
        code = subprocess.call(
            [str(python), *pip, "install", "--quiet", "--disable-pip-version-check", "pip", "--editable", requirement]
        )
    # What pip does for a package that it copies, and not for one that stays where it is. Without it, whoever runs
    # Python with PYTHONDONTWRITEBYTECODE waits at every start for all modules to be compiled.
    return code or subprocess.call([python, "-m", "compileall", "-q", str(PROJECT / "src")])


def has_pip(python: Path) -> bool:
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def download_pip(folder: Path) -> Path:
    index = "https://pypi.org/pypi/pip/json"
    with urllib.request.urlopen(index) as answer:
        files = json.load(answer)["urls"]
    wheel = next(file for file in files if file["packagetype"] == "bdist_wheel")
    path = folder / str(wheel["filename"])
    with urllib.request.urlopen(urllib.parse.urljoin(index, wheel["url"])) as answer:
        path.write_bytes(answer.read())
    return path


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
