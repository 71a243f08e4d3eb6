"""What is refused of a chart's hooks before anything is touched."""

from __future__ import annotations

from steersman.lifecycle.annotations import is_helm_2_crd, require_known
from steersman.lifecycle.common import Wanted
from steersman.lifecycle.policy import Policy
from steersman.manifest.documents import split


def require_valid(wanted: Wanted, policy: Policy) -> None:
    """Policy `rollback`: a manifest that Helm would drop for its unknown hook event is an error.

    Raises HookAnnotationError. (Weights and delete policies are checked where hooks are planned.)
    """
    if policy is Policy.HELM:
        return
    for path, text in wanted.dropped:
        for document in split(path, text):
            require_known(document.object, path)


def helm_2_crds(wanted: Wanted) -> tuple[str, ...]:
    """A warning for each manifest that is skipped because only Helm 2 knew its event."""
    return tuple(
        f"{path}: hook crd-install is Helm 2's and is skipped; move the CRD into crds/"
        for path, text in wanted.dropped
        if any(is_helm_2_crd(document.object) for document in split(path, text))
    )
