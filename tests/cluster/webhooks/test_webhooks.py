"""Admission webhooks: who is asked, what they may do, and what happens where they cannot be asked."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from steersman.cluster.controllers.jobs import JobController
from steersman.cluster.controllers.replicasets import ReplicaSetController
from steersman.cluster.local import LocalCluster

from ..api.conftest import Api, Reply, api, cluster  # noqa: TID252
from ..controllers.world import World, template, world  # noqa: TID252

__all__ = ["api", "cluster"]

Json = dict[str, Any]
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
Handler = Callable[[Json], Json]


@dataclass
class Hook:
    """A webhook's server: `answer` makes the response of a request, all of which are kept."""

    url: str
    bundle: str
    answer: Handler = field(default=lambda request: {"allowed": True})
    requests: list[Json] = field(default_factory=list)
    delay: float = 0.0
    whole: Callable[[Json], web.Response] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        review = await request.json()
        self.requests.append(review["request"])
        await asyncio.sleep(self.delay)
        if self.whole is not None:
            return self.whole(review)
        response = {"uid": review["request"]["uid"], **self.answer(review["request"])}
        return web.json_response({"kind": "AdmissionReview", "apiVersion": review["apiVersion"], "response": response})


@pytest.fixture
async def hook(tmp_path: Path) -> AsyncIterator[Hook]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(names, critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (tmp_path / "hook.crt").write_bytes(made.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "hook.key").write_bytes(secret)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "hook.crt", tmp_path / "hook.key")
    found = Hook("", base64.b64encode(made.public_bytes(pem)).decode())
    application = web.Application()
    application.router.add_post("/{path:.*}", found.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    found.url = f"https://127.0.0.1:{runner.addresses[0][1]}/review"
    yield found
    await runner.cleanup()


def patch(*operations: Json) -> Json:
    return {
        "allowed": True,
        "patchType": "JSONPatch",
        "patch": base64.b64encode(json.dumps(operations).encode()).decode(),
    }


async def configure(
    api: Api, hook: Hook, kind: str = "Validating", *, name: str = "check.example.com", **more: Any
) -> None:
    rules = [
        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["configmaps", "pods", "jobs"]}
    ]
    webhook: Json = {
        "name": name, "clientConfig": {"url": hook.url, "caBundle": hook.bundle}, "rules": rules,
        "sideEffects": "None", "admissionReviewVersions": ["v1"], **more,
    }  # fmt: skip
    path = f"/apis/admissionregistration.k8s.io/v1/{kind.lower()}webhookconfigurations"
    made = await api.call("POST", path, {"metadata": {"name": name}, "webhooks": [webhook]})
    assert (made.status, made.header("Warning")) == (201, "")


async def create(api: Api, name: str = "c", query: str = "", **data: str) -> Reply:
    return await api.call("POST", CONFIGMAPS + query, {"metadata": {"name": name}, "data": data})


async def test_a_webhook_is_asked_about_every_operation(api: Api, hook: Hook) -> None:
    await configure(api, hook)
    assert (await create(api, a="1")).status == 201
    merge = "application/merge-patch+json"
    assert (await api.call("PATCH", f"{CONFIGMAPS}/c", '{"data": {"a": "2"}}', merge)).status == 200
    assert (await api.call("DELETE", f"{CONFIGMAPS}/c")).status == 200
    created, updated, deleted = hook.requests
    assert [each["operation"] for each in hook.requests] == ["CREATE", "UPDATE", "DELETE"]
    assert created["kind"] == {"group": "", "version": "v1", "kind": "ConfigMap"}
    assert created["resource"] == {"group": "", "version": "v1", "resource": "configmaps"}
    assert (created["name"], created["namespace"], created["dryRun"]) == ("c", "default", False)
    assert created["object"]["data"] == {"a": "1"}
    assert created["oldObject"] is None
    assert created["userInfo"]["username"] == "steersman"
    assert (updated["oldObject"]["data"], updated["object"]["data"]) == ({"a": "1"}, {"a": "2"})
    assert (deleted["object"], deleted["oldObject"]["data"]) == (None, {"a": "2"})


