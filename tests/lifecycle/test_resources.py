"""Resources on the fake: whose they are, what is kept, what is waited for, CRDs, immutable fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steersman.errors import ImmutableField
from steersman.kube.interface import ObjectRef
from steersman.lifecycle.events import (
    HookFinished,
    HookStarted,
    ReleaseWarning,
    RemedyStarted,
    ResourceApplied,
    ResourceDeleted,
    ResourcePruned,
    ResourceReady,
    ResourceWaiting,
)
from steersman.lifecycle.policy import Policy

from .charts import App, config_map, deployment, hook
from .driver import Driver
from .fake import Request, refuse

KEEP = config_map("kept").replace("metadata:\n", "metadata:\n  annotations: {helm.sh/resource-policy: keep}\n")
FOREIGN = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "default"}}
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec: {group: example.com, scope: Namespaced, names: {kind: Foo}}
"""


async def test_resources_are_marked_as_the_releases() -> None:
    driver = Driver()
    await driver.install(App((config_map("settings"),)))
    metadata = driver.kube.one("ConfigMap", "settings")["metadata"]
    assert metadata["labels"] == {"app.kubernetes.io/managed-by": "Helm"}
    assert metadata["annotations"] == {
        "meta.helm.sh/release-name": "my-app",
        "meta.helm.sh/release-namespace": "default",
    }


@pytest.mark.parametrize("policy", list(Policy))
async def test_what_belongs_to_something_else_is_refused_before_anything_is_touched(policy: Policy) -> None:
    driver = Driver(policy)
    driver.kube.add(FOREIGN)
    finished = await driver.install(App((config_map("other"), config_map("settings"))))
    prefix = "INSTALLATION FAILED: " if policy is Policy.HELM else ""
    assert finished.error.startswith(
        f'{prefix}unable to continue with install: ConfigMap "settings" in namespace "default" exists and cannot be imported'
    )
    assert finished.exit_code == 1
    assert driver.kube.live() == {"ConfigMap/settings"}


async def test_what_is_taken_over_is_not_removed_again_when_the_install_fails() -> None:
    driver = Driver()
    driver.kube.add(FOREIGN)
    driver.kube.fault = refuse("apply", "Deployment", "web")
    app = App((config_map("new"), config_map("settings"), deployment("web")))
    finished = await driver.install(app, take_ownership=True)
    assert finished.exit_code == 1
    assert driver.kube.live("ConfigMap") == {"ConfigMap/settings"}


async def test_what_the_resource_policy_keeps() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"), KEEP)))
    await driver.upgrade(App((config_map("a"),)))
    assert driver.kube.live("ConfigMap") == {"ConfigMap/a", "ConfigMap/kept"}
    await driver.upgrade(App((config_map("a"), KEEP)))
    await driver.uninstall()
    assert driver.kube.live() == {"ConfigMap/kept"}
    assert {str(e.ref): e.kept for e in driver.told(ResourceDeleted)} == {
        "ConfigMap/default/a": "",
        "ConfigMap/default/kept": "resource policy",
    }


async def test_an_uninstall_does_not_wait_for_what_it_leaves_alone() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"), config_map("b"))))
    driver.kube.one("ConfigMap", "b")["metadata"]["annotations"]["meta.helm.sh/release-name"] = "other"
    finished = await driver.uninstall(timeout=0.2)
    assert finished.outcome == "succeeded", finished.error
    assert driver.kube.live() == {"ConfigMap/b"}


async def test_what_somebody_else_has_taken_is_left_alone() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"), config_map("b"))))
    driver.kube.one("ConfigMap", "b")["metadata"]["annotations"]["meta.helm.sh/release-name"] = "other"
    await driver.upgrade(App((config_map("a"),)))
    assert [e.kept for e in driver.told(ResourcePruned)] == ["not this release's"]
    assert "ConfigMap/default/b is left alone" in driver.told(ReleaseWarning)[0].message


async def test_crds_are_made_once_and_never_changed() -> None:
    driver = Driver()
    app = replace(App((config_map("a"),)), crds=(("app/crds/foo.yaml", CRD),))
    await driver.install(app)
    writes = [line for line in driver.kube.writes() if "Lease" not in line]
    assert writes[:2] == [
        "apply CustomResourceDefinition/foos.example.com",
        "create Secret/sh.helm.release.v1.my-app.v1",
    ]
    await driver.uninstall()
    assert "CustomResourceDefinition/foos.example.com" in driver.kube.live()
    driver.kube.log.clear()
    await driver.install(app)
    assert not [line for line in driver.kube.writes() if "CustomResourceDefinition" in line]


