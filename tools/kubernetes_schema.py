"""Make the schema files of the embedded cluster: `kubernetes_schema.py RECORDED` writes src/steersman/cluster/schema/data/.

The types (with merge keys, list types and group-version-kinds) come from Kubernetes' own OpenAPI document as the package
`kubernetes-validate` on PyPI ships it. RECORDED is a folder with two things which that document does not carry, taken from a
running API server: `discovery.json` (verbs, short names, categories, subresources) and `openapi-v3-*.json` (property
defaults, by which one sees what is a plain struct and so always printed).

Descriptions go into a file of their own, which only `kubectl explain` needs.
"""

from __future__ import annotations

import json
import lzma
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

PACKAGE = "kubernetes-validate==1.37.0"
VERSION = "1.36"
DOCUMENT = f"kubernetes_validate/kubernetes-json-schema/v{VERSION}.0-local/_definitions.json"
TARGET = Path(__file__).resolve().parent.parent / "src" / "steersman" / "cluster" / "schema" / "data"

# Not served: what needs a component that a cluster of one machine does not have.
LEFT_OUT = {"flowcontrol.apiserver.k8s.io", "resource.k8s.io", "certificates.k8s.io"}
LEFT_OUT_RESOURCES = {"bindings", "componentstatuses"}
LEFT_OUT_SUBRESOURCES = {"attach", "portforward", "proxy", "resize", "binding", "exec"}
# Wanted although no resource has them as its kind.
EXTRA_KINDS = [("v1", "Status"), ("v1", "DeleteOptions"), ("autoscaling/v1", "Scale"), ("policy/v1", "Eviction")]

Json = dict[str, Any]


def main(recorded: Path) -> None:
    definitions = {name: plain(schema) for name, schema in download().items()}
    overlay_defaults(definitions, recorded)
    resources = served_resources(json.loads((recorded / "discovery.json").read_text()))
    kinds = [(r["apiVersion"], r["kind"]) for r in resources]
    kinds += [(version, f"{kind}List") for version, kind in kinds] + EXTRA_KINDS
    kinds += [
        (sub["apiVersion"], sub["kind"]) for r in resources for sub in r["subresources"].values() if "apiVersion" in sub
    ]
    kept = reachable(definitions, kinds)
    descriptions: Json = {}
    for name, schema in kept.items():
        take_descriptions(schema, name, descriptions)
    TARGET.mkdir(parents=True, exist_ok=True)
    write("schema.json.xz", {"version": VERSION, "resources": resources, "definitions": kept})
    write("descriptions.json.xz", descriptions)


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


def overlay_defaults(definitions: Json, recorded: Path) -> None:
    for path in sorted(recorded.glob("openapi-v3-*-v1.json")):
        document = json.loads(path.read_text())
        document = document.get("response", document)
        for name, schema in document["components"]["schemas"].items():
            for field, found in schema.get("properties", {}).items():
                known = definitions.get(name, {}).get("properties", {}).get(field)
                if known is not None and "default" in found:
                    known["default"] = found["default"]


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
        if name in kept:
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
    return own + [name for value in schema.values() for name in references(value)]


def take_descriptions(schema: Json, name: str, into: Json) -> None:
    into[name] = [schema.pop("description", ""), {}]
    for field, found in schema.get("properties", {}).items():
        into[name][1][field] = found.pop("description", "")


def write(name: str, value: Json) -> None:
    raw = json.dumps(value, separators=(",", ":"), sort_keys=False).encode()
    (TARGET / name).write_bytes(lzma.compress(raw, preset=9))
    print(f"{name}: {len(raw)} bytes, {(TARGET / name).stat().st_size} compressed")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
