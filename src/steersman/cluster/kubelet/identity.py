"""Who a container runs as: what the Pod says, else its image.

Source of the rules and words: kubelet's `verifyRunAsNonRoot` (pkg/kubelet/kuberuntime/security_context.go).
"""

from __future__ import annotations

from typing import Any

from steersman.cluster.kubelet.environment import ConfigError
from steersman.cluster.machinery import Json
from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import Identity


def of(pod: Json, container: Json, image: Image) -> Identity:
    """Raises ConfigError where the container must not be root and would be."""
    pod_wide: Json = pod["spec"].get("securityContext") or {}
    own: Json = container.get("securityContext") or {}

    def setting(name: str) -> Any:
        return own.get(name, pod_wide.get(name))

    asked = setting("runAsUser")
    if setting("runAsNonRoot"):
        _check_not_root(pod, container, asked, image)
    image_user, image_group = _ids(image.user)
    user = image_user if asked is None else int(asked)
    group = setting("runAsGroup")
    if group is None:
        group = image_group if asked is None else 0
    groups = [*(pod_wide.get("supplementalGroups") or ()), *([pod_wide["fsGroup"]] if "fsGroup" in pod_wide else [])]
    capabilities: Json = own.get("capabilities") or {}
    if user == 0 and image.service_user and _by_its_entrypoint(container, image):
        user = group = image.service_user
    return Identity(
        user, int(group), tuple(int(each) for each in groups), asked=asked is not None or setting("runAsGroup") is not None,
        added=tuple(capabilities.get("add") or ()), dropped=tuple(capabilities.get("drop") or ()),
    )  # fmt: skip


def _ids(user: str) -> tuple[int, int]:
    """An image's `USER` as numbers: root for none, and for a name, which only its own /etc/passwd knows."""
    first, _, second = user.partition(":")
    return int(first) if first.isdigit() else 0, int(second) if second.isdigit() else 0


def _by_its_entrypoint(container: Json, image: Image) -> bool:
    """Whether the image's own entrypoint runs, which would become its service's user at once."""
    command = container.get("command") or ()
    return not command or (bool(image.entrypoint) and command[0].rpartition("/")[2] == image.entrypoint[0])


def _check_not_root(pod: Json, container: Json, asked: int | None, image: Image) -> None:
    meta = pod["metadata"]
    where = f'(pod: "{meta["name"]}_{meta["namespace"]}({meta["uid"]})", container: {container["name"]})'
    if asked is not None:
        if asked == 0:
            raise ConfigError(f"container's runAsUser breaks non-root policy {where}")
        return
    name = image.user.partition(":")[0]
    if name in ("", "0", "root"):
        raise ConfigError(f"container has runAsNonRoot and image will run as root {where}")
    if not name.isdigit():
        raise ConfigError(
            f"container has runAsNonRoot and image has non-numeric user ({name}), cannot verify user is non-root {where}"
        )
