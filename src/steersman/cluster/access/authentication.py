"""Whom an Authorization header names."""

from __future__ import annotations

from steersman.cluster.access.identity import ADMIN, User
from steersman.cluster.access.tokens import ISSUER, TokenIssuer
from steersman.cluster.credentials import Credentials


class Authenticator:
    """Knows the cluster's one user and, with `accounts`, the tokens of service accounts."""

    def __init__(self, credentials: Credentials, accounts: TokenIssuer | None) -> None:
        self._credentials = credentials
        self._accounts = accounts

    def user_of(self, header: str) -> User | None:
        """None where it names nobody."""
        if self._credentials.accepts(header):
            return ADMIN
        kind, _, token = header.partition(" ")
        return self.review(token.strip())[0] if kind.lower() == "bearer" else None

    def review(self, token: str, audiences: tuple[str, ...] = ()) -> tuple[User | None, tuple[str, ...]]:
        """The user of a token and for which of `audiences` (by default the API server) it is good."""
        if self._credentials.accepts(f"Bearer {token}"):
            return ADMIN, audiences or (ISSUER,)
        user = self._accounts.user_of(token, audiences) if self._accounts is not None else None
        return user, (audiences or (ISSUER,)) if user is not None else ()