@pytest.mark.parametrize(
    ("response", "code", "message"),
    [
        ({"status": {"message": "no thing"}}, 400, 'admission webhook "check.example.com" denied the request: no thing'),
        ({"status": {"message": "not you", "code": 403, "reason": "Forbidden"}}, 403,
         'admission webhook "check.example.com" denied the request: not you'),
        ({"status": {"reason": "Because"}}, 400, 'admission webhook "check.example.com" denied the request: Because'),
        ({}, 400, 'admission webhook "check.example.com" denied the request without explanation'),
    ],
)  # fmt: skip
async def test_a_webhook_denies(api: Api, hook: Hook, response: Json, code: int, message: str) -> None:
    await configure(api, hook)
    hook.answer = lambda request: {"allowed": False, **response}
    reply = await create(api)
    assert (reply.status, reply.body["message"]) == (code, message)
    assert (await api.call("GET", f"{CONFIGMAPS}/c")).status == 404


async def test_a_webhook_changes_what_is_written_and_others_see_it(api: Api, hook: Hook) -> None:
    await configure(api, hook, "Mutating", name="change.example.com")
    await configure(api, hook)

    def answer(request: Json) -> Json:
        seen = request["object"].get("data", {})
        return {"allowed": True} if "added" in seen else patch({"op": "add", "path": "/data/added", "value": "yes"})

    hook.answer = answer
    made = await create(api, a="1")
    assert (made.status, made.body["data"]) == (201, {"a": "1", "added": "yes"})
    assert [each["object"]["data"] for each in hook.requests] == [{"a": "1"}, {"a": "1", "added": "yes"}]
    assert made.body["metadata"]["uid"] == hook.requests[0]["object"]["metadata"]["uid"]


async def test_a_webhook_is_asked_again_where_a_later_one_changed_something(api: Api, hook: Hook) -> None:
    await configure(api, hook, "Mutating", name="a.example.com", reinvocationPolicy="IfNeeded")
    await configure(api, hook, "Mutating", name="b.example.com")
    counts = iter(range(10))
    hook.answer = lambda request: patch({"op": "add", "path": f"/data/n{next(counts)}", "value": "x"})
    made = await create(api, a="1")
    assert sorted(made.body["data"]) == ["a", "n0", "n1", "n2"]
    assert len(hook.requests) == 3


