"""The OpenAPI documents: v2 as one document, v3 as an index and one document for each group and version."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import json
import lzma
from collections.abc import Callable, Mapping
from typing import Any

from steersman.cluster.api import custom_openapi, gnostic
from steersman.cluster.api.encode import to_bytes
from steersman.cluster.api.verbs import Answer
from steersman.cluster.resources import Registry, Resource

Json = dict[str, Any]

PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
PREFIX = {"v2": "#/definitions/", "v3": "#/components/schemas/"}


class OpenApi:
    """Builds documents when they are asked for and keeps them until a CRD changes."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._generation = -1
        self._built: dict[str, bytes] = {}

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        """GET /openapi/v2, /openapi/v3 and /openapi/v3/…"""
        if self._generation != self.registry.generation:
            self._generation, self._built = self.registry.generation, {}
        if path == "/openapi/v2":
            return self._answer_v2(headers)
        if path == "/openapi/v3":
            return Answer(self._cached(path, self._index))
        api_version = _api_version(path.removeprefix("/openapi/v3/"))
        if not any(resource.api_version == api_version for resource in self.registry):
            return Answer(b"404 page not found\n", 404, "text/plain; charset=utf-8")
        return Answer(self._cached(path, lambda: self._v3(api_version)))

    def _answer_v2(self, headers: Mapping[str, str]) -> Answer:
        content_type = _offered(headers.get("Accept", ""))
        if content_type is None:
            return Answer(b"", 406)
        if content_type == PROTOBUF:
            body = self._cached("protobuf", lambda: gnostic.document(self._v2()))
        else:
            body = self._cached("/openapi/v2", self._v2)
        tag = f'"{hashlib.sha512(body).hexdigest().upper()}"'
        fields = [("Etag", tag), ("Vary", "Accept-Encoding"), ("Vary", "Accept")]
        known = [each.strip().removeprefix("W/") for each in headers.get("If-None-Match", "").split(",")]
        if tag in known or "*" in known:
            return Answer(b"", 304, content_type, headers=fields)
        if "gzip" in headers.get("Accept-Encoding", ""):
            fields.append(("Content-Encoding", "gzip"))
            body = self._cached(f"{content_type} gzip", lambda: gzip.compress(body, 1, mtime=0))
        return Answer(body, 200, content_type, headers=fields)

    def _cached(self, path: str, build: Callable[[], Json | bytes]) -> bytes:
        found = self._built.get(path)
        if found is None:
            made = build()
            found = self._built[path] = made if isinstance(made, bytes) else to_bytes(made)
        return found

    def _index(self) -> Json:
        paths: Json = {}
        for api_version in dict.fromkeys(resource.api_version for resource in self.registry):
            path = f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"
            names = [resource.kind for resource in self.registry if resource.api_version == api_version]
            seed = f"{self.registry.generation if '.' in api_version else 0}{names}".encode()
            digest = hashlib.sha256(seed).hexdigest().upper()
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return {"paths": paths}

    def _v3(self, api_version: str) -> Json:
        resources = [resource for resource in self.registry if resource.api_version == api_version]
        schemas = self._schemas(resources, "v3")
        paths: Json = {}
        for resource in resources:
            paths |= _paths(resource)
        info = {"title": "Kubernetes", "version": "v1.36.2"}
        return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}

    def _v2(self) -> Json:
        definitions = self._schemas(list(self.registry), "v2")
        info = {"title": "Kubernetes", "version": "v1.36.2"}
        return {"swagger": "2.0", "info": info, "paths": {}, "definitions": definitions}

    def _schemas(self, resources: list[Resource], form: str) -> Json:
        registry = self.registry
        descriptions, enums = _descriptions(), _enums()
        words = {key: descriptions["io.k8s.api.core.v1.ConfigMap"][1][key] for key in ("apiVersion", "kind")}
        out: Json = {}
        todo: list[str] = []
        for resource in resources:
            if resource.custom is not None:
                out |= custom_openapi.definitions(resource, PREFIX[form], words)
                todo += [custom_openapi.OBJECT_META, custom_openapi.LIST_META]
                continue
            for kind in (resource.kind, resource.list_kind, *(sub.kind for sub in resource.subresources.values())):
                name = registry.definition_name(resource.api_version, kind)
                if name:
                    todo.append(name)
            for sub in resource.subresources.values():
                name = registry.definition_name(sub.api_version, sub.kind)
                if name:
                    todo.append(name)
        todo += ["io.k8s.apimachinery.pkg.apis.meta.v1.Status", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]
        while todo:
            name = todo.pop()
            if name in out or name not in registry.definitions:
                continue
            out[name] = _convert(registry.definitions[name], PREFIX[form], todo)
            _describe(out[name], *descriptions.get(name, ["", {}]))
            if form == "v3" and name == _QUANTITY:
                out[name]["oneOf"] = [{"type": out[name].pop("type")}, {"type": "number"}]
            elif form == "v3":
                _as_v3(out[name], enums.get(name, {}))
        return dict(sorted(out.items()))


