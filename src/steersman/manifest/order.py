"""The order of manifests and hooks: Helm's kinds, its stable sorting, and the division of rendered files into both.

Source: the behaviour of helm 4.3.1 (`helm template` over all kinds; releases' records).
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

from .documents import EVENT_ANNOTATION, Document, Head, split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeVar

    from .hooks import Hook

    T = TypeVar("T")

INSTALL_ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)

UNINSTALL_ORDER = (
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
)


def by_kind(items: Iterable[T], kind: Callable[[T], str], order: Sequence[str]) -> list[T]:
    """Items sorted by the place of their kind in `order`; unknown kinds last, by their name; otherwise as they stood."""
    rank = {name: place for place, name in enumerate(order)}
    last = len(rank)

    def key(item: T) -> tuple[int, str]:
        name = kind(item)
        place = rank.get(name, last)
        return place, name if place == last else ""

    return sorted(items, key=key)


def install_order(documents: Iterable[Document]) -> list[Document]:
    return by_kind(documents, lambda document: document.kind, INSTALL_ORDER)


def uninstall_order(documents: Iterable[Document]) -> list[Document]:
    return by_kind(documents, lambda document: document.kind, UNINSTALL_ORDER)


def hook_order(hooks: Iterable[Hook]) -> list[Hook]:
    """Hooks of one event in the order in which they run: by weight, then by name, then as they stand in the release."""
    return sorted(hooks, key=lambda hook: (hook.weight, hook.name))


def sort_manifests(
    files: Mapping[str, str],
    order: Sequence[str] = INSTALL_ORDER,
    dropped: list[Document] | None = None,
    read_head: Callable[[Document], Head] | None = None,
) -> tuple[list[Hook], list[Document]]:
    """Rendered files (path: text) as hooks and manifests, both sorted by kind, as Helm's SortManifests does it.

    Files are taken in the order of their paths; partials (`_name`) are left out, and so is a manifest with a hook event
    that Helm does not know: such are put into `dropped`. NOTES.txt is the caller's to leave out. `read_head` may know a
    document's head without parsing it. Raises YamlError with Helm's message.
    """
    hooks: list[Hook] = []
    manifests: list[Document] = []
    for path in sorted(files, key=lambda path: path.encode("utf-8", "surrogatepass")):
        if path.rpartition("/")[2].startswith("_"):
            continue
        for document in split(path, files[path]):
            if read_head is not None:
                document.know_head(read_head(document))
            if EVENT_ANNOTATION not in document.annotations:
                manifests.append(document)
                continue
            from .hooks import read_hook

            if (hook := read_hook(document)) is not None:
                hooks.append(hook)
            elif dropped is not None:
                dropped.append(document)
    return by_kind(hooks, lambda hook: hook.kind, order), by_kind(manifests, lambda document: document.kind, order)
