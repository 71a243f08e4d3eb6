"""Tokens of service accounts: JSON web tokens (RFC 7519, HS256) that end, and that are bound to what they were made for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steersman.cluster.access.identity import AUTHENTICATED, User, account_groups, account_name
from steersman.cluster.machinery import Objects

Json = dict[str, Any]

ISSUER = "https://kubernetes.default.svc.cluster.local"
_YEAR = 365 * 86400
_EXTRA = "authentication.kubernetes.io"


@dataclass(frozen=True, slots=True)
class BoundTo:
    """The object with which a token ends: a Pod, Secret or Node."""

    kind: str
    name: str
    uid: str


class TokenIssuer:
    """Makes and checks tokens; the key stays in the state folder."""

    def __init__(self, folder: Path, objects: Objects) -> None:
        path = folder / "service-account.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        self._key = path.read_text().encode()
        self._objects = objects

    def issue(
        self,
        namespace: str,
        account: str,
        uid: str,
        *,
        seconds: int = 3600,
        audiences: tuple[str, ...] = (),
        bound: BoundTo | None = None,
        node: BoundTo | None = None,
    ) -> str:
        """A token for these audiences, by default the API server."""
        issued = int(time.time())
        private: Json = {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}}
        for each in (bound, node):
            if each is not None:
                private[each.kind.lower()] = {"name": each.name, "uid": each.uid}
        claims: Json = {
            "aud": list(audiences or (ISSUER,)), "exp": issued + seconds, "iat": issued, "nbf": issued, "iss": ISSUER,
            "jti": str(uuid.uuid4()), "kubernetes.io": private, "sub": account_name(namespace, account),
        }  # fmt: skip
        signed = (
            f"{_encode(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_encode(json.dumps(claims).encode())}"
        )
        return f"{signed}.{self._signature(signed)}"

    def user_of(self, token: str, audiences: tuple[str, ...] = ()) -> User | None:
        """Who a token stands for; None where it is not ours, has ended, is for none of `audiences` (by default the API
        server), or what it is bound to is gone."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        claims = _claims(signed)
        if claims["exp"] <= time.time() or not set(claims["aud"]) & set(audiences or (ISSUER,)):
            return None
        return self._user(claims) if self._stands(claims["kubernetes.io"]) else None

    def _stands(self, private: Json) -> bool:
        """Whether the account, and what the token is bound to, are still those for which it was made."""
        namespace = private["namespace"]
        for kind, resource in (("serviceaccount", "serviceaccounts"), ("pod", "pods"), ("secret", "secrets")):
            if (wanted := private.get(kind)) is not None:
                found = self._objects.find(resource, wanted["name"], namespace)
                if found is None or found["metadata"]["uid"] != wanted["uid"]:
                    return False
        return True

    @staticmethod
    def _user(claims: Json) -> User:
        private = claims["kubernetes.io"]
        namespace, account = private["namespace"], private["serviceaccount"]
        extra: dict[str, tuple[str, ...]] = {}
        if "jti" in claims:
            extra[f"{_EXTRA}/credential-id"] = (f"JTI={claims['jti']}",)
        for kind in ("node", "pod"):
            if (bound := private.get(kind)) is not None:
                extra |= {f"{_EXTRA}/{kind}-name": (bound["name"],), f"{_EXTRA}/{kind}-uid": (bound["uid"],)}
        groups = (*account_groups(namespace), AUTHENTICATED)
        return User(account_name(namespace, account["name"]), groups, account["uid"], extra)

    def _signature(self, signed: str) -> str:
        return _encode(hmac.digest(self._key, signed.encode(), hashlib.sha256))

    def for_pod(self, pod: Json, audience: str, seconds: int) -> str:
        """The token that a projected volume of that Pod holds. It lives for a year, as nobody renews it in the sandbox."""
        namespace, name = pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName", "default")
        account = self._objects.find("serviceaccounts", name, namespace)
        uid = account["metadata"]["uid"] if account is not None else ""
        bound = BoundTo("Pod", pod["metadata"]["name"], pod["metadata"]["uid"])
        audiences = (audience,) if audience else ()
        node = self._objects.find("nodes", pod["spec"].get("nodeName", ""))
        on = BoundTo("Node", node["metadata"]["name"], node["metadata"]["uid"]) if node is not None else None
        seconds = max(seconds, _YEAR)
        return self.issue(namespace, name, uid, seconds=seconds, audiences=audiences, bound=bound, node=on)


def _claims(signed: str) -> Json:
    body = signed.partition(".")[2]
    found: Json = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
