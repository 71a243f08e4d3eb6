"""Manifests for the tables of cases, and what a rule says of them."""

from __future__ import annotations

from typing import Any

import yaml

from steersman.review.build import from_manifest
from steersman.review.configuration import Configuration
from steersman.review.runner import review

Json = dict[str, Any]


def document(kind: str, name: str, hook: str = "", api: str = "v1", **fields: Any) -> Json:
    """An object; `hook` is `events`, `events weight` or `events weight policies`."""
    metadata: Json = {"name": name}
    names = ("helm.sh/hook", "helm.sh/hook-weight", "helm.sh/hook-delete-policy")
    if hook:
        metadata["annotations"] = dict(zip(names, hook.split(), strict=False))
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}


def job(hook: str = "pre-install", name: str = "migrate", *, spec: Json | None = None, **pod: Any) -> Json:
    """A hook Job with one container; `pod` are fields of its Pod, `container` and `script` those of its container."""
    container = {"name": "main", "image": "postgres:15.8", "command": ["/bin/sh", "-ec", pod.pop("script", "true")]}
    container |= pod.pop("container", {})
    template = {"spec": {"restartPolicy": "Never", "containers": [container], **pod}}
    return document("Job", name, hook, "batch/v1", spec={"backoffLimit": 0, "template": template, **(spec or {})})


def pod(hook: str = "test", name: str = "probe", **fields: Any) -> Json:
    container = {"name": "main", "image": "busybox:1.37", "command": ["true"], **fields.pop("container", {})}
    return document("Pod", name, hook, spec={"containers": [container], **fields})


def text(*objects: Json) -> str:
    return yaml.safe_dump_all(objects, sort_keys=False)


def said(rule: str, *objects: Json, timeout: float = 300.0, **options: Any) -> list[str]:
    """What one rule says of these objects: `Kind/name at where: message`, in order."""
    configuration = Configuration(only=frozenset([rule]), options={rule: options})
    result = review(from_manifest(text(*objects), "x.yaml", timeout=timeout), configuration)
    return [f"{finding.item.title} at {finding.where}: {finding.message}" for finding in result.findings]
