"""Questions that are asked with POST and never stored: may I, may they, what may I, who am I, is this token good."""

from __future__ import annotations

from typing import Any

from steersman.cluster import status
from steersman.cluster.access.attributes import Attributes
from steersman.cluster.access.authentication import Authenticator
from steersman.cluster.access.authorizer import Authorizer
from steersman.cluster.access.identity import User
from steersman.cluster.resources import Resource

Json = dict[str, Any]

RESOURCES = {
    "selfsubjectaccessreviews.authorization.k8s.io",
    "subjectaccessreviews.authorization.k8s.io",
    "localsubjectaccessreviews.authorization.k8s.io",
    "selfsubjectrulesreviews.authorization.k8s.io",
    "tokenreviews.authentication.k8s.io",
    "selfsubjectreviews.authentication.k8s.io",
}


class Reviews:
    """Answers them."""

    def __init__(self, authorizer: Authorizer, authenticator: Authenticator) -> None:
        self._authorizer = authorizer
        self._authenticator = authenticator

    def review(self, resource: Resource, obj: Json, user: User, namespace: str) -> Json:
        """The object with its `status` filled in; `user` asks, in `namespace` ("": none). Raises Invalid."""
        answer: Json = {
            "kind": resource.kind,
            "apiVersion": resource.api_version,
            "metadata": obj.get("metadata") or {},
        }
        spec: Json = obj.get("spec") or {}
        if spec:
            answer["spec"] = spec
        match resource.kind:
            case "SelfSubjectRulesReview":
                answer["status"] = self._rules(user, spec.get("namespace", ""))
            case "SelfSubjectReview":
                answer["status"] = {"userInfo": user.info}
            case "TokenReview":
                answer["status"] = self._token(spec)
            case "SelfSubjectAccessReview":
                answer["status"] = self._access(user, spec, resource, whom=False)
            case _:
                subject = User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""))
                answer["status"] = self._access(subject, spec, resource, whom=True, within=namespace)
        return answer

    def _access(self, user: User, spec: Json, resource: Resource, *, whom: bool, within: str = "") -> Json:
        causes = _causes(spec, whom, within if resource.kind == "LocalSubjectAccessReview" else "")
        if causes:
            raise status.invalid_kind("", resource.group, "", causes)
        decision = self._authorizer.decide(_question(user, spec))
        found: Json = {"allowed": decision.allowed}
        return {**found, "reason": decision.reason} if decision.reason else found

    def _rules(self, user: User, namespace: str) -> Json:
        if not namespace:
            raise status.bad_request("no namespace on request")
        held = self._authorizer.held(user, namespace)
        named = ("verbs", "apiGroups", "resources", "resourceNames")
        found: Json = {
            "resourceRules": [_only(rule, *named) for _, rule in held.rules if rule.get("resources")],
            "nonResourceRules": [
                _only(rule, "verbs", "nonResourceURLs") for _, rule in held.rules if rule.get("nonResourceURLs")
            ],
            "incomplete": False,
        }
        return {**found, "evaluationError": held.problem} if held.missing else found

    def _token(self, spec: Json) -> Json:
        token = spec.get("token", "")
        if not token:
            raise status.bad_request("token is required for TokenReview in authentication")
        user, audiences = self._authenticator.review(token, tuple(spec.get("audiences") or ()))
        if user is None:
            return {"user": {}, "error": "invalid bearer token"}
        return {"authenticated": True, "user": user.info, "audiences": list(audiences)}


def _question(user: User, spec: Json) -> Attributes:
    about: Json = spec.get("resourceAttributes") or {}
    if not about:
        path: Json = spec["nonResourceAttributes"]
        return Attributes(user, path.get("verb", ""), path=path.get("path", ""))
    parts = ("verb", "group", "resource", "subresource", "name", "namespace")
    return Attributes(user, *(about.get(part, "") for part in parts))


def _causes(spec: Json, whom: bool, within: str) -> list[status.Cause]:
    about, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    causes: list[status.Cause] = []
    if about is not None and path is not None:
        detail = "cannot be specified in combination with resourceAttributes"
        causes.append(status.bad_value("spec.nonResourceAttributes", path, detail))
    if about is None and path is None:
        detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        causes.append(status.bad_value("spec.resourceAttributes", "null", detail))
    if whom and not spec.get("user") and not spec.get("groups"):
        causes.append(status.bad_value("spec.user", "", "at least one of user or group must be specified"))
    if within and about is not None and about.get("namespace", "") != within:
        detail = "must match metadata.namespace"
        causes.append(status.bad_value("spec.resourceAttributes.namespace", about.get("namespace", ""), detail))
    return causes


def _only(rule: Json, *parts: str) -> Json:
    return {part: rule[part] for part in parts if rule.get(part)}
