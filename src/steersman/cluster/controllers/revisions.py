"""ControllerRevisions: the Pod templates that a StatefulSet or DaemonSet has had, which `kubectl rollout` lists and goes back to.

Source: pkg/controller/history and pkg/controller/daemon of Kubernetes; the apps/v1 API reference.
"""

from __future__ import annotations

import copy
import json

from steersman.cluster import selectors
from steersman.cluster.controllers import pods
from steersman.cluster.controllers.controller import controller_of, owner_reference
from steersman.cluster.machinery import Json, Objects

_RESOURCE = "controllerrevisions.apps"


def known(objects: Objects, owner: Json) -> list[Json]:
    """The owner's revisions, oldest first; those that a deleted namesake left behind are adopted."""
    mine, matches = [], selectors.match_labels(owner["spec"]["selector"])
    for each in objects.list(_RESOURCE, owner["metadata"]["namespace"]):
        manager, meta = controller_of(each), each["metadata"]
        if manager is None and matches(meta.get("labels") or {}) and not owner["metadata"].get("deletionTimestamp"):
            change = {"metadata": {"ownerReferences": [owner_reference(owner)]}}
            mine.append(objects.patch(_RESOURCE, meta["name"], change, meta["namespace"]))
        elif manager is not None and manager["uid"] == owner["metadata"]["uid"]:
            mine.append(each)
    return sorted(mine, key=lambda each: int(each["revision"]))


def current(objects: Objects, owner: Json, label: str) -> Json:
    """The revision of the template as it is now, the newest of all; made where there is none. `label` holds its hash."""
    metadata, template = owner["metadata"], owner["spec"]["template"]
    data = {"spec": {"template": {**template, "$patch": "replace"}}}
    plain = json.dumps(data, sort_keys=True)
    found = known(objects, owner)
    newest = int(found[-1]["revision"]) if found else 0
    for each in found:
        if json.dumps(each["data"], sort_keys=True) == plain:
            if each["revision"] < newest:
                each["revision"] = newest + 1
                each = objects.update(_RESOURCE, each)
            return each
    digest = pods.template_hash(template)
    body: Json = {
        "metadata": {
            "name": f"{metadata['name']}-{digest}", "namespace": metadata["namespace"],
            "labels": {**((template.get("metadata") or {}).get("labels") or {}), label: digest},
            "ownerReferences": [owner_reference(owner)],
        },
        "data": data, "revision": newest + 1,
    }  # fmt: skip
    if metadata.get("annotations"):
        body["metadata"]["annotations"] = metadata["annotations"]
    return objects.create(_RESOURCE, body, metadata["namespace"])


def template_of(objects: Objects, owner: Json, name: str) -> Json:
    """The Pod template that a revision keeps; the owner's own where it is gone."""
    found = objects.find(_RESOURCE, name, owner["metadata"]["namespace"])
    template: Json = copy.deepcopy(owner["spec"]["template"] if found is None else found["data"]["spec"]["template"])
    template.pop("$patch", None)
    return template


def clean_up(objects: Objects, owner: Json, live: set[str]) -> None:
    """Forget the oldest revisions beyond `spec.revisionHistoryLimit`; those named in `live` are in use."""
    limit = owner["spec"].get("revisionHistoryLimit")
    idle = [each for each in known(objects, owner) if each["metadata"]["name"] not in live]
    for each in idle[: max(len(idle) - (10 if limit is None else int(limit)), 0)]:
        objects.delete(_RESOURCE, each["metadata"]["name"], each["metadata"]["namespace"])
