"""What befalls a release from outside: its records damaged or deleted, permissions lost half way, webhooks that refuse, a quota
that is used up, a server that is silent from some write on. After each, the message names it, and the next command goes on."""

from __future__ import annotations

import base64
import gzip
import time
from typing import Any

import pytest

from steersman.client.questions import Questions
from steersman.errors import ClusterUnreachable
from steersman.kube.status import error_from_status
from steersman.lifecycle.events import HookStarted, ReleaseWarning
from steersman.lifecycle.policy import Policy
from steersman.release.codec import RecordError

from .driver import Driver
from .fake import Request

DAMAGES: dict[str, Any] = {
    "is empty": None,
    "not a release record": {"release": base64.b64encode(b"!").decode()},
    "not gzip at all": {"release": base64.b64encode(base64.b64encode(b"\x1f\x8b\x08broken")).decode()},
    "no object": {"release": base64.b64encode(base64.b64encode(gzip.compress(b"[1]"))).decode()},
    "names no release": {"release": base64.b64encode(base64.b64encode(gzip.compress(b"{}"))).decode()},
}


async def damaged(data: Any) -> Driver:
    """Two revisions, of which the second is damaged."""
    driver = Driver()
    await driver.install()
    await driver.upgrade()
    driver.kube.one("Secret", "sh.helm.release.v1.my-app.v2")["data"] = data
    return driver


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_record_hides_no_other(damage: str) -> None:
    driver = await damaged(DAMAGES[damage])
    questions = Questions(driver.kube, driver="secret")
    told: list[RecordError] = []
    assert await questions.list(on_damaged=told.append) == []  # revision 1 is superseded by what nobody can read
    assert [release.version for release in await questions.history("my-app", on_damaged=told.append)] == [1]
    assert len(told) == 2
    for error in told:
        assert str(error).startswith("revision 2 of release 'my-app' in namespace 'default' cannot be read: ")
        assert "delete secret sh.helm.release.v1.my-app.v2" in error.hint
    with pytest.raises(RecordError):
        await questions.list()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("action", ["upgrade", "rollback", "uninstall", "test"])
async def test_nothing_is_done_on_a_record_that_cannot_be_read(damage: str, action: str) -> None:
    """What it said is not known. Once it is deleted, the release stands at the revision before."""
    driver = await damaged(DAMAGES[damage])
    before = driver.kube.live()
    with pytest.raises(RecordError, match="revision 2 of release 'my-app'"):
        await driver.act(action)
    assert driver.kube.live() == before
    del driver.kube.objects["Secret", "default", "sh.helm.release.v1.my-app.v2"]
    assert (await driver.upgrade()).exit_code == 0


@pytest.mark.parametrize("label", ["version", "status", "createdAt", "modifiedAt"])
async def test_labels_that_somebody_wrote_by_hand(label: str) -> None:
    driver = await damaged(None)
    driver.kube.one("Secret", "sh.helm.release.v1.my-app.v2")["metadata"]["labels"][label] = "what?"
    questions = Questions(driver.kube, driver="secret")
    told: list[RecordError] = []
    assert [release.version for release in await questions.history("my-app", on_damaged=told.append)] == [1]
    assert await questions.list(on_damaged=told.append) == []
    assert len(told) == 2


@pytest.mark.parametrize("label", ["version", "status", "createdAt", "modifiedAt"])
@pytest.mark.parametrize("value", [None, "what?"])
async def test_a_label_that_is_lost_is_read_from_the_record(label: str, value: str | None) -> None:
    driver = Driver()
    await driver.install()
    await driver.upgrade()
    labels = driver.kube.one("Secret", "sh.helm.release.v1.my-app.v2")["metadata"]["labels"]
    labels.pop(label, None)
    if value:
        labels[label] = value
    assert await driver.statuses() == "1:superseded 2:deployed"
    assert (await driver.upgrade()).exit_code == 0
    assert await driver.statuses() == "1:superseded 2:superseded 3:deployed"
    assert driver.kube.one("Secret", "sh.helm.release.v1.my-app.v2")["metadata"]["labels"]["version"] == "2"


@pytest.mark.parametrize("label", ["owner", "name"])
async def test_a_record_that_is_not_found_is_not_written_over(label: str) -> None:
    driver = Driver()
    await driver.install()
    await driver.upgrade()
    del driver.kube.one("Secret", "sh.helm.release.v1.my-app.v2")["metadata"]["labels"][label]
    before = driver.kube.live()
    finished = await driver.upgrade()
    assert (finished.exit_code, finished.error) == (1, "revision 2 of release 'my-app' is on record already")
    assert "get secret sh.helm.release.v1.my-app.v2 --show-labels" in finished.hint
    assert driver.kube.live() == before


