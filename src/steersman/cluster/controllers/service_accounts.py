"""Pods' service accounts: admission, the mounted token, and tokens that the API server can check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path

from steersman.cluster import status
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.resources import Resource

_ISSUER = "https://kubernetes.default.svc.cluster.local"
_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class TokenIssuer:
    """Makes and checks JSON web tokens (RFC 7519, HS256) of service accounts; the key stays in the state folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "service-account.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        self._key = path.read_text().encode()

    def issue(
        self,
        namespace: str,
        account: str,
        uid: str,
        *,
        seconds: int = 3600,
        audience: str = "",
        pod: Json | None = None,
    ) -> str:
        issued = int(time.time())
        claims: Json = {
            "aud": [audience or _ISSUER], "exp": issued + seconds, "iat": issued, "nbf": issued, "iss": _ISSUER,
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}},
            "sub": f"system:serviceaccount:{namespace}:{account}",
        }  # fmt: skip
        if pod is not None:
            claims["kubernetes.io"]["pod"] = {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
        signed = (
            f"{_encode(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_encode(json.dumps(claims).encode())}"
        )
        return f"{signed}.{self._signature(signed)}"

    def user_of(self, token: str) -> str | None:
        """`system:serviceaccount:NAMESPACE:NAME` for a token of ours that has not expired, else None."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        body = signed.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return str(claims["sub"]) if claims["exp"] > time.time() else None

    def _signature(self, signed: str) -> str:
        return _encode(hmac.digest(self._key, signed.encode(), hashlib.sha256))

    def for_pod(self, objects: Objects, pod: Json, audience: str, seconds: int) -> str:
        """The token that a projected volume of that Pod holds. It lives for a year, as nobody renews it in the sandbox."""
        namespace, name = pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName", "default")
        account = objects.find("serviceaccounts", name, namespace)
        uid = account["metadata"]["uid"] if account is not None else ""
        return self.issue(namespace, name, uid, seconds=max(seconds, 365 * 86400), audience=audience, pod=pod)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class PodAccounts:
    """The ServiceAccount admission plugin: every Pod has an account that exists, and its token mounted."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def __call__(self, operation: str, resource: Resource, new: Json, old: Json | None) -> None:
        if operation != "CREATE" or resource.storage != "pods":
            return
        spec, namespace = new["spec"], new["metadata"].get("namespace") or "default"
        name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
        account = self._objects.find("serviceaccounts", name, namespace)
        if account is None:
            if name != "default":
                why = f'error looking up service account {namespace}/{name}: serviceaccount "{name}" not found'
                raise status.forbidden(
                    resource, new["metadata"].get("name") or new["metadata"].get("generateName", ""), why
                )
            account = {}  # the namespace is that new
        spec["serviceAccountName"] = spec["serviceAccount"] = name
        wanted = spec.get("automountServiceAccountToken", account.get("automountServiceAccountToken", True))
        if wanted:
            self._mount(spec)

    @staticmethod
    def _mount(spec: Json) -> None:
        volume = f"kube-api-access-{secrets.token_hex(3)[:5]}"
        used = False
        for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
            mounts = container.setdefault("volumeMounts", [])
            if any(each["mountPath"] == _MOUNT for each in mounts):
                continue
            mounts.append({"name": volume, "readOnly": True, "mountPath": _MOUNT})
            used = True
        if not used:
            return
        path: Json = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
        sources: list[Json] = [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [path]}},
        ]
        spec.setdefault("volumes", []).append({"name": volume, "projected": {"sources": sources, "defaultMode": 420}})
