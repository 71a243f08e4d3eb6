"""What we write is what helm writes: twin namespaces on a real API server, one by helm, one by us, compared field by field.

No Pod needs to run for this; any cluster that STEERSMAN_TEST_KUBECONFIG names will do.
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import secrets
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steersman.errors import FieldConflict, ImmutableField, NotFound, OwnershipError
from steersman.kube.apply import ApplyOptions, create, recreate, update
from steersman.kube.client import Client
from steersman.kube.interface import Object, PatchType, ref_of
from steersman.kube.ownership import existing, owned
from steersman.kube.wait import wait_deleted, wait_ready
from steersman.kube.watches import Watches

pytestmark = [pytest.mark.kube, pytest.mark.oracle]
SERVER_SIDE, CLIENT_SIDE = ApplyOptions(), ApplyOptions(server_side=False)
RELEASE = "twin"


class Twins:
    """Two namespaces and a chart whose templates are the objects at hand."""

    def __init__(self, kube: Client, helm: Path, kubeconfig: str, folder: Path) -> None:
        self.kube, self.helm, self.kubeconfig, self.chart = kube, helm, kubeconfig, folder
        suffix = secrets.token_hex(3)
        self.theirs, self.ours = f"helm-{suffix}", f"ours-{suffix}"
        (folder / "templates").mkdir()
        (folder / "Chart.yaml").write_text("apiVersion: v2\nname: twin\nversion: 0.1.0\n")

    async def __aenter__(self) -> Twins:
        for name in (self.theirs, self.ours):
            await self.kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in (self.theirs, self.ours):
            await self.kube.delete(ref_of({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))

    async def by_helm(self, objects: list[Object], *arguments: str, fails: bool = False) -> str:
        """`helm upgrade --install` of a chart with these objects; returns what it printed as an error."""
        (self.chart / "templates" / "all.yaml").write_text("\n---\n".join(json.dumps(obj) for obj in objects))
        command = [str(self.helm), "upgrade", "--install", RELEASE, str(self.chart), "-n", self.theirs, *arguments]
        environment = {**os.environ, "KUBECONFIG": self.kubeconfig, "HELM_CACHE_HOME": str(self.chart / "cache")}
        run = lambda: subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: E731
        done = await asyncio.to_thread(run)
        assert (done.returncode != 0) is fails, done.stderr
        return done.stderr

    def mine(self, obj: Object) -> Object:
        placed = copy.deepcopy(obj)
        placed["metadata"]["namespace"] = self.ours
        return owned(placed, RELEASE, self.ours)

    async def by_us(self, objects: list[Object], options: ApplyOptions) -> None:
        for obj in objects:
            await create(self.kube, self.mine(obj), options)

    async def upgraded_by_us(
        self, old: list[Object], new: list[Object], options: ApplyOptions, *, hand_over: bool = False
    ) -> None:
        for before, after in zip(old, new, strict=True):
            placed = {**before, "metadata": {**before["metadata"], "namespace": self.ours}}  # as a record's manifest
            await update(self.kube, placed, self.mine(after), options, hand_over=hand_over)

    async def drift(self, obj: Object, patch: Object) -> None:
        for namespace in (self.theirs, self.ours):
            ref = ref_of({**obj, "metadata": {**obj["metadata"], "namespace": namespace}})
            await self.kube.patch(ref, patch, PatchType.MERGE, field_manager="somebody")

    async def compare(self, objects: list[Object]) -> None:
        """Both namespaces hold the same, managedFields included."""
        for obj in objects:
            pair = []
            for namespace in (self.theirs, self.ours):
                live = await self.kube.get(ref_of({**obj, "metadata": {**obj["metadata"], "namespace": namespace}}))
                pair.append(comparable(live, namespace))
            assert pair[0] == pair[1], obj["kind"]


def comparable(live: Object, namespace: str) -> Object:
    """Without what differs between any two objects: identity, times, addresses, what controllers note meanwhile."""
    live.pop("status", None)
    metadata = live["metadata"]
    for field in ("uid", "resourceVersion", "creationTimestamp", "selfLink", "generation"):
        metadata.pop(field, None)
    metadata.get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    entries = [entry for entry in metadata.pop("managedFields", []) if entry["manager"] in ("helm", "somebody")]
    metadata["managers"] = sorted(
        ({key: value for key, value in entry.items() if key != "time"} for entry in entries),
        key=lambda entry: str(entry),
    )
    for field in ("clusterIP", "clusterIPs"):
        live.get("spec", {}).pop(field, None)
    compared: Object = json.loads(json.dumps(live).replace(namespace, "NAMESPACE"))
    return compared


@pytest.fixture
async def twins(real: Client, helm: Path, real_kubeconfig: str, tmp_path: Path) -> AsyncIterator[Twins]:
    async with Twins(real, helm, real_kubeconfig, tmp_path) as twins:
        yield twins


def config_map(**data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "labels": {"x": "1"}}, "data": data}


def service(*ports: int) -> Object:
    spec = {
        "selector": {"app": "a"},
        "ports": [{"port": port, "protocol": "TCP", "name": f"p{port}"} for port in ports],
    }
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}


def deployment(image: str = "busybox:1", selector: str = "a", **spec: Any) -> Object:
    env = spec.pop("env", [{"name": "K", "value": "1"}])
    containers = [{"name": "main", "image": image, "env": env}, *spec.pop("more", [])]
    pod = {"containers": containers, "volumes": spec.pop("volumes", [{"name": "v", "emptyDir": {}}])}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": selector}},
            "template": {"metadata": {"labels": {"app": selector}}, "spec": pod},
            **spec,
        },
    }


OLD = [config_map(a="1", b="1"), service(80, 81), deployment(more=[{"name": "side", "image": "busybox:1"}])]
NEW = [
    config_map(a="2", c="1"),
    service(81, 82),
    deployment(
        "busybox:2",
        env=[{"name": "L", "value": "2"}, {"name": "K", "value": "1"}],
        volumes=[{"name": "v", "configMap": {"name": "c"}}, {"name": "w", "emptyDir": {}}],
        strategy={"type": "Recreate"},
    ),
]
# To turn a volume or a strategy into another kind of itself is beyond a server-side apply (helm fails at it as well).
NEW_SERVER_SIDE = [*NEW[:2], deployment("busybox:2", env=[{"name": "L", "value": "2"}], minReadySeconds=1)]
DRIFT = [
    (OLD[0], {"data": {"a": "theirs", "theirs": "1"}, "metadata": {"labels": {"theirs": "1", "x": None}}}),
    (OLD[2], {"spec": {"replicas": 0, "revisionHistoryLimit": 3}, "metadata": {"annotations": {"theirs": "1"}}}),
]


async def test_install_and_upgrade_server_side(twins: Twins) -> None:
    await twins.by_helm(OLD)
    await twins.by_us(OLD, SERVER_SIDE)
    await twins.compare(OLD)
    await twins.by_helm(NEW_SERVER_SIDE)
    await twins.upgraded_by_us(OLD, NEW_SERVER_SIDE, SERVER_SIDE)
    await twins.compare(NEW_SERVER_SIDE)


async def test_install_and_upgrade_client_side_over_drift(twins: Twins) -> None:
    await twins.by_helm(OLD, "--server-side=false")
    await twins.by_us(OLD, CLIENT_SIDE)
    await twins.compare(OLD)
    for obj, patch in DRIFT:
        await twins.drift(obj, patch)
    await twins.by_helm(NEW)
    await twins.upgraded_by_us(OLD, NEW, CLIENT_SIDE)
    await twins.compare(NEW)


async def test_a_release_changes_from_client_side_to_server_side(twins: Twins) -> None:
    """Fields that the new manifest drops must go, though an Update of long ago set them."""
    await twins.by_helm(OLD, "--server-side=false")
    await twins.by_us(OLD, CLIENT_SIDE)
    await twins.by_helm(NEW_SERVER_SIDE, "--server-side=true")
    await twins.upgraded_by_us(OLD, NEW_SERVER_SIDE, SERVER_SIDE, hand_over=True)
    await twins.compare(NEW_SERVER_SIDE)


async def test_replacing_by_force(twins: Twins) -> None:
    old, new = [config_map(a="1"), deployment()], [config_map(b="1"), deployment("busybox:2")]
    await twins.by_helm(old, "--server-side=false")
    await twins.by_us(old, CLIENT_SIDE)
    await twins.drift(old[0], {"data": {"theirs": "1"}})
    await twins.by_helm(new, "--force-replace")
    await twins.upgraded_by_us(old, new, ApplyOptions(server_side=False, force_replace=True))
    await twins.compare(new)
    live = await twins.kube.get(ref_of(twins.mine(new[0])))
    assert live["data"] == {"b": "1"}


async def test_conflicts_and_taking_the_fields_over(twins: Twins) -> None:
    await twins.by_helm([config_map(a="1")])
    await twins.by_us([config_map(a="1")], SERVER_SIDE)
    await twins.drift(config_map(), {"data": {"a": "theirs"}})
    said = await twins.by_helm([config_map(a="2")], fails=True)
    with pytest.raises(FieldConflict) as caught:
        await update(twins.kube, None, twins.mine(config_map(a="2")), SERVER_SIDE)
    assert str(caught.value).replace(twins.ours, twins.theirs) in said
    assert caught.value.conflicts == (("somebody", ".data.a"),)
    await twins.by_helm([config_map(a="2")], "--force-conflicts")
    await update(twins.kube, None, twins.mine(config_map(a="2")), ApplyOptions(force_conflicts=True))
    await twins.compare([config_map()])


@pytest.mark.parametrize("options", [SERVER_SIDE, CLIENT_SIDE], ids=["server-side", "client-side"])
async def test_a_field_that_cannot_change(twins: Twins, options: ApplyOptions) -> None:
    old, new = deployment(), deployment(selector="b")
    await twins.by_helm([old], f"--server-side={str(options.server_side).lower()}")
    await twins.by_us([old], options)
    said = await twins.by_helm([new], fails=True)
    with pytest.raises(ImmutableField) as caught:
        await update(twins.kube, twins.mine(old), twins.mine(new), options)
    assert caught.value.fields == ("spec.selector",)
    assert str(caught.value).replace(twins.ours, twins.theirs) in said
    async with Watches(twins.kube) as watches:
        live = await twins.kube.get(ref_of(twins.mine(old)))
        made = await recreate(
            twins.kube, twins.mine(new), options, until_gone=lambda _, __: wait_deleted(watches, [live], timeout=30)
        )
    assert made["spec"]["selector"] == {"matchLabels": {"app": "b"}}
    assert made["metadata"]["uid"] != live["metadata"]["uid"]


async def test_ownership(twins: Twins) -> None:
    """Unowned, and another release's."""
    for namespace in (twins.theirs, twins.ours):
        await twins.kube.create({**config_map(), "metadata": {"name": "c", "namespace": namespace}})
    ours = ref_of(twins.mine(config_map()))
    for changes in (
        {},
        {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "z"}},
    ):
        await twins.drift(config_map(), {"metadata": changes})
        said = await twins.by_helm([config_map()], fails=True)
        with pytest.raises(OwnershipError) as caught:
            await existing(twins.kube, ours, release=RELEASE, namespace=twins.ours, action="install")
        assert str(caught.value).replace(twins.ours, twins.theirs) in said
    taken = await existing(
        twins.kube, ours, release=RELEASE, namespace=twins.ours, action="install", take_ownership=True
    )
    assert taken is not None
    await twins.drift(config_map(), {"data": {"theirs": "1", "a": "theirs"}})
    await twins.by_helm([config_map(a="1")], "--take-ownership", "--server-side=false")
    await update(twins.kube, None, twins.mine(config_map(a="1")), CLIENT_SIDE)
    await twins.compare([config_map()])
    with pytest.raises(NotFound):
        await twins.kube.get(ref_of(twins.mine(service(80))))
    assert (
        await existing(twins.kube, ref_of(twins.mine(service(80))), release="x", namespace="y", action="install")
        is None
    )


