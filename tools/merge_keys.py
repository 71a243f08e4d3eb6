"""Write src/steersman/kube/merge_keys.json: which lists of Kubernetes' own kinds a strategic merge patch merges, by which key.

    tools/merge_keys.py [--kinds DISCOVERY.json] OPENAPI.json...

OPENAPI.json is what a server answers to /openapi/v2 or /openapi/v3/apis/GROUP/VERSION; later files win, so name the newest
server last. DISCOVERY.json holds aggregated discovery's answers; its kinds of Kubernetes' own groups that no schema describes
are taken as having no such lists. What is kept: per kind its type, per type the fields that merge or lead to one that does.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "steersman" / "kube" / "merge_keys.json"
# Groups whose kinds Helm patches as if they were custom resources: they are not in client-go's scheme.
NOT_IN_CLIENT_GO = {"apiregistration.k8s.io", "metrics.k8s.io"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", type=Path)
    parser.add_argument("openapi", nargs="+", type=Path)
    arguments = parser.parse_args()
    schemas: dict[str, Any] = {}
    for path in arguments.openapi:
        document = json.loads(path.read_text())
        schemas.update(document.get("definitions") or document["components"]["schemas"])
    kinds = dict(kinds_of(schemas))
    if arguments.kinds:
        for gvk in kinds_served(json.loads(arguments.kinds.read_text())):
            kinds.setdefault(gvk, "")
    types = prune({name: fields_of(schema) for name, schema in schemas.items()})
    reachable = reach(types, set(kinds.values()))
    by_version: dict[str, dict[str, str]] = {}
    for (api_version, kind), name in sorted(kinds.items()):
        by_version.setdefault(api_version, {})[kind] = short(name) if name in reachable else ""
    table = {
        "kinds": by_version,
        "types": {
            short(name): {f: [short(r), k, s] for f, (r, k, s) in types[name].items()} for name in sorted(reachable)
        },
    }
    TARGET.write_text(
        json.dumps(table, indent=None, separators=(",", ":"), sort_keys=True).replace("},", "},\n") + "\n"
    )


def kinds_of(schemas: dict[str, Any]) -> list[tuple[tuple[str, str], str]]:
    """(apiVersion, kind) → schema name, for the objects of Kubernetes' own groups."""
    found = []
    for name, schema in schemas.items():
        gvks = schema.get("x-kubernetes-group-version-kind") or []
        if len(gvks) != 1 or "metadata" not in (schema.get("properties") or {}) or name.endswith("List"):
            continue
        group, version, kind = gvks[0]["group"], gvks[0]["version"], gvks[0]["kind"]
        if is_built_in(group):
            found.append(((f"{group}/{version}" if group else version, kind), name))
    return found


def kinds_served(discovery: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for answer in discovery.values():
        document = answer.get("response", answer) if isinstance(answer, dict) else {}
        for group in document.get("items") or []:
            name = group["metadata"].get("name") or ""
            for version in group["versions"] if is_built_in(name) else []:
                api_version = f"{name}/{version['version']}" if name else version["version"]
                found += [
                    (api_version, r["responseKind"]["kind"]) for r in version["resources"] if r.get("responseKind")
                ]
    return found


def is_built_in(group: str) -> bool:
    return group not in NOT_IN_CLIENT_GO and ("." not in group or group.endswith(".k8s.io"))


Field = tuple[str, str, str]  # the field's type, merge key, strategies


def fields_of(schema: dict[str, Any]) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    is_object = "kind" in (schema.get("properties") or {})
    for name, field in (schema.get("properties") or {}).items():
        if is_object and name in ("metadata", "status"):
            continue  # all objects have the same metadata, and nobody patches a status
        target = (
            refers_to(field)
            or refers_to(field.get("items") or {})
            or refers_to(field.get("additionalProperties") or {})
        )
        # A map of objects is not walked by name; Kubernetes has none that holds a merging list.
        if isinstance(field.get("additionalProperties"), dict):
            target = ""
        merge_key, strategy = (
            field.get("x-kubernetes-patch-merge-key", ""),
            field.get("x-kubernetes-patch-strategy", ""),
        )
        if target or strategy:
            fields[name] = (target, merge_key, strategy)
    return fields


def refers_to(field: dict[str, Any]) -> str:
    for candidate in (field, *(field.get("allOf") or [])):
        if "$ref" in candidate:
            return str(candidate["$ref"]).rsplit("/", 1)[1]
    return ""


def prune(types: dict[str, dict[str, Field]]) -> dict[str, dict[str, Field]]:
    """Drop fields that neither merge nor lead to one that does."""
    useful = {name for name, fields in types.items() if any(strategy for _, _, strategy in fields.values())}
    while True:
        more = {n for n, fields in types.items() if any(target in useful for target, _, _ in fields.values())} - useful
        if not more:
            break
        useful |= more
    return {
        name: {f: (t if t in useful else "", k, s) for f, (t, k, s) in types[name].items() if s or t in useful}
        for name in useful
    }


def reach(types: dict[str, dict[str, Field]], roots: set[str]) -> set[str]:
    seen: set[str] = set()
    left = [root for root in roots if root in types]
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left += [target for target, _, _ in types[name].values() if target in types]
    return seen


def short(name: str) -> str:
    return name.removeprefix("io.k8s.").removeprefix("api.")


if __name__ == "__main__":
    main()
