"""A container's image before its first start: its name looked at, then there or pulled, with the events that tell of it.

Source of the order and the words: the kubelet's image manager (pkg/kubelet/images); the grammar of names is that of
github.com/distribution/reference.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from steersman.cluster.runtimes.images import Image
from steersman.cluster.runtimes.interface import ImageUnavailable

if TYPE_CHECKING:
    from steersman.cluster.kubelet.containers import Container

FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
"""Seconds between two tries to pull."""
_SYNC = 10.0
"""Seconds until a kubelet looks at a Pod again whose image cannot be had however long it waits."""

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_REFERENCE = re.compile(
    rf"(?:{_DOMAIN}(?:\.{_DOMAIN})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/{_PART}(?:/{_PART})*(?::\w[\w.-]{{0,127}})?"
    r"(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


def misnamed(image: str) -> str:
    """Why this is no name of an image, in the kubelet's words; empty where it is one."""
    if re.fullmatch("[a-f0-9]{64}", image):
        why = f"invalid repository name ({image}), cannot specify 64-byte hexadecimal strings"
    else:
        first, slash, rest = image.partition("/")
        is_domain = slash and (set(first) & set(".:") or first == "localhost" or first.lower() != first)
        domain, path = (first, rest) if is_domain else ("docker.io", image)
        if domain in ("docker.io", "index.docker.io") and "/" not in path:
            path = f"library/{path}"
        repository = path.partition(":")[0]
        if repository != repository.lower():
            why = f"invalid reference format: repository name ({repository}) must be lowercase"
        elif not _REFERENCE.fullmatch(f"{domain}/{path}"):
            why = "invalid reference format"
        else:
            return ""
    return f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": {why}'


async def image_of(container: Container) -> Image | None:
    """The image, looked for again and again while there is none; None where the container is to be simulated."""
    reference, policy = container.spec["image"], container.spec.get("imagePullPolicy", "IfNotPresent")
    if words := misnamed(reference):
        await _never_comes(container, "InvalidImageName", "InspectFailed", words)
    pause = FIRST_PAUSE
    while True:
        try:
            image = await container.runtime.image(reference, policy)
        except ImageUnavailable as error:
            if container.may_simulate:
                return None
            reason = str(error)
        else:
            return image
        if policy == "Never":
            words = f'Container image "{reference}" is not present with pull policy of Never'
            words = reason if reason.startswith(words) else f"{words}; {reason}"
            _tell(container, "ErrImageNeverPull", "ErrImageNeverPull", words)
            await asyncio.sleep(_SYNC)
            continue
        container.normal("Pulling", f'Pulling image "{reference}"')
        container.warning("Failed", f'Failed to pull image "{reference}": {reason}')
        container.warning("Failed", "Error: ErrImagePull")
        container.waits("ErrImagePull", reason)
        await asyncio.sleep(min(pause, 1.0))
        container.normal("BackOff", f'Back-off pulling image "{reference}"')
        container.warning("Failed", "Error: ImagePullBackOff")
        container.waits("ImagePullBackOff", f'Back-off pulling image "{reference}": ErrImagePull: {reason}')
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _tell(container: Container, reason: str, event: str, words: str) -> None:
    container.warning(event, words)
    container.warning("Failed", f"Error: {reason}")
    container.waits(reason, words)


async def _never_comes(container: Container, reason: str, event: str, words: str) -> None:
    while True:
        _tell(container, reason, event, words)
        await asyncio.sleep(_SYNC)
