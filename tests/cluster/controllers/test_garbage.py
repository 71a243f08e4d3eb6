"""What goes with its owner, before it, or not at all."""

from __future__ import annotations

from typing import Any

from steersman.cluster.controllers.controller import owner_reference
from steersman.cluster.controllers.garbage import GarbageCollector
from steersman.cluster.controllers.namespaces import NamespaceController
from steersman.cluster.machinery import Objects

from .world import Json, World, world


def owned(found: World, name: str, *owners: Json) -> Json:
    return found.create(
        "configmaps", name, ownerReferences=[owner_reference(each) | {"controller": False} for each in owners]
    )


def there(found: World, *names: str) -> list[str]:
    return [name for name in names if found.objects.find("configmaps", name, "default") is not None]


async def test_in_the_background_what_is_owned_follows() -> None:
    async with world(GarbageCollector) as found:
        root = found.create("configmaps", "root")
        child = owned(found, "child", root)
        owned(found, "grandchild", child)
        other = found.create("configmaps", "other")
        owned(found, "shared", root, other)
        await found.settle()
        found.objects.delete("configmaps", "root", "default")
        await found.settle()
        assert there(found, "root", "child", "grandchild", "shared") == ["shared"]
        assert [each["name"] for each in found.get("configmaps", "shared")["metadata"]["ownerReferences"]] == ["other"]


async def test_in_the_foreground_it_goes_first() -> None:
    async with world(GarbageCollector) as found:
        root = found.create("configmaps", "root")
        held = owned(found, "held", root)
        found.objects.patch("configmaps", "held", {"metadata": {"finalizers": ["example.com/hold"]}}, "default")
        await found.settle()
        found.objects.delete("configmaps", "root", "default", propagation="Foreground")
        await found.settle()
        assert there(found, "root", "held") == ["root", "held"]
        assert held["metadata"]["name"] == "held"
        found.objects.patch("configmaps", "held", {"metadata": {"finalizers": None}}, "default")
        await found.settle()
        assert there(found, "root", "held") == []


async def test_orphans_stay_and_forget_their_owner() -> None:
    async with world(GarbageCollector) as found:
        root = found.create("configmaps", "root")
        owned(found, "child", root)
        await found.settle()
        found.objects.delete("configmaps", "root", "default", propagation="Orphan")
        await found.settle()
        assert there(found, "root", "child") == ["child"]
        assert "ownerReferences" not in found.get("configmaps", "child")["metadata"]


async def test_who_names_an_owner_that_never_was_goes() -> None:
    async with world(GarbageCollector) as found:
        ghost: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "ghost", "uid": "no-such-uid"},
        }
        owned(found, "child", ghost)
        await found.settle()
        assert there(found, "child") == []


async def test_a_namespace_is_furnished_and_emptied() -> None:
    def namespaces(objects: Objects) -> NamespaceController:
        return NamespaceController(objects, "the certificate")

    async with world(namespaces) as found:
        found.objects.create("namespaces", {"metadata": {"name": "other"}})
        await found.settle()
        assert found.objects.get("configmaps", "kube-root-ca.crt", "other")["data"]["ca.crt"] == "the certificate"
        found.objects.delete("serviceaccounts", "default", "other")
        await found.settle()
        assert found.objects.find("serviceaccounts", "default", "other") is not None
        found.objects.create("secrets", {"metadata": {"name": "s"}}, "other")
        found.objects.delete("namespaces", "other")
        await found.until(lambda: found.objects.find("namespaces", "other") is None)
        assert found.objects.list("secrets", "other") == []