async def test_warnings_of_webhooks_reach_the_client(api: Api, hook: Hook) -> None:
    await configure(api, hook)
    hook.answer = lambda request: {"allowed": True, "warnings": ["mind the gap"]}
    assert '299 - "mind the gap"' in (await create(api)).header("Warning")


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({"objectSelector": {"matchLabels": {"a": "b"}}}, False),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}, True),
        ({"namespaceSelector": {"matchExpressions": [{"key": "x", "operator": "Exists"}]}}, False),
        ({"rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["configmaps"]}]}, False),
        ({"rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["*"]}]}, False),
        ({"rules": [{"apiGroups": ["*"], "operations": ["*"], "resources": ["*"], "scope": "Cluster"}]}, False),
        ({"rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["*/*"]}]}, True),
        ({"matchConditions": [{"name": "c", "expression": "object.data.a == '2'"}]}, False),
        ({"matchConditions": [{"name": "c", "expression": "request.userInfo.username == 'steersman'"}]}, True),
    ],
)  # fmt: skip
async def test_which_writes_are_a_webhooks(api: Api, hook: Hook, more: Json, asked: bool) -> None:
    await configure(api, hook, **more)
    await create(api, a="1")
    assert bool(hook.requests) is asked


async def test_a_webhook_that_cannot_be_reached(api: Api, hook: Hook) -> None:
    service = {"service": {"name": "hook", "namespace": "default", "path": "/mutate"}}
    await configure(api, hook, clientConfig=service)
    reply = await create(api)
    words = 'failed calling webhook "check.example.com": failed to call webhook: Post '
    where = '"https://hook.default.svc:443/mutate?timeout=10s": '
    assert (reply.status, reply.body["reason"]) == (500, "InternalError")
    assert reply.body["message"] == f'Internal error occurred: {words}{where}service "hook" not found'
    spec = {"selector": {"app": "x"}, "ports": [{"port": 443}], "clusterIP": "10.96.3.3"}
    await api.post("/api/v1/namespaces/default/services", {"metadata": {"name": "hook"}, "spec": spec})
    reply = await create(api)
    assert reply.body["message"].endswith(f'{where}no endpoints available for service "hook"')


async def test_a_failure_may_be_ignored(api: Api, hook: Hook) -> None:
    client = {"service": {"name": "hook", "namespace": "default"}}
    await configure(api, hook, clientConfig=client, failurePolicy="Ignore")
    assert (await create(api)).status == 201


async def test_a_webhook_that_is_slow_or_not_known_or_talks_nonsense(api: Api, hook: Hook) -> None:
    hook.delay = 5.0
    await configure(api, hook, timeoutSeconds=1)
    assert (await create(api)).body["message"].endswith('review?timeout=1s": context deadline exceeded')
    hook.delay = 0.0
    hook.whole = lambda review: web.Response(status=500, text="broken")
    assert 'an error on the server ("broken")' in (await create(api)).body["message"]
    hook.whole = lambda review: web.json_response({"kind": "Other"})
    assert (
        "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview" in (await create(api)).body["message"]
    )


async def test_an_unknown_certificate_is_refused(api: Api, hook: Hook) -> None:
    await configure(api, hook, clientConfig={"url": hook.url})
    assert "tls: failed to verify certificate" in (await create(api)).body["message"]
    assert not hook.requests


async def test_dry_runs_are_for_webhooks_without_side_effects(api: Api, hook: Hook) -> None:
    await configure(api, hook)
    assert (await create(api, query="?dryRun=All")).status == 201
    assert hook.requests[0]["dryRun"] is True
    await configure(api, hook, name="effects.example.com", sideEffects="Some")
    reply = await create(api, query="?dryRun=All")
    assert (reply.status, reply.body["message"]) == (
        400,
        'admission webhook "effects.example.com" does not support dry run',
    )


async def test_what_controllers_make_is_reviewed_too(api: Api, hook: Hook, cluster: LocalCluster) -> None:
    await configure(api, hook, "Mutating", name="change.example.com")
    hook.answer = lambda request: patch({"op": "add", "path": "/metadata/labels/seen", "value": "yes"})
    found = World(cluster.objects)
    async with world(ReplicaSetController, JobController, objects=cluster.objects):
        spec = {"replicas": 3, "selector": {"matchLabels": {"app": "x"}}, "template": template({"app": "x"})}
        found.create("replicasets.apps", "r", spec)
        body = {"metadata": {"name": "j"}, "spec": {"template": template({"app": "y"}, restartPolicy="Never")}}
        await api.post("/apis/batch/v1/namespaces/default/jobs", body)
        await found.until(lambda: len(found.pods("seen=yes")) == 4)
    assert len(found.pods()) == 4
    assert found.get("jobs.batch", "j")["metadata"]["labels"]["seen"] == "yes"


async def test_a_pod_that_is_denied_is_told_by_its_controller(api: Api, hook: Hook, cluster: LocalCluster) -> None:
    await configure(api, hook)
    hook.answer = lambda request: {"allowed": False, "status": {"message": "no pods today"}}
    found = World(cluster.objects)
    async with world(ReplicaSetController, objects=cluster.objects):
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template({"app": "x"})}
        found.create("replicasets.apps", "r", spec)
        await found.until(lambda: found.messages("FailedCreate"))
    words = 'Error creating: admission webhook "check.example.com" denied the request: no pods today'
    assert found.messages("FailedCreate") == [words]
