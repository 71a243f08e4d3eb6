"""Questions that are asked with POST and never stored: may I, who am I, is this token good.

Whoever is let in may do everything: the one user of the cluster, and service accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from steersman.cluster.credentials import GROUP, USER
from steersman.cluster.resources import Resource

Json = dict[str, Any]

_ALL = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}

RESOURCES = {
    "selfsubjectaccessreviews.authorization.k8s.io",
    "subjectaccessreviews.authorization.k8s.io",
    "localsubjectaccessreviews.authorization.k8s.io",
    "selfsubjectrulesreviews.authorization.k8s.io",
    "tokenreviews.authentication.k8s.io",
    "selfsubjectreviews.authentication.k8s.io",
}


def user_info(user: str) -> Json:
    """A user and the groups that come with it."""
    if user.startswith("system:serviceaccount:"):
        namespace = user.split(":")[2]
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    else:
        groups = [GROUP] if user == USER else []
    return {"username": user, "groups": [*groups, "system:authenticated"]}


def review(resource: Resource, obj: Json, user: str, known: Callable[[str], str | None]) -> Json:
    """The object with its `status` filled in; `user` asks, `known` says whom an Authorization header names."""
    answer: Json = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": obj.get("metadata") or {}}
    spec: Json = obj.get("spec") or {}
    if spec:
        answer["spec"] = spec
    match resource.kind:
        case "SelfSubjectRulesReview":
            rules = {"resourceRules": [_ALL], "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}]}
            answer["status"] = {**rules, "incomplete": False}
        case "SelfSubjectReview":
            answer["status"] = {"userInfo": user_info(user)}
        case "TokenReview":
            found = known(f"Bearer {spec.get('token', '')}")
            answer["status"] = {"authenticated": True, "user": user_info(found)} if found else {"user": {}}
        case "SelfSubjectAccessReview":
            answer["status"] = {"allowed": True}
        case _:
            subject = str(spec.get("user", ""))
            allowed = (
                subject == USER or subject.startswith("system:serviceaccount:") or GROUP in (spec.get("groups") or ())
            )
            answer["status"] = {"allowed": allowed}
    return answer
