"""The OpenAPI documents: v2 as one document, v3 as an index and one document for each group and version."""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import json
import lzma
from collections.abc import Callable, Mapping
from typing import Any

from steersman.cluster.api import gnostic
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
        descriptions = _descriptions()
        out: Json = {}
        todo: list[str] = []
        for resource in resources:
            if resource.custom is not None:
                out[_custom_name(resource)] = _custom(resource, PREFIX[form])
                todo.append("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
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
            out[name] = _convert(registry.definitions[name], PREFIX[form], todo, form)
            text, fields = descriptions.get(name, ["", {}])
            if text:
                out[name]["description"] = text
            for field, words in fields.items():
                if words and field in out[name].get("properties", {}):
                    out[name]["properties"][field]["description"] = words
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


def _convert(schema: Any, prefix: str, todo: list[str], form: str) -> Any:
    """The condensed form back into OpenAPI's: full references, formats as types."""
    if isinstance(schema, list):
        return [_convert(item, prefix, todo, form) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out: Json = {}
    for key, value in schema.items():
        if key in ("wire", "values"):
            continue  # ours, not OpenAPI's
        if key == "properties":
            out[key] = {name: _convert(field, prefix, todo, form) for name, field in value.items()}
        elif key == "$ref" and isinstance(value, str):
            todo.append(value)
            out[key] = prefix + value
        elif key == "default":
            if form == "v3":
                out[key] = value
        else:
            out[key] = _convert(value, prefix, todo, form)
    if out.get("format") == "quantity":
        del out["format"]
    if form == "v3" and "$ref" in out and len(out) > 1:
        out["allOf"] = [{"$ref": out.pop("$ref")}]
    return out


def _custom_name(resource: Resource) -> str:
    reverse = ".".join(reversed(resource.group.split(".")))
    return f"{reverse}.{resource.version}.{resource.kind}"


def _custom(resource: Resource, prefix: str) -> Json:
    assert resource.custom is not None
    schema: Json = dict(resource.custom["version"].get("schema", {}).get("openAPIV3Schema") or {"type": "object"})
    meta = {"$ref": f"{prefix}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
    if "properties" in schema:
        words = {"type": "string"}
        schema["properties"] = {**schema["properties"], "apiVersion": words, "kind": words, "metadata": meta}
    gvk = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {**schema, "x-kubernetes-group-version-kind": [gvk]}


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