NEWER = CRD.replace("Namespaced", "Namespaced, versions: [{name: v2}]")


async def test_crds_are_brought_up_to_date_where_it_is_asked_for() -> None:
    driver = Driver()
    app = App((config_map("a"),), crds=(("app/crds/foo.yaml", CRD),))
    await driver.install(app)
    newer = replace(app, crds=(("app/crds/foo.yaml", NEWER),))
    await driver.upgrade(newer)
    assert "versions" not in driver.kube.one("CustomResourceDefinition", "foos.example.com", None)["spec"]
    driver.kube.log.clear()
    for change in ("configured", "unchanged"):
        await driver.upgrade(newer, upgrade_crds=True)
        told = {event.ref.kind: event.change for event in driver.told(ResourceApplied)}
        assert told["CustomResourceDefinition"] == change
    assert driver.kube.one("CustomResourceDefinition", "foos.example.com", None)["spec"]["versions"] == [{"name": "v2"}]
    writes = [line for line in driver.kube.writes() if "Lease" not in line]
    assert writes[0] == "apply CustomResourceDefinition/foos.example.com"


@pytest.mark.parametrize("policy", list(Policy))
async def test_a_crd_that_cannot_be_updated_leaves_the_release_as_it_is(policy: Policy) -> None:
    driver = Driver(policy)
    app = App((config_map("a"),), crds=(("app/crds/foo.yaml", CRD),))
    await driver.install(app)
    driver.kube.fault = refuse("apply", "CustomResourceDefinition", "foos.example.com")
    finished = await driver.upgrade(replace(app, crds=(("app/crds/foo.yaml", NEWER),)), upgrade_crds=True)
    assert finished.error.startswith("UPGRADE FAILED: " if policy is Policy.HELM else "release failed: ")
    assert await driver.statuses() == "1:deployed"


async def test_a_crd_that_fails_leaves_no_record() -> None:
    driver = Driver(Policy.HELM)
    driver.kube.fault = refuse("apply", "CustomResourceDefinition", "foos.example.com")
    finished = await driver.install(replace(App((config_map("a"),)), crds=(("app/crds/foo.yaml", CRD),)))
    assert finished.error.startswith("INSTALLATION FAILED: ")
    assert await driver.statuses() == ""


async def test_an_immutable_field_is_an_error_that_names_the_way_out() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"),)))
    driver.kube.fault = _immutable(driver)

    def go_back(event: object, _: object) -> None:
        if isinstance(event, RemedyStarted):
            driver.kube.fault = None

    driver.on_event = go_back
    finished = await driver.upgrade(App((config_map("a", 2),)))
    assert finished.exit_code == 1
    assert "--recreate-immutable" in finished.hint


async def test_an_immutable_field_changes_in_a_new_object_where_it_is_asked_for() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"),)))
    old = driver.kube.one("ConfigMap", "a")["metadata"]["uid"]
    driver.kube.fault = _immutable(driver)
    finished = await driver.upgrade(App((config_map("a", 2),)), recreate_immutable=True)
    assert finished.exit_code == 0
    assert driver.kube.one("ConfigMap", "a")["metadata"]["uid"] != old
    assert [e.change for e in driver.told(ResourceApplied)] == ["replaced"]


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("server_side", [True, False])
async def test_what_is_not_changed_is_told_so(policy: Policy, server_side: bool) -> None:
    driver = Driver(policy)
    await driver.install(App((config_map("a"), config_map("b"))), server_side=server_side)
    for change in ("configured", "unchanged"):
        await driver.upgrade(App((config_map("a", 2), config_map("b"), config_map("c"))), server_side=server_side)
        told = {event.ref.name: event.change for event in driver.told(ResourceApplied)}
        assert told == {"a": change, "b": "unchanged", "c": "created" if change == "configured" else "unchanged"}
    await driver.rollback(1)
    told = {event.ref.name: event.change for event in driver.told(ResourceApplied)}
    assert told == {"a": "configured", "b": "unchanged"}


