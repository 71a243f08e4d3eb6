"""A CRD's schema as a type: what is pruned, how lists merge (apiextensions' structural schemas)."""

from __future__ import annotations

from typing import Any

from steersman.cluster.resources import Resource
from steersman.cluster.schema.model import ANY, Compiler, Node, Shape, Struct

Json = dict[str, Any]

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def compile_custom(resource: Resource, compiler: Compiler) -> Node:
    """The type of a custom resource; a version without a schema (or one that preserves all) accepts anything."""
    assert resource.custom is not None
    schema: Json = resource.custom["version"].get("schema", {}).get("openAPIV3Schema") or {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }
    node = _node(schema, resource.kind, compiler)
    if node.struct is None:
        node = Node("struct", Struct(resource.kind, preserve_unknown=True), source=schema)
    assert node.struct is not None
    _embed(node.struct, compiler)
    return node


def _embed(struct: Struct, compiler: Compiler) -> None:
    """Give a struct what every object has."""
    struct.fields["apiVersion"] = struct.fields["kind"] = Node("string")
    struct.fields["metadata"] = compiler.definition(OBJECT_META)
    struct.always = ("metadata",) if not struct.embedded else ()


def _node(schema: Json, name: str, compiler: Compiler) -> Node:
    if schema.get("x-kubernetes-int-or-string"):
        return Node("int-or-string", source=schema)
    kind = schema.get("type", "")
    preserve = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    if kind == "array":
        items = schema.get("items")
        element = _node(items, name, compiler) if isinstance(items, dict) else ANY
        list_type = schema.get("x-kubernetes-list-type", "atomic")
        keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
        properties = items.get("properties", {}) if isinstance(items, dict) else {}
        defaults = {key: properties.get(key, {}).get("default") for key in keys}
        key_defaults = {key: value for key, value in defaults.items() if value is not None}
        return Node("list", element=element, list_type=list_type, keys=keys, key_defaults=key_defaults, source=schema)
    if kind == "object" or "properties" in schema or "additionalProperties" in schema:
        return _object(schema, name, preserve, compiler)
    if kind in ("string", "integer", "number", "boolean"):
        shape: Shape = kind
        return Node(shape, format=schema.get("format", "") if kind != "string" else "", source=schema)
    return Node("any", source=schema)


def _object(schema: Json, name: str, preserve: bool, compiler: Compiler) -> Node:
    atomic = schema.get("x-kubernetes-map-type") == "atomic"
    values = schema.get("additionalProperties")
    if values is not None and "properties" not in schema:
        element = _node(values, name, compiler) if isinstance(values, dict) and values else ANY
        return Node("map", element=element, atomic=atomic, source=schema)
    struct = Struct(name, preserve_unknown=preserve, embedded=bool(schema.get("x-kubernetes-embedded-resource")))
    for key, value in schema.get("properties", {}).items():
        struct.fields[key] = _node(value, name, compiler)
    if struct.embedded:
        _embed(struct, compiler)
    return Node("struct", struct, atomic=atomic, source=schema)
