"""Records as helm writes them: read, compared field by field, and written again to the byte."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.manifest.hooks import Hook, HookEvent, HookExecution, HookPhase
from steersman.release.codec import RecordError, decode, encode, from_json, to_json
from steersman.release.record import Info, Release, Status, go_time

CHART = Path(__file__).parent.parent / "lifecycle" / "chart"

# What helm 4.3.1 wrote on a real API server for a rollback, shortened: the order of fields is Helm's.
ROLLED_BACK: dict[str, Any] = {
    "name": "f",
    "info": {
        "first_deployed": "2026-11-22T09:50:27.993366899Z",
        "last_deployed": "2026-11-22T09:50:32.385774388Z",
        "description": "Rollback to 1",
        "status": "deployed",
        "rollback_revision": 1,
        "notes": "Hi <f> & all\n",
    },
    "chart": {"metadata": {"name": "hk", "version": "0.1.0"}, "lock": None, "templates": [], "values": {"extra": True}},
    "config": {"badwait": True},
    "manifest": "---\n# Source: hk/templates/cm.yaml\nkind: ConfigMap\n",
    "hooks": [
        {
            "name": "f-pre-install-5",
            "kind": "ConfigMap",
            "path": "hk/templates/hooks.yaml",
            "manifest": "kind: ConfigMap",
            "events": ["pre-install", "test"],
            "last_run": {
                "started_at": "2026-11-22T09:50:28.16987183Z",
                "completed_at": "2026-11-22T09:50:28.190704956Z",
                "phase": "Succeeded",
            },
            "weight": 5,
            "delete_policies": ["before-hook-creation"],
        },
        {"name": "n", "kind": "Job", "path": "p", "manifest": "m", "events": ["test"], "last_run": {"phase": ""}},
        {
            "name": "r",
            "kind": "Job",
            "path": "p",
            "manifest": "m",
            "events": ["pre-delete"],
            "last_run": {"started_at": "2026-11-22T09:50:48.682240193Z", "phase": "Running"},
        },
    ],
    "version": 3,
    "namespace": "default",
    "apply_method": "ssa",
}


def packed(data: dict[str, Any]) -> str:
    return base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()


def test_a_record_of_helm_is_written_as_it_was_read() -> None:
    release = decode(packed(ROLLED_BACK))
    assert (release.status, release.info.rollback_revision) == (Status.DEPLOYED, 1)
    again = to_json(release)
    assert again == ROLLED_BACK
    assert list(again) == list(ROLLED_BACK)
    assert list(again["info"]) == list(ROLLED_BACK["info"])
    assert list(again["hooks"][0]) == list(ROLLED_BACK["hooks"][0])


def test_json_is_escaped_as_go_does() -> None:
    text = gzip.decompress(base64.b64decode(encode(from_json(ROLLED_BACK)))).decode()
    assert "Hi \\u003cf\\u003e \\u0026 all\\n" in text


def test_fields_that_a_later_helm_may_add_survive() -> None:
    data = {**ROLLED_BACK, "sequencing": {"a": 1}, "info": {**ROLLED_BACK["info"], "new": "x"}}
    assert to_json(decode(packed(data))) == data


def test_helm_3_wrote_empty_times_and_did_not_always_zip() -> None:
    data = {"name": "old", "version": 1, "info": {"deleted": "", "first_deployed": "0001-01-01T00:00:00Z"}}
    release = decode(base64.b64encode(json.dumps(data).encode()).decode())
    assert (release.name, release.info.deleted, release.info.first_deployed) == ("old", "", "")


@pytest.mark.parametrize("text", ["", "!", "aGVsbG8=", "W10=", base64.b64encode(b"\x1f\x8b\x08broken").decode()])
def test_what_is_no_record_is_one_clear_error(text: str) -> None:
    with pytest.raises(RecordError, match="not a release record"):
        decode(text)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_000_000_000, "1970-01-01T00:00:01Z"),
        (1_795_340_395_772_602_730, "2026-11-22T09:39:55.77260273Z"),
        (1_795_340_396_000_000_001, "2026-11-22T09:39:56.000000001Z"),
    ],
)
def test_times_are_printed_as_go_does(nanoseconds: int, text: str) -> None:
    assert go_time(nanoseconds) == text


texts = st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
hooks = st.builds(
    Hook,
    name=texts,
    kind=texts,
    path=texts,
    manifest=texts,
    events=st.lists(st.sampled_from(list(HookEvent)), max_size=3),
    weight=st.integers(-100, 100),
    delete_policies=st.lists(texts, max_size=2),
    output_log_policies=st.lists(texts, max_size=2),
    last_run=st.builds(
        HookExecution,
        started_at=st.just("2026-11-22T09:50:28.1Z"),
        completed_at=st.sampled_from(["", "2026-11-22T09:50:29Z"]),
        phase=st.sampled_from(list(HookPhase)),
    ),
)
releases = st.builds(
    Release,
    name=texts,
    namespace=texts,
    version=st.integers(0, 1000),
    info=st.builds(Info, description=texts, status=st.sampled_from(list(Status)), notes=texts),
    chart=st.dictionaries(texts.filter(bool), json_values, max_size=3),
    config=st.dictionaries(texts.filter(bool), json_values, max_size=3),
    manifest=texts,
    hooks=st.lists(hooks, max_size=3),
    apply_method=st.sampled_from(["", "ssa", "csa"]),
)


@settings(max_examples=60)
@given(releases)
def test_any_release_survives_the_round_trip(release: Release) -> None:
    assert decode(encode(release)) == release


@pytest.mark.oracle
def test_a_dry_run_of_helm_is_read_and_written_unchanged(helm: Path, tmp_path: Path) -> None:
    environment = {"HELM_CACHE_HOME": str(tmp_path), "HELM_CONFIG_HOME": str(tmp_path), "HELM_DATA_HOME": str(tmp_path)}
    done = subprocess.run(
        [helm, "install", "x", CHART, "--dry-run=client", "-o", "json", "--set", "message=a"],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    record = json.loads(done.stdout)
    assert to_json(from_json(record)) == record
    assert len(record["hooks"]) == 18


def test_what_a_log_would_show_of_a_release_holds_nothing_of_its_values() -> None:
    release = Release(
        name="shop",
        namespace="default",
        version=1,
        config={"password": "hunter2"},
        manifest="password: hunter2",
        info=Info(notes="Your password is hunter2"),
    )
    assert "hunter2" not in repr(release)
    assert "shop" in repr(release)
