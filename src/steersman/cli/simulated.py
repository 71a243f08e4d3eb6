"""What only seems to run: the embedded cluster reports Pods ready whose images it has no program for, and says so on them."""

from __future__ import annotations

import sys
from collections import defaultdict

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.kube.interface import Kubernetes, Object

# What the embedded cluster's kubelet writes on such a Pod.
RUNTIME = "steersman.dev/runtime"
CONTAINERS = "steersman.dev/runtime-containers"


async def tell_simulated(kube: Kubernetes, namespace: str) -> None:
    """Name (on stderr) the images in a namespace that are simulated, with the Pods in which they stand."""
    pods = (await kube.list("v1", "Pod", namespace=namespace)).items
    images: defaultdict[str, list[str]] = defaultdict(list)
    for pod in pods:
        for image in simulated_images(pod):
            images[image].append(pod["metadata"]["name"])
    if not images:
        return
    print("Simulated, for no program of this machine stands for the image:", file=sys.stderr)
    for image, names in sorted(images.items()):
        print(f"  {image} ({', '.join(sorted(names))})", file=sys.stderr)


def simulated_images(pod: Object) -> set[str]:
    metadata = pod["metadata"]
    annotations = metadata.get("annotations") or {}
    if annotations.get(RUNTIME) != "simulated" or "deletionTimestamp" in metadata:
        return set()
    names = set(annotations.get(CONTAINERS, "").split(","))
    spec = pod["spec"]
    containers = [*spec.get("initContainers", []), *spec["containers"]]
    return {container["image"] for container in containers if container["name"] in names}
