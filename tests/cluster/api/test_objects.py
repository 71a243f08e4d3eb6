"""The access layer: what a write means, seen as a controller sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from steersman.cluster.expiry import forget_events_before
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store
from steersman.errors import AlreadyExists, Conflict, Invalid, NotFound


@pytest.fixture
def objects() -> Objects:
    made = Objects(Store())
    made.create("namespaces", {"metadata": {"name": "default"}})
    return made


def test_a_new_object_gets_identity_and_can_be_read_back(objects: Objects) -> None:
    made = objects.create("configmaps", {"metadata": {"generateName": "a-"}, "data": {"k": "v"}}, "default")
    assert made["metadata"]["name"].startswith("a-")
    assert made["metadata"]["uid"]
    assert objects.get("configmaps", made["metadata"]["name"], "default") == made
    with pytest.raises(AlreadyExists):
        objects.create("configmaps", {"metadata": {"name": made["metadata"]["name"]}}, "default")


def test_an_old_version_cannot_overwrite_a_new_one(objects: Objects) -> None:
    first = objects.create("configmaps", {"metadata": {"name": "a"}}, "default")
    objects.update("configmaps", first | {"data": {"k": "1"}})
    with pytest.raises(Conflict, match="the object has been modified"):
        objects.update("configmaps", first | {"data": {"k": "2"}})


def test_what_does_not_change_anything_is_not_written(objects: Objects) -> None:
    made = objects.create("configmaps", {"metadata": {"name": "a"}, "data": {"k": "1"}}, "default")
    again = objects.patch("configmaps", "a", {"data": {"k": "1"}}, "default")
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_finalizers_hold_a_deleted_object_until_the_last_is_gone(objects: Objects) -> None:
    objects.create("configmaps", {"metadata": {"name": "a", "finalizers": ["x.io/y"]}}, "default")
    assert not objects.delete("configmaps", "a", "default").gone
    marked = objects.get("configmaps", "a", "default")
    assert marked["metadata"]["deletionTimestamp"]
    with pytest.raises(Invalid, match="no new finalizers can be added"):
        objects.patch("configmaps", "a", {"metadata": {"finalizers": ["x.io/y", "x.io/z"]}}, "default")
    objects.patch("configmaps", "a", {"metadata": {"finalizers": None}}, "default")
    with pytest.raises(NotFound):
        objects.get("configmaps", "a", "default")


def test_namespaces_must_exist_before_what_is_in_them(objects: Objects) -> None:
    with pytest.raises(NotFound, match='namespaces "none" not found'):
        objects.create("configmaps", {"metadata": {"name": "a"}}, "none")


async def test_a_watch_tells_what_is_there_and_then_every_change(objects: Objects) -> None:
    objects.create("configmaps", {"metadata": {"name": "a", "labels": {"x": "1"}}}, "default")
    seen = []
    async for event in objects.watch("configmaps", labels="x=1"):
        seen.append((event.type, event.object["metadata"]["name"]))
        if len(seen) == 1:
            objects.create("configmaps", {"metadata": {"name": "b", "labels": {"x": "1"}}}, "default")
            objects.create("configmaps", {"metadata": {"name": "c"}}, "default")
            objects.patch("configmaps", "a", {"metadata": {"labels": {"x": "2"}}}, "default")
            objects.delete("configmaps", "b", "default")
        if len(seen) == 4:
            break
    assert seen == [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b")]


def test_everything_is_there_again_after_reopening(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    objects = Objects(store)
    objects.create("namespaces", {"metadata": {"name": "default"}})
    for name in ("a", "b", "c"):
        objects.create("configmaps", {"metadata": {"name": name, "labels": {"n": name}}}, "default")
    objects.delete("configmaps", "b", "default")
    revision = store.revision
    store.close()
    again = Objects(Store(tmp_path / "state.db"))
    assert again.store.revision == revision
    assert [obj["metadata"]["name"] for obj in again.list("configmaps", labels="n in (a,b,c)")] == ["a", "c"]


def test_events_are_forgotten_an_hour_after_they_were_last_written(objects: Objects) -> None:
    for name in ("a", "b"):
        objects.create("events", {"metadata": {"name": name}, "involvedObject": {"kind": "Pod"}}, "default")
    forget_events_before(objects, datetime.now(UTC) - timedelta(hours=1))
    assert len(objects.list("events")) == 2
    forget_events_before(objects, datetime.now(UTC) + timedelta(seconds=5))
    assert objects.list("events") == []
