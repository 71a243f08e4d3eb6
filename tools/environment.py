"""Make the project's virtual environment: `environment.py DIR REQUIREMENT`.

It gets the newest pip at once: the command `steer` as an old one writes it imports `re` before anything is asked of it, and the
setuptools that `venv` brings along before Python 3.12 make themselves heard at each start; together 4 ms. That pip is
installed by the wheel that Python has for its environments (a wheel can be run from its file), or, where Debian's
python3-venv package is missing, by one from PyPI.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tempfile
import urllib.parse
import urllib.request
import venv
from importlib.util import find_spec
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
INSTALL = ("install", "--quiet", "--disable-pip-version-check")


def main(directory: str, requirement: str) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 (whoever runs make may have less)
        print("Steersman needs Python 3.11 or newer: make PYTHON=python3.12 …", file=sys.stderr)
        return 1
    target = Path(directory)
    python = target / "bin" / "python"
    if not python.exists():
        venv.create(target, symlinks=True)
    code = 0 if has_pip(python) else install_pip(python)
    code = code or subprocess.call([python, "-m", "pip", *INSTALL, "--editable", requirement])
    # What pip does for a package that it copies, and not for one that stays where it is. Without it, whoever runs
    # Python with PYTHONDONTWRITEBYTECODE waits at every start for all modules to be compiled.
    return code or subprocess.call([python, "-m", "compileall", "-q", str(PROJECT / "src")])


def has_pip(python: Path) -> bool:
    return subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def install_pip(python: Path) -> int:
    """Install the newest pip with one that is at hand; the exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            wheel = bundled_pip() or download_pip(Path(scratch))
        except OSError as error:
            print(
                f"pip cannot be had from PyPI ({error}): install Debian's python3-venv, which brings one",
                file=sys.stderr,
            )
            return 1
        return subprocess.call([python, f"{wheel}/pip", *INSTALL, "pip"])


def bundled_pip() -> Path | None:
    """The wheel that this Python would put into an environment."""
    found = find_spec("ensurepip")
    folders = [] if found is None or found.origin is None else [Path(found.origin).parent / "_bundled"]
    if shared := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(shared))
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


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
