"""What a request asks for, as an authorizer sees it: read from method, path and query alone.

Source: apiserver's RequestInfo. A path under `/api` or `/apis` names a resource whether it is served or not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from steersman.cluster.access.identity import User
from steersman.errors import Forbidden

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMED = re.compile(r"(?:^|,)metadata\.name={1,2}([^,=!]+)(?:,|$)")


@dataclass(frozen=True, slots=True)
class Attributes:
    """One question to an authorizer: about a resource, or (where `resource` is empty) about a path."""

    user: User
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    path: str = ""

    @property
    def full_resource(self) -> str:
        """`pods/log`: a resource as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def refusal(self) -> str:
        """Who cannot do what, in Kubernetes' words."""
        if not self.resource:
            return f'User "{self.user.name}" cannot {self.verb} path "{self.path}"'
        scope = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        what = f'resource "{self.full_resource}" in API group "{self.group}"'
        return f'User "{self.user.name}" cannot {self.verb} {what} {scope}'

    def forbidden(self, why: str) -> Forbidden:
        """403 about the object that is asked for."""
        qualified = f"{self.resource}.{self.group}" if self.group else self.resource
        subject = f'{qualified} "{self.name}" is ' if self.name else f"{qualified} is " if self.resource else ""
        found = {"name": self.name, "group": self.group, "kind": self.resource}
        details: dict[str, object] = {key: value for key, value in found.items() if value}
        return Forbidden(f"{subject}forbidden: {why}", code=403, reason="Forbidden", details=details)


def attributes_of(user: User, method: str, path: str, query: Mapping[str, str]) -> Attributes:
    """The question that a request is."""
    parts = [part for part in path.strip("/").split("/") if part]
    core = parts[:1] == ["api"]
    if len(parts) < (3 if core else 4) or parts[0] not in ("api", "apis"):
        return Attributes(user, method.lower(), path=path)
    group, rest = ("", parts[2:]) if core else (parts[1], parts[3:])
    verb = _VERBS.get(method, "")
    if rest[0] in ("watch", "proxy") and len(rest) > 1:
        verb, rest = rest[0], rest[1:]
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in ("status", "finalize"):
            rest = rest[2:]
    resource, name, subresource = (*rest, "", "")[:3]
    if not name and verb in ("get", "delete"):
        watched = query.get("watch") in ("1", "true")
        verb = "deletecollection" if verb == "delete" else "watch" if watched else "list"
        found = _NAMED.search(query.get("fieldSelector", "")) if verb != "deletecollection" else None
        name = found.group(1) if found else ""
    return Attributes(user, verb, group, resource, subresource, name, namespace, path)
