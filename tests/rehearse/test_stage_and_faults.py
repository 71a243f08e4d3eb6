"""The parts of a rehearsal that need no cluster."""

from __future__ import annotations

from typing import Any

from steersman.chart.render import ReleaseOptions, prepare, render
from steersman.manifest import yaml
from steersman.manifest.hooks import Hook, HookEvent
from steersman.rehearse.faults import failing, twin
from steersman.rehearse.stage import recorded, references
from steersman.release.record import Release

from .charts import job


def test_a_record_is_rendered_again_word_for_word() -> None:
    text = "kind: ConfigMap\nmetadata: {name: a}\ndata: {t: '{{ not .a template }}'}\n"
    hook = job("h", "pre-upgrade", "echo '{{x}}'")
    release = Release(
        name="r",
        namespace="default",
        version=3,
        chart={"metadata": {"name": "c", "version": "1.2.3"}},
        config={"a": 1},
        manifest=f"---\n# Source: c/templates/a.yaml\n{text}\n",
        hooks=[Hook("h", "Job", "c/templates/h.yaml", hook, [HookEvent.PRE_UPGRADE])],
    )
    state = recorded(release)
    again = render(prepare(state.chart, state.values), ReleaseOptions("r"))
    assert [document.object for document in again.manifests] == [yaml.load(text)]
    assert [each.manifest for each in again.hooks] == [hook]
    assert state.values == {"a": 1}


def test_what_a_pod_refers_to() -> None:
    spec = yaml.load(
        """
        containers:
        - env:
          - {name: A, valueFrom: {secretKeyRef: {name: s, key: password}}}
          - {name: B, valueFrom: {configMapKeyRef: {name: c, key: url}}}
          - {name: C, valueFrom: {secretKeyRef: {name: maybe, key: x, optional: true}}}
          envFrom: [{secretRef: {name: all}}, {configMapRef: {name: map}}]
        volumes:
        - {name: v, secret: {secretName: mounted, items: [{key: tls.crt, path: x}]}}
        - {name: w, configMap: {name: files}}
        """
    )
    assert set(references(spec)) == {
        ("Secret", "s", "password"),
        ("ConfigMap", "c", "url"),
        ("Secret", "all", ""),
        ("ConfigMap", "map", ""),
        ("Secret", "mounted", "tls.crt"),
        ("ConfigMap", "files", ""),
    }


def test_faults_leave_the_hook_itself_alone() -> None:
    hook: dict[str, Any] = yaml.load(job("h", "pre-upgrade", "true"))
    before = yaml.dump(hook)
    broken, other = failing(hook), twin(hook)
    assert yaml.dump(hook) == before
    assert "exit 1" in broken["spec"]["template"]["spec"]["containers"][0]["command"][2]
    assert broken["metadata"] == hook["metadata"]
    assert other["metadata"]["name"] == "h-rehearsal"
    assert other["spec"] == hook["spec"]
