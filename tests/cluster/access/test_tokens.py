"""Tokens end: with their time, and with what they are bound to."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster.access.tokens import ISSUER, BoundTo, TokenIssuer
from steersman.cluster.controllers.token_secrets import TokenSecretController
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store

from ..controllers.world import world as at_work  # noqa: TID252
from .conftest import World
from .test_authorization import PODS, token

Json = dict[str, Any]
TOKENS = "/api/v1/namespaces/app/serviceaccounts/hook/token"


@pytest.fixture
def objects() -> Objects:
    found = Objects(Store())
    found.create("namespaces", {"metadata": {"name": "default"}})
    found.create("serviceaccounts", {"metadata": {"name": "web"}}, "default")
    return found


def test_tokens_are_known_again_and_forgeries_are_not(tmp_path: Path, objects: Objects) -> None:
    issuer = TokenIssuer(tmp_path, objects)
    uid = objects.get("serviceaccounts", "web", "default")["metadata"]["uid"]
    made = issuer.issue("default", "web", uid)
    user = TokenIssuer(tmp_path, objects).user_of(made)
    assert user is not None
    assert (user.name, user.uid) == ("system:serviceaccount:default:web", uid)
    assert issuer.user_of(made[:-2] + "xx") is None
    assert issuer.user_of(issuer.issue("default", "web", uid, seconds=-1)) is None
    assert issuer.user_of(issuer.issue("default", "web", "another uid")) is None
    assert issuer.user_of("nonsense") is None
    elsewhere = issuer.issue("default", "web", uid, audiences=("vault",))
    assert issuer.user_of(elsewhere) is None
    assert issuer.user_of(elsewhere, ("vault",)) is not None
    objects.delete("serviceaccounts", "web", "default")
    assert issuer.user_of(made) is None


def test_a_bound_token_ends_with_its_object(tmp_path: Path, objects: Objects) -> None:
    issuer = TokenIssuer(tmp_path, objects)
    uid = objects.get("serviceaccounts", "web", "default")["metadata"]["uid"]
    secret = objects.create("secrets", {"metadata": {"name": "s"}}, "default")["metadata"]["uid"]
    made = issuer.issue("default", "web", uid, bound=BoundTo("Secret", "s", secret))
    assert issuer.user_of(made) is not None
    objects.delete("secrets", "s", "default")
    assert issuer.user_of(made) is None
    objects.create("secrets", {"metadata": {"name": "s"}}, "default")
    assert issuer.user_of(made) is None


async def test_a_secret_for_an_account_gets_a_token_and_goes_with_the_account(tmp_path: Path, objects: Objects) -> None:
    issuer = TokenIssuer(tmp_path, objects)
    meta = {"name": "web-token", "annotations": {"kubernetes.io/service-account.name": "web"}}
    secret = {"metadata": meta, "type": "kubernetes.io/service-account-token"}
    async with at_work(lambda found: TokenSecretController(found, issuer, "CA"), objects=objects) as found:
        objects.create("secrets", secret, "default")
        await found.settle()
        data = {key: b64decode(value).decode() for key, value in found.get("secrets", "web-token")["data"].items()}
        assert (data["ca.crt"], data["namespace"]) == ("CA", "default")
        user = issuer.user_of(data["token"])
        assert user is not None
        assert user.name == "system:serviceaccount:default:web"
        objects.delete("serviceaccounts", "web", "default")
        await found.settle()
        assert objects.find("secrets", "web-token", "default") is None


async def test_a_token_lets_its_bearer_do_what_its_account_may(world: World) -> None:
    bearer = {"Authorization": f"Bearer {await token(world)}"}
    assert (await world.api.call("GET", PODS, headers=bearer)).status == 403
    world.bind("view")
    assert (await world.api.call("GET", PODS, headers=bearer)).status == 200
    world.objects.delete("serviceaccounts", "hook", "app")
    assert (await world.api.call("GET", PODS, headers=bearer)).status == 401


async def test_a_token_request_says_for_whom_and_how_long(world: World) -> None:
    made = await world.api.post(TOKENS, {"spec": {"audiences": ["vault"], "expirationSeconds": 700}})
    assert made["kind"] == "TokenRequest"
    claims = json.loads(urlsafe_b64decode(made["status"]["token"].split(".")[1] + "=="))
    assert (claims["aud"], claims["exp"] - claims["iat"]) == (["vault"], 700)
    assert (await world.api.post(TOKENS, {"spec": {}}))["spec"]["audiences"] == [ISSUER]


@pytest.mark.parametrize(
    ("spec", "status", "message"),
    [
        ({"expirationSeconds": 5}, 422,
         'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: '
         "may not specify a duration less than 10 minutes"),
        ({"boundObjectRef": {"kind": "Pod", "apiVersion": "v1", "name": "nope"}}, 404, 'pods "nope" not found'),
        ({"boundObjectRef": {"kind": "Secret", "apiVersion": "v1", "name": "nope"}}, 404, 'secrets "nope" not found'),
    ],
)  # fmt: skip
async def test_what_a_token_request_may_not_say(world: World, spec: Json, status: int, message: str) -> None:
    reply = await world.api.call("POST", TOKENS, {"spec": spec})
    assert (reply.status, reply.body["message"]) == (status, message)


async def test_a_token_review_knows_good_tokens_from_bad_ones(world: World) -> None:
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    good = await world.api.post(path, {"spec": {"token": await token(world)}})
    assert good["status"]["authenticated"] is True
    assert good["status"]["audiences"] == [ISSUER]
    assert good["status"]["user"]["username"] == "system:serviceaccount:app:hook"
    bad = await world.api.post(path, {"spec": {"token": "xx"}})
    assert bad["status"] == {"user": {}, "error": "invalid bearer token"}
    assert (await world.api.call("POST", path, {"spec": {}})).body["message"].startswith("token is required")