def _offered(accept: str) -> str | None:
    """The content type of the first offer that can be met; None where there is none. The name with `@` is the old one."""
    for offer in (accept or "*/*").split(","):
        media = offer.partition(";")[0].strip()
        if media in ("application/json", "application/*", "*/*"):
            return "application/json"
        if media in (PROTOBUF, PROTOBUF.replace("v2.v1.0", "v2@v1.0")):
            return PROTOBUF
    return None


def _api_version(path: str) -> str:
    return path.removeprefix("apis/").removeprefix("api/")


def _descriptions() -> Json:
    """What each type and field is for. Read anew every time: nobody asks twice, and it would stay in memory."""
    data = importlib.resources.files("steersman.cluster.schema").joinpath("data/descriptions.json.xz").read_bytes()
    found: Json = json.loads(lzma.decompress(data))
    return found


def _enums() -> Json:
    """By type and field, which values Kubernetes lists."""
    data = importlib.resources.files("steersman.cluster.schema").joinpath("data/enums.json").read_text()
    found: Json = json.loads(data)
    return found


_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_OURS = ("wire", "values", "times")  # in the condensed form, not in OpenAPI
_ZERO: Json = {"string": "", "integer": 0, "number": 0, "boolean": False}


def _convert(schema: Any, prefix: str, todo: list[str]) -> Any:
    """The condensed form back into OpenAPI's: full references, formats as types."""
    if isinstance(schema, list):
        return [_convert(item, prefix, todo) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out: Json = {}
    for key, value in schema.items():
        if key in _OURS:
            continue
        if key == "properties":
            out[key] = {name: _convert(field, prefix, todo) for name, field in value.items()}
        elif key == "$ref" and isinstance(value, str):
            todo.append(value)
            out[key] = prefix + value
        elif key != "default" or prefix != PREFIX["v2"]:
            out[key] = _convert(value, prefix, todo)
    if out.get("format") == "quantity":
        del out["format"]
    return out


def _describe(schema: Json, text: str, fields: Json) -> None:
    if text:
        schema["description"] = text
    for field, about in fields.items():
        if about and field in schema.get("properties", {}):
            schema["properties"][field]["description"] = about


def _as_v3(schema: Json, enums: Json) -> None:
    """What version 3 says and version 2 does not: values to choose from, and what stands for nothing; references stand alone."""
    required = schema.get("required", ())
    if "properties" not in schema and schema.get("type") == "string" and schema.get("format") == "int-or-string":
        del schema["type"]
        schema["oneOf"] = [{"type": "integer"}, {"type": "string"}]
    for name, field in schema.get("properties", {}).items():
        if name in ("apiVersion", "kind"):
            field.pop("enum", None)
        if values := enums.get(name):
            (field.get("items") or field.get("additionalProperties") or field)["enum"] = values
        if name in required and "$ref" not in field and field.get("type") in _ZERO:
            field.setdefault("default", _ZERO[field["type"]])
        if "$ref" in field and len(field) > 1:
            field["allOf"] = [{"$ref": field.pop("$ref")}]


def _paths(resource: Resource) -> Json:
    """Enough of the paths for clients that look up what a resource's verbs take (kubectl: which parameters PATCH has)."""
    root = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.api_version}"
    collection = (
        f"{root}/namespaces/{{namespace}}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"
    )
    gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    write = [
        {"name": name, "in": "query", "schema": {"type": "string"}}
        for name in ("dryRun", "fieldManager", "fieldValidation")
    ]

    def operation(action: str, parameters: list[Json]) -> Json:
        return {
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": gvk,
            "parameters": parameters,
            "responses": {},
        }

    return {
        collection: {"get": operation("list", []), "post": operation("post", write)},
        f"{collection}/{{name}}": {
            "get": operation("get", []),
            "put": operation("put", write),
            "patch": operation("patch", write),
            "delete": operation("delete", write[:1]),
        },
    }