@pytest.mark.parametrize("action", ["install", "upgrade", "rollback"])
async def test_a_record_that_was_deleted_meanwhile_is_written_anew(action: str) -> None:
    driver = Driver()
    if action != "install":
        await driver.install()
    if action == "rollback":
        await driver.upgrade()
    number = {"install": 1, "upgrade": 2, "rollback": 3}[action]

    def delete(event: object, _: object) -> None:
        if isinstance(event, HookStarted):
            driver.kube.objects.pop(("Secret", "default", f"sh.helm.release.v1.my-app.v{number}"), None)

    driver.on_event = delete
    finished = await driver.act(action)
    assert (finished.exit_code, finished.revision) == (0, number)
    assert (await driver.statuses()).endswith(f"{number}:deployed")
    told = [event.message for event in driver.events if isinstance(event, ReleaseWarning)]
    assert f"the record of revision {number} had been deleted meanwhile, and was written anew" in told


def refusal(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"code": code, "reason": reason, "message": message}


REFUSALS = [
    (refusal(403, "Forbidden", 'x is forbidden: User "ci" cannot patch resource "x"'), "kubectl auth can-i"),
    (refusal(403, "Forbidden", 'admission webhook "v.io" denied the request: no'), "tells whose webhook it is"),
    (refusal(400, "BadRequest", 'admission webhook "v.io" denied the request: no'), "tells whose webhook it is"),
    (refusal(500, "InternalError", 'failed calling webhook "v.io": refused'), "webhook's own service"),
    (refusal(403, "Forbidden", "x is forbidden: exceeded quota: q, requested: pods=1"), "describe resourcequota"),
    (refusal(403, "Forbidden", 'pods "a" is forbidden: violates PodSecurity "restricted:latest"'), "securityContext"),
    (refusal(422, "Invalid", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"), "policy objects to"),
]


@pytest.mark.parametrize(("status", "way_out"), REFUSALS)
@pytest.mark.parametrize("action", ["install", "upgrade"])
async def test_a_refusal_half_way_comes_with_its_way_out(status: dict[str, Any], way_out: str, action: str) -> None:
    driver = Driver()
    if action == "upgrade":
        await driver.install()

    def refuse(request: Request) -> None:
        if request.kind == "ConfigMap" and request.verb in ("create", "apply", "replace") and not refused:
            refused.append(request)
            raise error_from_status(status)

    async def examine(*_: object) -> None:
        examined.append(True)

    refused: list[Request] = []
    examined: list[bool] = []
    driver.kube.fault, driver.examine = refuse, examine
    finished = await driver.act(action)
    assert finished.exit_code == 1
    assert examined == [True]
    assert status["message"] in finished.error
    assert way_out in finished.hint
    driver.kube.fault = None
    assert (await driver.upgrade() if action == "upgrade" else await driver.install()).exit_code == 0


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("action", ["install", "upgrade", "rollback", "uninstall"])
async def test_a_server_that_is_gone_half_way(policy: Policy, action: str) -> None:
    """The way back cannot be gone; nobody waits for a diagnosis; and the next command finishes what the journal says."""
    driver = Driver(policy=policy)
    if action != "install":
        await driver.install()
    if action == "rollback":
        await driver.upgrade()
    gone = False

    def vanish(request: Request) -> None:
        nonlocal gone
        gone = gone or (request.kind == "ConfigMap" and request.verb in ("create", "apply", "replace", "delete"))
        if gone:
            raise ClusterUnreachable("Kubernetes cluster unreachable: https://s: no answer within 3 s")

    async def examine(*_: object) -> None:
        raise AssertionError("the server does not answer")

    driver.examine = examine
    driver.kube.fault = vanish
    began = time.monotonic()
    finished = await driver.act(action)
    assert finished.exit_code == 1
    assert "no answer within 3 s" in finished.error or policy is Policy.HELM
    assert time.monotonic() - began < 10
    driver.kube.fault = None
    if policy is Policy.HELM:
        return  # which leaves a release as helm does
    driver.others_are_dead = True
    driver.examine = None
    if action == "uninstall":
        assert (await driver.recover()).exit_code == 0
        assert driver.kube.live("ConfigMap", "Deployment", "Secret") == set()
        return
    following = await (driver.install() if action == "install" else driver.upgrade())
    assert following.exit_code == 0, following.error
    assert (await driver.statuses()).endswith(":deployed")
