"""What the OpenAPI documents tell of custom resources.

Version 2 has no words for much of what a CRD may say, and kubectl stumbles over some that it has: there, they are left out.
Source: apiextensions-apiserver, pkg/controller/openapi.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from steersman.cluster.resources import Resource

Json = dict[str, Any]

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"
_CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
_METADATA = f"Standard object's metadata. More info: {_CONVENTIONS}#metadata"
_LIST_METADATA = f"Standard list metadata. More info: {_CONVENTIONS}#types-kinds"
_EMBEDDED = {
    "apiVersion": "apiVersion defines the versioned schema of this representation of an object. More info: "
    f"{_CONVENTIONS}#resources",
    "kind": "kind is a string value representing the type of this object. In CamelCase. More info: "
    f"{_CONVENTIONS}#types-kinds",
}
_KEEPS_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
_NOT_IN_V2 = ("allOf", "anyOf", "oneOf", "not", "nullable")


def definitions(resource: Resource, prefix: str, words: dict[str, str]) -> Iterator[tuple[str, Json]]:
    """(name, schema) of the kind and of its list. `prefix` of references tells the version of OpenAPI; `words` describe
    `apiVersion` and `kind`."""
    name = _name(resource, resource.kind)
    types = {key: {"description": text, "type": "string"} for key, text in words.items()}
    yield name, _tagged(resource, resource.kind, _schema(resource, prefix, types))
    text = f"List of {resource.plural}. More info: {_CONVENTIONS}"
    properties: Json = {
        **types,
        "items": {"description": text, "type": "array", "items": {"$ref": prefix + name}},
        "metadata": _reference(prefix, LIST_META, _LIST_METADATA),
    }
    listed: Json = {"description": f"{resource.list_kind} is a list of {resource.kind}", "type": "object"}
    listed |= {"required": ["items"], "properties": properties}
    yield _name(resource, resource.list_kind), _tagged(resource, resource.list_kind, listed)


def _name(resource: Resource, kind: str) -> str:
    return f"{'.'.join(reversed(resource.group.split('.')))}.{resource.version}.{kind}"


def _tagged(resource: Resource, kind: str, schema: Json) -> Json:
    gvk = {"group": resource.group, "version": resource.version, "kind": kind}
    return {**schema, "x-kubernetes-group-version-kind": [gvk]}


def _reference(prefix: str, name: str, text: str) -> Json:
    target = {"$ref": prefix + name}
    return {"description": text, **target} if _is_v2(prefix) else {"description": text, "allOf": [target]}


def _is_v2(prefix: str) -> bool:
    return prefix == "#/definitions/"


def _schema(resource: Resource, prefix: str, types: Json) -> Json:
    assert resource.custom is not None
    given = resource.custom["version"].get("schema", {}).get("openAPIV3Schema")
    if given is None or (_is_v2(prefix) and given.get(_KEEPS_UNKNOWN)):
        return {"type": "object"}  # any more, and kubectl would take all else for unknown
    schema = _converted(given, prefix)
    schema["properties"] = {
        **schema.get("properties", {}), **types, "metadata": _reference(prefix, OBJECT_META, _METADATA)
    }  # fmt: skip
    return schema


def _converted(schema: Json, prefix: str) -> Json:
    out = dict(schema)
    if _is_v2(prefix):
        _narrow(out)
    if "properties" in out:
        out["properties"] = {name: _converted(each, prefix) for name, each in out["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = _converted(out[key], prefix)
    if out.get("x-kubernetes-embedded-resource") and not (_is_v2(prefix) and out.get(_KEEPS_UNKNOWN)):
        own = {key: {"description": text, "type": "string"} for key, text in _EMBEDDED.items()}
        own["metadata"] = _reference(prefix, OBJECT_META, _METADATA)
        out["properties"] = {**out.get("properties", {}), **own}
        out["required"] = list(dict.fromkeys([*out.get("required", ()), "kind", "apiVersion"]))
    return out


def _narrow(schema: Json) -> None:
    """Leave out of one level what version 2 cannot say."""
    nullable, open_ended = schema.get("nullable"), schema.get(_KEEPS_UNKNOWN)
    for key in _NOT_IN_V2:
        schema.pop(key, None)
    if nullable or open_ended:
        schema.pop("items", None)
    kind = schema.get("type")
    if nullable or (open_ended and kind == "object") or (kind == "array" and "items" not in schema):
        schema.pop("type", None)
    may_be_null = {name for name, each in schema.get("properties", {}).items() if each.get("nullable")}
    left = [name for name in schema.get("required", ()) if name not in may_be_null]
    more = schema.get("additionalProperties")
    if not left or (isinstance(more, dict) and more.get("nullable")):
        schema.pop("required", None)
    else:
        schema["required"] = left
    if nullable or open_ended:
        schema.pop("properties", None)
