"""Secrets of the type `kubernetes.io/service-account-token`: filled with a token of the account that they name.

Source: kubernetes.io "Managing Service Accounts", "Token controller".
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

from steersman.cluster.access.tokens import BoundTo, TokenIssuer
from steersman.cluster.controllers.controller import Controller, Key, key_of
from steersman.cluster.machinery import Json, Objects

_TYPE = "kubernetes.io/service-account-token"
_NAME, _UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
_SECONDS = 10 * 365 * 86400  # these tokens end with their Secret


class TokenSecretController(Controller):
    name = "serviceaccount-token-controller"
    watches = ("secrets", "serviceaccounts")

    def __init__(self, objects: Objects, tokens: TokenIssuer, certificate_authority: str) -> None:
        super().__init__(objects)
        self._tokens = tokens
        self._certificate_authority = certificate_authority

    def keys(self, resource: str, obj: Json, kind: str) -> Iterable[Key]:
        if resource == "secrets":
            return [key_of(obj)] if obj.get("type") == _TYPE else []
        secrets = self.objects.list("secrets", obj["metadata"]["namespace"])
        return [key_of(each) for each in secrets if each.get("type") == _TYPE]

    def reconcile(self, namespace: str, name: str) -> float | None:
        secret = self.objects.find("secrets", name, namespace)
        if secret is None or secret.get("type") != _TYPE:
            return None
        meta = secret["metadata"]
        annotations = meta.get("annotations") or {}
        account = self.objects.find("serviceaccounts", annotations.get(_NAME, ""), namespace)
        if account is None or annotations.get(_UID, account["metadata"]["uid"]) != account["metadata"]["uid"]:
            self.objects.delete("secrets", name, namespace)
            return None
        data = secret.get("data") or {}
        wanted = {"ca.crt": self._certificate_authority.encode(), "namespace": namespace.encode()}
        if not data.get("token"):
            bound = BoundTo("Secret", name, meta["uid"])
            uid = account["metadata"]["uid"]
            token = self._tokens.issue(namespace, account["metadata"]["name"], uid, seconds=_SECONDS, bound=bound)
            wanted["token"] = token.encode()
        missing = {key: base64.b64encode(value).decode() for key, value in wanted.items() if key not in data}
        if missing or _UID not in annotations:
            secret["data"] = {**data, **missing}
            meta["annotations"] = {**annotations, _UID: account["metadata"]["uid"]}
            self.objects.update("secrets", secret)
        return None
