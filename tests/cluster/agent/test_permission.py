"""What is told where no user namespace can be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.cluster.agent import permission


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1\n",
            "`sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
        ),
        ("kernel/unprivileged_userns_clone", "0\n", "`sysctl kernel.unprivileged_userns_clone=1`"),
        ("user/max_user_namespaces", "0\n", "`sysctl user.max_user_namespaces=10000`"),
    ],
)
def test_the_setting_that_forbids_it_is_named(tmp_path: Path, setting: str, value: str, told: str) -> None:
    path = tmp_path / setting
    path.parent.mkdir()
    path.write_text(value)
    assert told in permission.hint(tmp_path, ())
    path.write_text({"0\n": "1", "1\n": "0"}[value])
    assert told not in permission.hint(tmp_path, ())


def test_a_container_is_told_how_its_runtime_would_permit_it(tmp_path: Path) -> None:
    (tmp_path / "mark").touch()
    words = permission.hint(tmp_path, (str(tmp_path / "mark"),))
    assert "seccomp=unconfined" in words
    assert "systempaths=unconfined" in words  # which is in the way next
    assert words.endswith("`--no-sandbox` runs Pods as plain processes, with all of your rights.")


def test_a_covered_proc_is_told_how_to_uncover_it() -> None:
    words = permission.proc_hint()
    assert "unmask=ALL" in words
    assert words.endswith("`--no-sandbox` runs Pods as plain processes, with all of your rights.")
