"""TokenRequests: `kubectl create token`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from steersman.cluster import status
from steersman.cluster.access.tokens import ISSUER, BoundTo, TokenIssuer
from steersman.cluster.api import negotiate
from steersman.cluster.api.encode import to_bytes
from steersman.cluster.api.verbs import Answer, Call
from steersman.cluster.machinery import Objects, now
from steersman.errors import ApiError

Json = dict[str, Any]

_SHORTEST, _LONGEST = 600, 1 << 32  # seconds
_BOUND = {"Pod": "pods", "Secret": "secrets", "Node": "nodes"}


def answer(call: Call, objects: Objects, accounts: TokenIssuer | None) -> Answer:
    """A token for the account that the path names. Raises NotFound, Invalid, Conflict; ApiError (501) where there are none."""
    target = call.target
    account = objects.get("serviceaccounts", target.name, target.namespace)
    if accounts is None:
        raise ApiError("this cluster issues no tokens for service accounts", code=501, reason="NotImplemented")
    kind = target.resource.subresources["token"]
    body = negotiate.read_kind(call.body, call.content_type, objects.registry, kind.api_version, kind.kind)
    spec: Json = body.get("spec") or {}
    seconds = spec.get("expirationSeconds") or 3600
    _check_duration(call, seconds)
    audiences = spec.get("audiences") or [ISSUER]
    bound = _bound(objects, account, spec.get("boundObjectRef") or {})
    token = accounts.issue(
        target.namespace or "",
        target.name,
        account["metadata"]["uid"],
        seconds=seconds,
        audiences=tuple(audiences),
        bound=bound,
    )
    ends = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made: Json = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1"}
    made["metadata"] = {"name": target.name, "namespace": target.namespace, "creationTimestamp": now()}
    made["spec"] = {**spec, "audiences": audiences, "expirationSeconds": seconds}
    made["status"] = {"token": token, "expirationTimestamp": ends}
    return Answer(to_bytes(made), 201)


def _check_duration(call: Call, seconds: int) -> None:
    wrong = ""
    if seconds < _SHORTEST:
        wrong = "may not specify a duration less than 10 minutes"
    elif seconds > _LONGEST:
        wrong = "may not specify a duration larger than 2^32 seconds"
    if wrong:
        kind = call.target.resource.subresources["token"]
        raise status.invalid_kind(
            kind.kind, "authentication.k8s.io", "", [status.bad_value("spec.expirationSeconds", seconds, wrong)]
        )


def _bound(objects: Objects, account: Json, reference: Json) -> BoundTo | None:
    """What the token is to end with. Raises NotFound, Invalid, Conflict."""
    if not reference:
        return None
    kind, name = reference.get("kind", ""), reference.get("name", "")
    if kind not in _BOUND:
        raise status.bad_request(f"cannot bind token to object of type {reference.get('apiVersion', '')}, Kind={kind}")
    resource = objects.registry.named(_BOUND[kind])
    found = objects.get(resource, name, account["metadata"]["namespace"] if resource.namespaced else None)
    own = account["metadata"]["name"]
    if kind == "Pod" and found["spec"].get("serviceAccountName", "default") != own:
        raise status.bad_request(
            f'cannot bind token for serviceaccount "{own}" to pod running with different serviceaccount name.'
        )
    uid = found["metadata"]["uid"]
    if reference.get("uid") and reference["uid"] != uid:
        why = f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record. "
        why += "The object might have been deleted and then recreated"
        raise status.conflict(resource, name, why)
    return BoundTo(kind, name, uid)
