"""Types as a tree of `Node`s, compiled from an OpenAPI definition or from a CRD's schema.

A `Struct` is one definition (shared, may refer to itself); a `Node` is one use of a type, with what the field that uses it
says about merging. Source of the vocabulary: the x-kubernetes-* extensions in Kubernetes' OpenAPI document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]

Shape = Literal[
    "struct",
    "map",
    "list",
    "string",
    "integer",
    "number",
    "boolean",
    "any",
    "quantity",
    "int-or-string",
    "bytes",
    "time",
]

# Definitions that are no structs although they look like one, or have no fields at all.
SPECIAL: dict[str, Shape] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}
PRECISE_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"


@dataclass(slots=True)
class Struct:
    """One definition: its Go name, its fields by JSON name."""

    name: str
    fields: dict[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    always: tuple[str, ...] = ()  # plain structs, which Go always prints: `status: {}`
    values: frozenset[str] = frozenset()  # plain scalars, which Go leaves out when they are zero
    times: tuple[str, ...] = ()  # plain times, which Go prints as null while they are zero
    wire: dict[int, str | Struct] = field(default_factory=dict)  # protobuf numbers: field, or inlined struct
    preserve_unknown: bool = False  # a CRD's x-kubernetes-preserve-unknown-fields
    embedded: bool = False  # a CRD's x-kubernetes-embedded-resource


@dataclass(slots=True)
class Node:
    """One use of a type. `element` is what a list or map holds; `keys` are those of an associative list."""

    shape: Shape
    struct: Struct | None = None
    element: Node | None = None
    list_type: Literal["atomic", "set", "map"] = "atomic"
    keys: tuple[str, ...] = ()
    key_defaults: dict[str, Any] = field(default_factory=dict)
    atomic: bool = False  # a map or struct that has one owner as a whole
    merge_key: str = ""  # strategic merge patch
    strategies: frozenset[str] = frozenset()  # of merge, replace, retainKeys
    format: str = ""
    enum: tuple[str, ...] = ()
    source: Json | None = None  # a CRD's schema, for validation

    def field(self, name: str) -> Node | None:
        """The node of one field or map entry, None where the type does not know it."""
        if self.struct is not None:
            found = self.struct.fields.get(name)
            if found is not None:
                return found
        return self.element if self.shape == "map" else None


ANY = Node("any")


class Compiler:
    """Makes nodes of OpenAPI definitions, each once and only when asked for."""

    def __init__(self, definitions: dict[str, Json]) -> None:
        self.definitions = definitions
        self._structs: dict[str, Struct] = {}

    def definition(self, name: str) -> Node:
        schema = self.definitions[name]
        if name in SPECIAL:
            return Node(SPECIAL[name], format="micro" if name == PRECISE_TIME else "")
        struct = self._structs.get(name)
        if struct is None:
            struct = self._structs[name] = Struct(name.rsplit(".", 1)[-1])
            properties: dict[str, Json] = schema.get("properties", {})
            struct.required = frozenset(schema.get("required", ()))
            for key, value in properties.items():
                struct.fields[key] = self.node(value)
            struct.always = tuple(key for key, value in properties.items() if value.get("default") == {})
            if "x-kubernetes-group-version-kind" in schema and not struct.always:
                struct.always = ("metadata",) if "metadata" in properties else ()
            struct.values = frozenset(schema.get("values", ()))
            struct.times = tuple(schema.get("times", ()))
            for number, key in schema.get("wire", {}).items():
                inlined = self.definition(key[1:]).struct if key.startswith("=") else None
                struct.wire[int(number)] = inlined or key
        return Node("struct", struct, atomic=schema.get("x-kubernetes-map-type") == "atomic")

    def node(self, schema: Json) -> Node:
        node = self._bare(schema)
        strategy = schema.get("x-kubernetes-patch-strategy", "")
        node.strategies = frozenset(strategy.split(",")) if strategy else frozenset()
        node.merge_key = schema.get("x-kubernetes-patch-merge-key", "")
        node.enum = tuple(schema.get("enum", ()))
        if schema.get("x-kubernetes-map-type") == "atomic":
            node.atomic = True
        if node.shape == "list":
            self._associative(node, schema)
        return node

    def _bare(self, schema: Json) -> Node:
        if "$ref" in schema:
            return self.definition(schema["$ref"])
        kind = schema.get("type", "object")
        if kind == "array":
            return Node("list", element=self.node(schema.get("items", {})))
        if kind == "object":
            if "additionalProperties" in schema:
                return Node("map", element=self.node(schema["additionalProperties"]))
            return Node("any")
        shape: Shape = kind
        if kind == "string" and schema.get("format") == "byte":
            shape = "bytes"
        return Node(shape, format=schema.get("format", ""))

    def _associative(self, node: Node, schema: Json) -> None:
        node.list_type = schema.get("x-kubernetes-list-type", "atomic")
        node.keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
        if "x-kubernetes-list-type" not in schema and "merge" in node.strategies:
            # what kube-openapi derives where only the patch strategy is declared
            node.list_type = "map" if node.merge_key else "set"
            node.keys = (node.merge_key,) if node.merge_key else ()
        items = schema.get("items", {})
        properties = self.definitions.get(items.get("$ref", ""), {}).get("properties", {})
        defaults = {key: properties.get(key, {}).get("default") for key in node.keys}
        node.key_defaults = {key: value for key, value in defaults.items() if value not in (None, "", 0)}
