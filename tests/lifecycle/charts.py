"""Releases to be, without a chart: manifests and hooks written as Helm would have rendered them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from steersman.lifecycle.common import Wanted
from steersman.manifest.documents import join, split
from steersman.manifest.hooks import Hook, HookEvent, read_hook
from steersman.release.record import Info, Release

JOB = """apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
  annotations:
    helm.sh/hook: {events}
    helm.sh/hook-weight: "{weight}"
{annotations}spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{{name: main, image: busybox}}]
"""

CONFIG_MAP = """apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  value: "{value}"
"""

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: main, image: "app:{value}"}}]
"""


def hook(name: str, events: str, weight: int | str = 0, **annotations: str) -> Hook:
    """A hook Job; annotations in Python's spelling: `helm_hook_delete_policy`, `steersman_hook_retries` …"""
    known = {
        key.replace("helm_", "helm.sh/").replace("steersman_", "steersman.dev/").replace("_", "-"): value
        for key, value in annotations.items()
    }
    lines = "".join(f'    {key}: "{value}"\n' for key, value in known.items())
    text = JOB.format(name=name, events=events, weight=weight, annotations=lines)
    found = read_hook(split(f"app/templates/{name}.yaml", text)[0])
    assert found is not None
    return found


def config_map(name: str, value: object = 1) -> str:
    return CONFIG_MAP.format(name=name, value=value)


def deployment(name: str, value: object = 1) -> str:
    return DEPLOYMENT.format(name=name, value=value)


@dataclass(frozen=True, slots=True)
class App:
    """What an application consists of, to be made into what is wanted."""

    manifests: tuple[str, ...] = (config_map("settings"), deployment("web"))
    hooks: tuple[Hook, ...] = field(default_factory=tuple)
    crds: tuple[tuple[str, str], ...] = ()

    def wanted(self, name: str = "my-app", namespace: str = "default") -> Wanted:
        manifest = join((f"app/templates/{number}.yaml", text) for number, text in enumerate(self.manifests))
        hooks = [read_again(hook) for hook in self.hooks]
        release = Release(
            name, namespace, 0, Info(notes="Hello"), {"metadata": {"name": "app", "version": "1"}}, {}, manifest, hooks
        )
        return Wanted(release, crds=self.crds)


def read_again(old: Hook) -> Hook:
    """A copy without the traces of a run."""
    found = read_hook(split(old.path, old.manifest)[0])
    assert found is not None
    return found


NINE = tuple(str(event) for event in HookEvent)


def full(value: object = 1, *, without: Iterable[str] = (), extra: Iterable[str] = ()) -> App:
    """An application with a hook for each of the nine events."""
    return App(
        manifests=(config_map("settings", value), deployment("web", value), *extra),
        hooks=tuple(hook(f"{event}-hook", event) for event in NINE if event not in without),
    )