async def test_custom_resources_are_merged_two_ways(twins: Twins) -> None:
    """Helm leaves drift in a custom resource alone where the chart's own text did not change."""
    name = f"widgets.{secrets.token_hex(3)}.example.com"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": name},
        "spec": {
            "group": name.partition(".")[2],
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                }
            ],
        },
    }

    def widget(**spec: Any) -> Object:
        group = definition["spec"]["group"]  # type: ignore[index]
        return {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": spec}

    old, new = widget(a="1", kept="1", gone="1", list=[{"x": 1}]), widget(a="2", kept="1", list=[{"x": 1}, {"y": 1}])
    async with Watches(twins.kube) as watches:
        await wait_ready(watches, [await twins.kube.create(definition)], timeout=30)
    try:
        await twins.by_helm([old], "--server-side=false")
        await twins.by_us([old], CLIENT_SIDE)
        await twins.drift(old, {"spec": {"kept": "theirs", "theirs": "1"}})
        await twins.by_helm([new])
        await twins.upgraded_by_us([old], [new], CLIENT_SIDE)
        await twins.compare([new])
        live = await twins.kube.get(ref_of(twins.mine(new)))
        assert live["spec"] == {"a": "2", "kept": "theirs", "theirs": "1", "list": [{"x": 1}, {"y": 1}]}
    finally:
        await twins.kube.delete(ref_of(definition))