async def test_helms_cleanup_on_fail_removes_what_the_upgrade_created() -> None:
    driver = Driver(Policy.HELM)
    await driver.install(App((config_map("a"),)))
    driver.kube.fault = refuse("apply", "Deployment", "web")
    app = App((config_map("a"), config_map("new"), deployment("web")))
    await driver.upgrade(app, cleanup_on_fail=True)
    assert driver.kube.live("ConfigMap") == {"ConfigMap/a"}
    assert await driver.statuses() == "1:deployed 2:failed"


async def test_hooks_are_removed_with_the_release_where_it_is_asked_for() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"),), (hook("h", "pre-install"), hook("t", "test"))))
    await driver.test()
    await driver.uninstall(delete_hooks=True)
    assert driver.kube.live() == set()


# --- waiting ------------------------------------------------------------------------------------------------------


async def test_readiness_is_told_as_it_comes() -> None:
    driver = Driver()
    await driver.install(App((config_map("a"), deployment("web"))))
    assert [(str(e.ref), e.ready, e.total) for e in driver.told(ResourceReady)] == [("Deployment/default/web", 1, 1)]


async def test_an_application_that_waits_for_its_post_hook_is_not_waited_for_in_vain() -> None:
    """The deployment gets ready only once the migration has run."""
    driver = Driver()
    driver.kube.unready = {"web"}

    def migrated(event: object, _: object) -> None:
        if isinstance(event, HookFinished):
            driver.kube.unready = set()
            web = driver.kube.one("Deployment", "web")
            driver.kube._store(web, "MODIFIED")

    driver.on_event = migrated
    app = App((deployment("web"),), (hook("migrate", "post-install"),))
    finished = await driver.install(app, timeout=60.0, hook_patience=0.05)
    assert finished.exit_code == 0
    assert "no resource has come nearer to being ready" in driver.told(ReleaseWarning)[0].message
    order = [type(e).__name__ for e in driver.events if isinstance(e, ResourceWaiting | HookStarted | ResourceReady)]
    assert order == ["ResourceWaiting", "HookStarted", "ResourceReady"]


async def test_readiness_is_still_required_after_the_post_hooks() -> None:
    driver = Driver()
    driver.kube.unready = {"web"}
    app = App((deployment("web"),), (hook("migrate", "post-install"),))
    finished = await driver.install(app, timeout=0.3, hook_patience=0.05)
    assert finished.exit_code == 1
    assert finished.failed_step == "wait-ready/after-hooks"
    assert await driver.statuses() == "1:failed"


async def test_nobody_is_patient_without_post_hooks() -> None:
    driver = Driver()
    driver.kube.unready = {"web"}
    finished = await driver.install(App((deployment("web"),)), timeout=0.2, hook_patience=0.05)
    assert finished.failed_step == "wait-ready"


async def test_hook_only_waits_for_no_resource() -> None:
    driver = Driver()
    driver.kube.unready = {"web"}
    assert (await driver.install(App((deployment("web"),)), wait="hookOnly")).exit_code == 0


def _immutable(driver: Driver):  # type: ignore[no-untyped-def]
    """The API server as it answers a change of a ConfigMap that is there."""

    def fault(request: Request) -> None:
        there = ("ConfigMap", "default", "a") in driver.kube.objects
        if (request.verb, request.name) == ("apply", "a") and there:
            raise ImmutableField(
                "data: field is immutable",
                code=422,
                reason="Invalid",
                fields=("data",),
                hint="ConfigMap a must be made anew: --recreate-immutable does so.",
            )

    return fault


async def test_a_great_many_objects_are_asked_for_with_one_list() -> None:
    driver = Driver()
    app = App(tuple(config_map(f"c{number}") for number in range(120)))
    driver.kube.add({**FOREIGN, "metadata": {"name": "c7", "namespace": "default"}})
    refused = await driver.install(app)
    assert 'ConfigMap "c7" in namespace "default" exists' in refused.error
    await driver.kube.delete(ObjectRef("v1", "ConfigMap", "c7", "default"))
    driver.kube.log.clear()
    assert (await driver.install(app)).exit_code == 0
    await driver.uninstall()
    reads = [str(request) for request in driver.kube.log if request.verb == "get" and request.kind == "ConfigMap"]
    assert reads == []
    assert driver.kube.live() == set()
