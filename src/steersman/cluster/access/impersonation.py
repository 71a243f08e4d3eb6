"""Acting as somebody else: `kubectl --as`, `--as-group`, `--as-uid`, `--as-user-extra`.

Source: kubernetes.io "User impersonation". The one who asks needs the verb `impersonate` for each thing that is claimed.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from multidict import CIMultiDictProxy

from steersman.cluster.access.attributes import Attributes
from steersman.cluster.access.authorizer import Authorizer
from steersman.cluster.access.identity import (
    ANONYMOUS,
    AUTHENTICATED,
    UNAUTHENTICATED,
    User,
    account_groups,
    account_of,
)
from steersman.errors import ApiError

_USER, _GROUP, _UID = "Impersonate-User", "Impersonate-Group", "Impersonate-Uid"
_EXTRA = "impersonate-extra-"
_REVIEWS = "authentication.k8s.io"


def wanted(headers: CIMultiDictProxy[str]) -> bool:
    """Whether a request asks for it at all."""
    return any(name.lower().startswith("impersonate-") for name in headers)


def impersonate(user: User, headers: CIMultiDictProxy[str], authorizer: Authorizer) -> User:
    """Whom the request is to be taken for. Raises Forbidden, and ApiError (500) where no user is named."""
    name, groups, uid = headers.get(_USER, ""), tuple(headers.getall(_GROUP, ())), headers.get(_UID, "")
    extra = dict(_extra(headers))
    if not name:
        if groups or uid or extra:
            claimed = [f"{{Group  {group}    }}" for group in groups] + [f"{{UID  {uid}    }}"] * bool(uid)
            raise ApiError(
                f"requested [{' '.join(claimed)}] without impersonating a user", code=500, reason="InternalError"
            )
        return user
    for question in _questions(user, name, groups, uid, extra):
        authorizer.check(question)
    return User(name, _all_groups(name, groups), uid, extra)


def _extra(headers: CIMultiDictProxy[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for header in dict.fromkeys(name.lower() for name in headers):
        if header.startswith(_EXTRA):
            yield unquote(header.removeprefix(_EXTRA)), tuple(headers.getall(header))


def _questions(
    user: User, name: str, groups: tuple[str, ...], uid: str, extra: dict[str, tuple[str, ...]]
) -> Iterator[Attributes]:
    verb = "impersonate"
    if (account := account_of(name)) is not None:
        yield Attributes(user, verb, "", "serviceaccounts", "", account[1], account[0])
    else:
        yield Attributes(user, verb, "", "users", "", name)
    for group in groups:
        yield Attributes(user, verb, "", "groups", "", group)
    for key, values in extra.items():
        for value in values:
            yield Attributes(user, verb, _REVIEWS, "userextras", key, value)
    if uid:
        yield Attributes(user, verb, _REVIEWS, "uids", "", uid)


def _all_groups(name: str, groups: tuple[str, ...]) -> tuple[str, ...]:
    """Those that go without saying are added."""
    if not groups and (account := account_of(name)) is not None:
        groups = account_groups(account[0])
    if AUTHENTICATED in groups or UNAUTHENTICATED in groups:
        return groups
    return (*groups, UNAUTHENTICATED if name == ANONYMOUS.name else AUTHENTICATED)
