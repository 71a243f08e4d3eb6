"""The podman command: what is asked of it, and its answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import subprocess
from typing import Any

from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import ImageUnavailable


def base_command() -> list[str] | None:
    """How to call podman here; None where it is not installed. Under hybrid control groups only runc works."""
    program = shutil.which("podman")
    if program is None:
        return None
    hybrid = os.path.isdir("/sys/fs/cgroup/unified")
    return [program, "--runtime", "runc"] if hybrid and shutil.which("runc") else [program]


def limits_hold() -> bool:
    """Whether podman can limit memory and cores: root always, anybody else with control groups of version 2 alone."""
    return os.geteuid() == 0 or os.path.exists("/sys/fs/cgroup/cgroup.controllers")


def environment() -> dict[str, str]:
    """What podman needs of this process' environment to find its user's images and containers."""
    wanted = (
        "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR", "CONTAINERS_CONF",
        "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF", "REGISTRY_AUTH_FILE", "DBUS_SESSION_BUS_ADDRESS",
    )  # fmt: skip
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {"HOME": "/root", "PATH": f"{path}:/usr/sbin:/usr/bin:/sbin:/bin"} | {
        name: os.environ[name] for name in wanted if name in os.environ
    }


def own_limits() -> list[str]:
    """Limits that we may set: podman's defaults are higher, and refused on machines that are confined themselves."""
    options = []
    for name, kind, usual in (("nofile", resource.RLIMIT_NOFILE, 65536), ("nproc", resource.RLIMIT_NPROC, 32768)):
        _, hard = resource.getrlimit(kind)
        most = usual if hard == resource.RLIM_INFINITY else min(hard, usual)
        options += ["--ulimit", f"{name}={most}:{most}"]
    return options


async def run(command: list[str], *arguments: str, timeout: float | None = 60.0) -> tuple[int, str, str]:
    """(exit code, output, error output). Raises TimeoutError, having killed it."""
    process = await asyncio.create_subprocess_exec(
        *command, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        out, error = await asyncio.wait_for(process.communicate(), timeout)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out.decode(errors="replace"), error.decode(errors="replace")


async def inspect_image(command: list[str], reference: str) -> Image | None:
    """The image, where podman has it."""
    code, out, _ = await run(command, "image", "inspect", reference)
    if code != 0:
        return None
    config: dict[str, Any] = json.loads(out)[0].get("Config") or {}
    variables = dict(each.split("=", 1) for each in config.get("Env") or () if "=" in each)
    return Image(
        reference,
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        env=variables,
        working_dir=config.get("WorkingDir") or "/",
        user=config.get("User") or "",
        container_image=reference,
    )


async def pull(command: list[str], reference: str) -> Image:
    """Raises ImageUnavailable with podman's words."""
    try:
        code, _, error = await run(command, "pull", "--quiet", reference, timeout=600.0)
    except TimeoutError:
        raise ImageUnavailable(f"pulling {reference} took longer than ten minutes") from None
    found = await inspect_image(command, reference) if code == 0 else None
    if found is None:
        lines = [line for line in error.splitlines() if line.strip()]
        raise ImageUnavailable(lines[-1].removeprefix("Error: ") if lines else f"podman could not pull {reference}")
    return found
