"""Documents, hooks and their order, compared with what helm makes of the same rendered files."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steersman.errors import YamlError
from steersman.manifest.documents import join, split
from steersman.manifest.hooks import Hook, HookEvent
from steersman.manifest.order import (
    INSTALL_ORDER,
    UNINSTALL_ORDER,
    hook_order,
    install_order,
    sort_manifests,
    uninstall_order,
)

Install = Callable[[dict[str, str]], dict[str, Any]]


@pytest.fixture
def helm_install(helm: Path, tmp_path: Path) -> Install:
    """helm_install(files): the release that helm would record for a chart of these templates, or {"error": …}."""

    def install(files: dict[str, str]) -> dict[str, Any]:
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())
        (tmp_path / "chart" / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
        done = subprocess.run(
            [helm, "install", "x", tmp_path / "chart", "--dry-run=client", "-o", "json"],
            capture_output=True,
            text=True,
            check=False,
            env={"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none")},
        )
        if done.returncode:
            return {"error": done.stderr.splitlines()[-1].removeprefix("Error: INSTALLATION FAILED: ")}
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return install


def as_recorded(hook: Hook) -> dict[str, Any]:
    """The hook with the fields of a release record; empty ones are left out there."""
    fields = {
        "name": hook.name,
        "kind": hook.kind,
        "path": hook.path,
        "manifest": hook.manifest,
        "events": [str(event) for event in hook.events],
        "weight": hook.weight,
        "delete_policies": hook.delete_policies,
        "output_log_policies": hook.output_log_policies,
        "last_run": {"phase": ""},
    }
    return {name: value for name, value in fields.items() if value}


def ours(files: dict[str, str]) -> tuple[str, list[dict[str, Any]]]:
    hooks, manifests = sort_manifests(files)
    return join((document.path, document.text) for document in manifests), [as_recorded(hook) for hook in hooks]


def manifest(kind: str, name: str, **annotations: str) -> str:
    lines = "".join(f"    helm.sh/{key.replace('_', '-')}: {value}\n" for key, value in annotations.items())
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n" + (f"  annotations:\n{lines}" if lines else "")


def hook(event: str, **annotations: str) -> str:
    return manifest("Job", "hook", **{"hook": event, **annotations})


KINDS = [*INSTALL_ORDER, "Zebra", "zebra", "Alpha", "Job.v2", "''"]

HOOKS = [
    hook("pre-install"),
    hook("' Pre-Install ,post-upgrade,TEST'"),
    hook("test-success"),
    hook("pre-install,bogus"),
    hook("crd-install"),
    hook("''"),
    hook("pre-install,"),
    hook("pre-install,pre-install"),
    *(hook(str(event)) for event in HookEvent),
    *(
        hook("test", hook_weight=weight)
        for weight in ("5", "'-5'", "'+7'", "1.5", "1e3", "0x10", "010", "' 3'", "true", "'1_0'", "''", "null")
    ),
    *(hook("test", hook_weight=weight) for weight in ("'9223372036854775807'", "'9223372036854775808'", "'٣'")),
    hook("test", hook_delete_policy="hook-succeeded, HOOK-FAILED ,,bogus", hook_output_log_policy="hook-failed"),
    hook("test", hook_delete_policy="''"),
    hook("test", hook_delete_policy="null"),
    hook("test", hook_delete_policy="before-hook-creation"),
    "kind: Pod\nmetadata: {annotations: {helm.sh/hook: test, a: 1, b: true, c: 1.10, d: 12345678901, e: 1e10}}",
    "kind: 3\nmetadata: {name: 1.5, annotations: {helm.sh/hook: test}}",
    "metadata: {annotations: {helm.sh/hook: test}}",
    "KIND: Pod\nMetadata: {Name: x, annotations: {helm.sh/hook: test}}",
]

SEPARATIONS = [
    "---\n{0}---\n{1}",
    "{0}---\n---\n\n{1}",
    "\n\n  ---\n{0}\n--- \t\n{1}\n\n\n",
    "--- # comment\n{0}---\n# comment\n{1}",
    "---{0}---{1}",
    "# comment\n---\n{0}---\n# only a comment\n---\n{1}",
    "{0}...\n---\n{1}...\n",
    "{0}---\n\ufeff{1}",
    "---\r\n{0}\r\n---\r\n{1}",
    "{0}\u2028---\n{1}",
    "\x0b---\n{0}---\n\x0c\u2028\u3000{1}",
]


@pytest.mark.oracle
def test_divided_and_sorted_as_helm_does(helm_install: Install) -> None:
    shuffle = random.Random(1)
    kinds = [manifest(kind, name) for kind in KINDS for name in ("b", "a")]
    shuffle.shuffle(kinds)
    files = {
        "chart/templates/kinds.yaml": "---\n".join(kinds),
        "chart/templates/zz/kinds.yaml": "---\n".join(reversed(kinds)),
        "chart/templates/hooks.yaml": "\n---\n".join(HOOKS),
        "chart/templates/_partial.yaml": "kind: Pod\n",
        "chart/templates/empty.yaml": "\n \n",
        "chart/templates/text.txt": "a: 1",
        "chart/templates/list.yaml": "null",
    }
    for number, separation in enumerate(SEPARATIONS):
        pair = (manifest("Pod", f"p{number}"), manifest("Secret", f"s{number}"))
        files[f"chart/templates/separation{number}.yaml"] = separation.format(*pair)
    release = helm_install(files)
    manifests, hooks = ours(files)
    assert manifests == release["manifest"]
    assert hooks == release["hooks"]


BROKEN = [
    "a: b: c",
    "a: 1\nb: 2\nc: [\n",
    "- a",
    "text",
    "3",
    "true",
    "apiVersion: [1]",
    "apiVersion: {a: 1}",
    "kind: {a: 1}",
    "metadata: x",
    "metadata: [1]",
    "metadata: {name: [x]}",
    "metadata: {annotations: [x]}",
    "metadata: {annotations: x}",
    "metadata: {annotations: {a: [b]}}",
    "metadata: {annotations: {a: {b: c}}}",
    "{ { x } }: 1",
    "a: 1\n----\nb: 1",
    "a: 1\n\x0c---\nb: 1",
]


@pytest.mark.oracle
@pytest.mark.parametrize("text", BROKEN)
def test_broken_documents_are_reported_in_helms_words(helm_install: Install, text: str) -> None:
    files = {"chart/templates/a.yaml": "kind: Pod\n", "chart/templates/b.yaml": f"\n---\nkind: Pod\n---\n{text}"}
    with pytest.raises(YamlError) as caught:
        sort_manifests(files)
    assert str(caught.value) == helm_install(files)["error"]
    assert caught.value.location is not None
    assert caught.value.location.path == "chart/templates/b.yaml"


def test_the_line_of_an_error_is_the_rendered_files() -> None:
    files = {"c/templates/a.yaml": "\n# x\n---\nkind: Pod\n---\n\na: 1\nb: c: d\n"}
    with pytest.raises(YamlError) as caught:
        sort_manifests(files)
    assert str(caught.value.location) == "c/templates/a.yaml:8:5"


def test_what_a_document_says_of_itself() -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web, generation: 3}
  annotations: {on: yes}
spec: {replicas: 3, ratio: 1.5, big: 1e3}
"""
    (document,) = split("a.yaml", text)
    assert (document.api_version, document.kind, document.name, document.namespace) == (
        "apps/v1",
        "Deployment",
        "web",
        "shop",
    )
    assert document.labels == {"app": "web", "generation": "3"}
    assert document.annotations == {"true": "true"}
    assert document.object["spec"] == {"replicas": 3, "ratio": 1.5, "big": 1000}
    assert document.line == 2


def test_uninstall_order_begins_where_install_order_ends() -> None:
    documents = [split("a.yaml", manifest(kind, "x"))[0] for kind in KINDS]
    known = [document for document in documents if document.kind in INSTALL_ORDER]
    assert [document.kind for document in install_order(documents)][: len(known)] == list(INSTALL_ORDER)
    assert [document.kind for document in uninstall_order(documents)][: len(known)] == list(UNINSTALL_ORDER)
    assert sorted(INSTALL_ORDER) == sorted(UNINSTALL_ORDER)


def test_hooks_run_by_weight_then_name() -> None:
    hooks = [
        Hook(name, "Job", "p", "", [HookEvent.TEST], weight)
        for name, weight in (("b", 1), ("c", -1), ("a", 1), ("Z", 1))
    ]
    assert [hook.name for hook in hook_order(hooks)] == ["c", "Z", "a", "b"]
