"""Users as the API server knows them: a name, groups, and what goes with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from steersman.cluster.credentials import GROUP, USER

Json = dict[str, Any]

MASTERS = GROUP
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """Whoever sends a request. `extra` is what an authenticator adds (which Pod a token belongs to)."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def is_master(self) -> bool:
        """Whether no authorizer is asked."""
        return MASTERS in self.groups

    @property
    def info(self) -> Json:
        """As `userInfo` in reviews of all kinds."""
        found: Json = {"username": self.name, "uid": self.uid, "groups": list(self.groups)}
        found["extra"] = {key: list(values) for key, values in self.extra.items()}
        return {key: value for key, value in found.items() if value}


ADMIN = User(USER, (MASTERS, AUTHENTICATED))
ANONYMOUS = User("system:anonymous", (UNAUTHENTICATED,))


def account_name(namespace: str, name: str) -> str:
    """The user name of a ServiceAccount."""
    return f"{_ACCOUNT}{namespace}:{name}"


def account_groups(namespace: str) -> tuple[str, ...]:
    return "system:serviceaccounts", f"system:serviceaccounts:{namespace}"


def account_of(user: str) -> tuple[str, str] | None:
    """Namespace and name of the ServiceAccount that is the user; None for any other user."""
    if not user.startswith(_ACCOUNT):
        return None
    namespace, separator, name = user.removeprefix(_ACCOUNT).partition(":")
    return (namespace, name) if separator and namespace and name and ":" not in name else None
