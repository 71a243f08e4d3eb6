"""The images of the lesson's chart, made of what this machine has: no registry is needed to run it in real containers.

One file system holds all of their programs; the images differ in their command, user and environment.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from steersman.cluster.runtimes.built_in import table

_PYTHON = "/usr/bin/python3"


def make(podman: list[str], folder: Path) -> None:
    """Makes the images for podman. Raises LookupError where a program is missing, CalledProcessError."""
    root = folder / "root"
    _fill(root)
    archive = folder / "root.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, ".")
    base = "localhost/steersman-lesson:1"
    _run([*podman, "import", str(archive), base])
    images = {
        "docker.io/library/python:3.12-slim": ["CMD python3"],
        "docker.io/library/postgres:15": [
            "ENV PGDATA=/var/lib/postgresql/data LANG=C", "USER 999", 'ENTRYPOINT ["docker-entrypoint.sh"]', "CMD postgres",
        ],
        "docker.io/library/redis:7": ["WORKDIR /data", 'CMD ["redis-server", "--protected-mode", "no"]'],
        "docker.io/curlimages/curl:8.11.1": ["USER 100:101", 'ENTRYPOINT ["curl"]'],
    }  # fmt: skip
    for name, lines in images.items():
        _run([*podman, "build", "--quiet", "--tag", name, "-"], "\n".join([f"FROM {base}", *lines]))


def _run(command: list[str], given: str = "") -> None:
    subprocess.run(command, input=given, text=True, capture_output=True, check=True)


def _fill(root: Path) -> None:
    busybox = shutil.which("busybox")
    if busybox is None or not os.path.exists(_PYTHON):
        raise LookupError("busybox and Debian's Python are needed")
    programs = root / "usr" / "bin"
    programs.mkdir(parents=True)
    for path in ("etc", "tmp", "proc", "sys", "dev", "data", "var/lib/postgresql/data", "docker-entrypoint-initdb.d"):
        (root / path).mkdir(parents=True)
        (root / path).chmod(0o777)
    (root / "bin").symlink_to("usr/bin")
    (root / "etc" / "passwd").write_text(
        "root:x:0:0:root:/:/bin/sh\npostgres:x:999:999::/:/bin/sh\ncurl_user:x:100:101::/:/bin/sh\n"
    )
    (root / "etc" / "group").write_text("root:x:0:\npostgres:x:999:\ncurl_group:x:101:\n")
    shutil.copy(busybox, programs / "busybox")
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if not (programs / applet).exists():
            (programs / applet).symlink_to("busybox")
    for name in ("python3", "curl", "redis-cli"):
        (programs / name).unlink(missing_ok=True)
    python = os.path.realpath(_PYTHON)
    shutil.copy(python, programs / "python3")
    library = Path("/usr/lib") / Path(python).name
    left_out = shutil.ignore_patterns(
        "test", "__pycache__", "idlelib", "tkinter", "lib2to3", "config-*", "dist-packages"
    )
    shutil.copytree(library, root / library.relative_to("/"), ignore=left_out)
    known = table()
    for source, name in (("curl.py", "curl"), ("redis_cli.py", "redis-cli")):
        script = Path(__file__).resolve().parents[3] / "src/steersman/cluster/runtimes/programs" / source
        (programs / name).write_text(f"#!/usr/bin/python3 -IS\n{script.read_text()}")
        (programs / name).chmod(0o755)
    for image in ("postgres", "redis"):
        for mount in known[image].mounts:  # the wheels' programs find what they need beside them
            if mount.endswith("bin") or "site-packages" in mount:
                shutil.copytree(mount, root / mount.lstrip("/"), symlinks=True, dirs_exist_ok=True)
        for name, target in known[image].programs.items():
            if target.endswith(".sh"):
                shutil.copy(target, programs / name)
                (programs / name).chmod(0o755)
            elif not target.endswith(".py") and not (programs / name).exists():
                (programs / name).symlink_to(target)
    _libraries(root)


def _libraries(root: Path) -> None:
    """Copies the libraries that the programs in it are linked with, and those of Python's extensions."""
    found = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink() and _is_elf(path)]
    for path in found:
        listed = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(?:=> )?(/\S+) \(0x", listed):
            target = root / library.lstrip("/")
            if not library.startswith(str(root)) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, target)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
