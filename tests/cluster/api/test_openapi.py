"""The OpenAPI documents beside those of a real Kubernetes 1.36.2."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .conftest import Api
from .recorded import differences, recording

Json = dict[str, Any]

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
# Discovery's own types and those of kinds that are not served here.
NOT_SERVED = {
    "io.k8s.api.core.v1.Binding", "io.k8s.api.core.v1.ComponentCondition", "io.k8s.api.core.v1.ComponentStatus",
    "io.k8s.api.core.v1.ComponentStatusList", "io.k8s.apimachinery.pkg.runtime.RawExtension",
    *(_META + name for name in ("APIResource", "APIResourceList", "Patch", "WatchEvent")),
}  # fmt: skip
# Defaults of which only markers in Go's sources tell; the document that our types come from names one group for DeleteOptions.
KNOWN = re.compile(
    r"\..*(AzureDiskVolumeSource|GRPCAction|FileKeySelector|PodCertificateProjection|ContainerRestartRule\w*|ImageVolumeStatus"
    r"|ScaleSpec|StatefulSetOrdinals|TokenRequestStatus|PodFailurePolicyOnPodConditionsPattern|NodeRuntimeHandler"
    r"|ReplicationControllerSpec|Event|StatefulSetSpec|StatefulSetStatus|CustomResourceDefinition\w*)\.properties\.\w+\.default: "
    r"|.*DeleteOptions\.x-kubernetes-group-version-kind: "
)


def bare(schema: Any) -> Any:
    """Without descriptions, which are left out of the recordings."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: bare(value) for key, value in schema.items() if key != "description" or not isinstance(value, str)}


@pytest.mark.parametrize("group", ["api/v1", "apis/apps/v1", "apis/batch/v1", "apis/apiextensions.k8s.io/v1"])
async def test_a_document_is_that_of_kubernetes(api: Api, group: str) -> None:
    index = await api.get("/openapi/v3")
    document = await api.get(index["paths"][group]["serverRelativeURL"])
    short = {"api/v1": "core-v1", "apis/apiextensions.k8s.io/v1": "apiextensions-v1"}
    wanted = recording(f"openapi-v3-{short.get(group, group.removeprefix('apis/').replace('/', '-'))}.json")
    found = bare(document["components"]["schemas"])
    schemas = bare(wanted["components"]["schemas"])
    assert sorted(set(schemas) - set(found) - NOT_SERVED) == []
    shared = [name for name in schemas if name in found]
    problems = differences({name: found[name] for name in shared}, {name: schemas[name] for name in shared})
    assert [line for line in problems if not KNOWN.match(line)] == []


async def test_version_2_leaves_out_of_a_crd_what_it_cannot_say(api: Api) -> None:
    """As apiextensions does; kubectl would stumble over it."""
    properties: Json = {
        "when": {"type": "string", "nullable": True},
        "any": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "loose": {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "properties": {"a": {"type": "string"}},
        },
        "list": {
            "type": "array",
            "items": {"type": "object", "nullable": True, "properties": {"a": {"type": "string"}}},
        },
        "pod": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}},
        "kept": {"type": "string", "enum": ["a", "b"], "pattern": "a|b", "maxLength": 1, "default": "a"},
    }
    spec = {"type": "object", "required": ["when", "kept"], "properties": properties, "not": {"required": ["x"]}}
    version = {"name": "v1", "served": True, "storage": True}
    version["schema"] = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    names = {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"}
    body = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await api.post(path, {"metadata": {"name": "things.example.com"}, "spec": body})
    definitions = (await api.get("/openapi/v2"))["definitions"]
    found = definitions["com.example.v1.Thing"]["properties"]
    assert found["apiVersion"]["description"].startswith("APIVersion defines")
    assert found["metadata"]["$ref"].endswith("meta.v1.ObjectMeta")
    narrow = found["spec"]
    assert (narrow["required"], "not" in narrow) == (["kept"], False)
    assert narrow["properties"]["when"] == {}
    assert narrow["properties"]["any"] == {"x-kubernetes-int-or-string": True}
    assert narrow["properties"]["loose"] == {"x-kubernetes-preserve-unknown-fields": True}
    assert narrow["properties"]["list"] == {"type": "array", "items": {}}
    assert narrow["properties"]["kept"] == properties["kept"]
    assert sorted(narrow["properties"]["pod"]["required"]) == ["apiVersion", "kind"]
    assert definitions["com.example.v1.ThingList"]["properties"]["items"]["items"]["$ref"].endswith("v1.Thing")
    third = (await api.get("/openapi/v3/apis/example.com/v1"))["components"]["schemas"]["com.example.v1.Thing"]
    assert third["properties"]["spec"]["properties"]["loose"] == properties["loose"]
    assert third["properties"]["metadata"]["allOf"]
