"""Which hooks cannot run here, for nothing on this machine stands for their image."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from steersman.cluster.launch import default_state_dir
from steersman.cluster.runtimes.images import ImageTable
from steersman.cluster.runtimes.podman.client import base_command
from steersman.manifest.documents import Document
from steersman.manifest.hooks import Hook
from steersman.rehearse.faults import RUN_KINDS, Key, pod_spec

TABLE = "images.yaml"
NO_PROGRAM = "no local program stands for image"  # the kubelet says it so, too


def take_along(folder: Path) -> None:
    """Give the cluster with this state folder the user's own table of images."""
    own = default_state_dir() / TABLE
    if own.is_file():
        shutil.copyfile(own, folder / TABLE)


def lacking(hooks: Iterable[Hook]) -> dict[Key, str]:
    """The hooks that no local program can run, each with why. With podman, none is known to be so beforehand."""
    if base_command() is not None:
        return {}
    table = ImageTable(default_state_dir() / TABLE)
    found: dict[Key, str] = {}
    for hook in hooks:
        if hook.kind not in RUN_KINDS:
            continue
        pod = pod_spec(Document(hook.path, hook.manifest).object)
        containers = [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]
        missing = [image for each in containers if table.find(image := str(each.get("image") or "")) is None]
        if missing:
            found[hook.kind, hook.name] = f'{NO_PROGRAM} "{missing[0]}": add it to images.yaml, or install podman'
    return found
