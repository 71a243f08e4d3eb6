"""Rights that ServiceAccounts have in the real cluster without the release's doing: the rehearsal has them, too."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from steersman.errors import AlreadyExists, KubernetesError, NotFound
from steersman.kube.interface import Kubernetes, Object, ObjectRef

_API = "rbac.authorization.k8s.io/v1"
_OWNER = "meta.helm.sh/release-name"
_PARTS = ("roleRef", "subjects", "rules", "automountServiceAccountToken")


async def existing_rights(kube: Kubernetes, release: str, namespace: str) -> list[Object]:
    """ServiceAccounts, roles and bindings, in the order in which they can be created; what may not be read is left out."""
    accounts = [each async for each in _all(kube, "v1", "ServiceAccount", namespace)]
    bindings = [each async for each in _all(kube, _API, "RoleBinding", namespace)]
    bindings += [each async for each in _all(kube, _API, "ClusterRoleBinding", None)]
    wanted = [each for each in bindings if any(_is_of(subject, namespace) for subject in each.get("subjects") or ())]
    roles: dict[tuple[str, str], Object] = {}
    for binding in wanted:
        reference = binding["roleRef"]
        key = reference["kind"], reference["name"]
        if key not in roles:
            where = namespace if reference["kind"] == "Role" else None
            with suppress(KubernetesError):
                roles[key] = await kube.get(ObjectRef(_API, *key, where))
    found = [*accounts, *roles.values(), *wanted]
    return [_bare(each) for each in found if not _brought(each, release)]


async def _all(kube: Kubernetes, api_version: str, kind: str, namespace: str | None) -> AsyncIterator[Object]:
    with suppress(KubernetesError):
        found = await kube.list(api_version, kind, namespace=namespace)
        for each in found.items:
            yield {"apiVersion": api_version, "kind": kind, **each}


def _is_of(subject: Object, namespace: str) -> bool:
    if subject.get("kind") == "Group":
        return subject.get("name") == f"system:serviceaccounts:{namespace}"
    return subject.get("kind") == "ServiceAccount" and subject.get("namespace", namespace) == namespace


def _brought(obj: Object, release: str) -> bool:
    """Whether the release's own chart creates it, or every cluster has it."""
    meta = obj["metadata"]
    default = (meta.get("labels") or {}).get("kubernetes.io/bootstrapping") == "rbac-defaults"
    return default or (meta.get("annotations") or {}).get(_OWNER) == release


def _bare(obj: Object) -> Object:
    meta = {key: obj["metadata"][key] for key in ("name", "namespace", "labels") if obj["metadata"].get(key)}
    parts = {key: obj[key] for key in _PARTS if obj.get(key)}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": meta, **parts}


async def grant(kube: Kubernetes, rights: Sequence[Object]) -> None:
    """Create them where they are not there yet."""
    for each in rights:
        with suppress(AlreadyExists, NotFound):
            await kube.create(each)
