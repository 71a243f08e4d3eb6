"""Whose an object is: the label and annotations by which Helm knows the objects of a release."""

from __future__ import annotations

from steersman.errors import NotFound, OwnershipError
from steersman.kube.interface import Kubernetes, Object, ObjectRef

MANAGED_BY = "app.kubernetes.io/managed-by"
RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"


def owned(obj: Object, release: str, namespace: str) -> Object:
    """A copy of `obj` that is marked as the release's (`namespace` is the release's)."""
    metadata = dict(obj.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY: "Helm"}
    marks = {RELEASE_NAME: release, RELEASE_NAMESPACE: namespace}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}
    return {**obj, "metadata": metadata}


def ownership_problems(live: Object, release: str, namespace: str) -> list[str]:
    """What says that `live` is not the release's, in Helm's words; empty if it is."""
    metadata = live.get("metadata") or {}
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    checks = [
        ("label", labels, MANAGED_BY, "Helm"),
        ("annotation", annotations, RELEASE_NAME, release),
        ("annotation", annotations, RELEASE_NAMESPACE, namespace),
    ]
    problems = []
    for what, found, key, wanted in checks:
        if key not in found:
            problems.append(f'{what} validation error: missing key "{key}": must be set to "{wanted}"')
        elif found[key] != wanted:
            problems.append(
                f'{what} validation error: key "{key}" must equal "{wanted}": current value is "{found[key]}"'
            )
    return problems


async def existing(
    kube: Kubernetes, ref: ObjectRef, *, release: str, namespace: str, action: str, take_ownership: bool = False
) -> Object | None:
    """The live object where there is one that the release may take over, None where there is none.

    `action` is `install` or `update`, for Helm's message. Raises OwnershipError where it belongs to something else.
    """
    try:
        live = await kube.get(ref)
    except NotFound:
        return None
    if not take_ownership and (problems := ownership_problems(live, release, namespace)):
        within = f' in namespace "{ref.namespace}"' if ref.namespace else ' in namespace ""'
        raise OwnershipError(
            f'unable to continue with {action}: {ref.kind} "{ref.name}"{within} exists and cannot be imported into the '
            f"current release: invalid ownership metadata; {'; '.join(problems)}",
            release=release,
            hint="Delete or rename it, or let the release take it over with --take-ownership.",
        )
    return live
