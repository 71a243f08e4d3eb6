"""What becomes of writes that the disk does not take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from steersman.cluster import launch
from steersman.cluster.machinery import Objects
from steersman.cluster.store import Store
from steersman.errors import ApiError


def test_a_write_that_the_disk_does_not_take_is_refused_and_the_next_one_that_it_takes_is_not(tmp_path: Path) -> None:
    objects = Objects(Store(tmp_path / "state.db"))
    objects.create("namespaces", {"metadata": {"name": "default"}})
    objects.store._database.execute("PRAGMA max_page_count = 16")  # of 4 KiB
    made, refused = 0, None
    while refused is None:
        try:
            objects.create("configmaps", {"metadata": {"name": f"c{made}"}, "data": {"x": "x" * 3000}}, "default")
            made += 1
        except ApiError as error:
            refused = error
    assert str(refused) == "the cluster's state cannot be written: database or disk is full"
    assert refused.code == 500
    assert len(objects.list("configmaps", "default")) == made
    objects.store._database.execute("PRAGMA max_page_count = 1000")  # somebody has made room
    objects.create("configmaps", {"metadata": {"name": "after"}}, "default")
    revision = objects.store.revision
    objects.store.close()
    again = Store(tmp_path / "state.db")
    assert again.revision == revision
    assert len(Objects(again).list("configmaps", "default")) == made + 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    folder.mkdir(mode=0o500)
    with pytest.raises(launch.ClusterStartError, match=r"cannot keep its state in .*: Permission denied"):
        launch.ensure_running(folder)


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(launch.ClusterStartError, match=r"cannot keep its state in .*: Not a directory"):
        launch.ensure_running(tmp_path / "file" / "cluster")
