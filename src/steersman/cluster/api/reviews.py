"""Questions that are asked with POST and never stored: may I, who am I, is this token good.

There is one user, who may do everything; all other tokens are nobody's.
"""

from __future__ import annotations

from typing import Any

from steersman.cluster.credentials import GROUP, USER, Credentials
from steersman.cluster.resources import Resource

Json = dict[str, Any]

_ALL = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_USER: Json = {"username": USER, "groups": [GROUP, "system:authenticated"]}

RESOURCES = {
    "selfsubjectaccessreviews.authorization.k8s.io",
    "subjectaccessreviews.authorization.k8s.io",
    "localsubjectaccessreviews.authorization.k8s.io",
    "selfsubjectrulesreviews.authorization.k8s.io",
    "tokenreviews.authentication.k8s.io",
    "selfsubjectreviews.authentication.k8s.io",
}


def review(resource: Resource, obj: Json, credentials: Credentials) -> Json:
    """The object with its `status` filled in."""
    answer: Json = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": obj.get("metadata") or {}}
    spec: Json = obj.get("spec") or {}
    if spec:
        answer["spec"] = spec
    match resource.kind:
        case "SelfSubjectRulesReview":
            rules = {"resourceRules": [_ALL], "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}]}
            answer["status"] = {**rules, "incomplete": False}
        case "SelfSubjectReview":
            answer["status"] = {"userInfo": _USER}
        case "TokenReview":
            good = credentials.accepts(f"Bearer {spec.get('token', '')}")
            answer["status"] = {"authenticated": True, "user": _USER} if good else {"user": {}}
        case "SelfSubjectAccessReview":
            answer["status"] = {"allowed": True}
        case _:
            allowed = spec.get("user") == USER or GROUP in (spec.get("groups") or ())
            answer["status"] = {"allowed": allowed}
    return answer
