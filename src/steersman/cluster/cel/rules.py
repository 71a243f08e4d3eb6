"""`x-kubernetes-validations`: rules of a CRD's schema about a value, in CEL.

Source: kubernetes.io "Extend the Kubernetes API with CustomResourceDefinitions", "Validation rules".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from steersman.cluster.cel import engine
from steersman.cluster.patch.json_patch import same
from steersman.cluster.status import Cause

Json = dict[str, Any]

KEY = "x-kubernetes-validations"
_RESERVED = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
     "loop", "package", "namespace", "return", "var", "void", "while"}
)  # fmt: skip
_ESCAPES = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_ESCAPED = re.compile(r"__|[.\-/]")
_OLD = re.compile(r"\boldSelf\b")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_REASONS = {
    "FieldValueForbidden": "Forbidden", "FieldValueRequired": "Required value", "FieldValueDuplicate": "Duplicate value",
}  # fmt: skip
_BLOCKING = ("Required value", "Too long", "Too many", "Unsupported value")
_NOT_CHECKED = (
    "some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation"
)
_ROOT = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
_META = {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}}


def has_rules(schema: Any) -> bool:
    return any(True for _ in all_rules(schema))


def all_rules(schema: Any) -> Iterator[Json]:
    """Every rule anywhere in a schema."""
    for each in schema if isinstance(schema, list) else ():
        yield from all_rules(each)
    if isinstance(schema, dict):
        yield from schema.get(KEY) or ()
        for key, each in schema.items():
            if key not in (KEY, "default", "enum", "example"):
                yield from all_rules(each)


def unevaluated(schema: Any) -> list[str]:
    """What is said of rules that are stored and not evaluated."""
    if not has_rules(schema):
        return []
    if not engine.available():
        return [f"{KEY}: this cluster stores rules in CEL, but does not evaluate them: install steersman[cel]"]
    found = []
    for rule in all_rules(schema):
        try:
            engine.compile_expression(rule.get("rule", ""))
        except engine.CelUnknown as error:
            found.append(f"{KEY}: this rule is stored, but not evaluated here ({error}): {rule.get('rule', '')}")
    return found


def rule_causes(schema: Json, obj: Json, old: Json | None, before: list[Cause]) -> list[Cause]:
    """What rules find wrong with a custom resource; `before` is what the rest of the schema found."""
    if not engine.available():
        return []
    if any(each.problem in _BLOCKING or "in body must be of type" in each.text for each in before):
        return [Cause("<nil>", "Invalid value", f'Invalid value: "null": {_NOT_CHECKED}')]
    root = {**schema, "properties": {**schema.get("properties", {}), **_ROOT, "metadata": _META}}
    return list(_walk(root, obj, old, ""))


def _walk(schema: Json, value: Any, old: Any, path: str) -> Iterator[Cause]:
    if value is None or (old is not None and same(value, old)):
        return  # what has not changed is not judged again
    for rule in schema.get(KEY) or ():
        yield from _apply(rule, schema, value, old, path)
    if isinstance(value, dict):
        properties: Json = schema.get("properties") or {}
        others = schema.get("additionalProperties")
        for key, item in value.items():
            inner = properties.get(key, others)
            if isinstance(inner, dict):
                below = f"{path}.{key}" if path and key in properties else f"{path}[{key}]" if path else key
                yield from _walk(inner, item, old.get(key) if isinstance(old, dict) else None, below)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _walk(schema["items"], item, _counterpart(schema, item, old), f"{path}[{index}]")


def _counterpart(schema: Json, item: Any, old: Any) -> Any:
    """The old item of the same keys, in a list that has some."""
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list) or not isinstance(item, dict):
        return None
    wanted = [item.get(key) for key in keys]
    return next((each for each in old if [each.get(key) for key in keys] == wanted), None)


def _apply(rule: Json, schema: Json, value: Any, old: Any, path: str) -> Iterator[Cause]:
    text = rule.get("rule", "")
    compares = bool(_OLD.search(text))
    if compares and old is None:
        return
    variables = {"self": cel_value(schema, value)}
    if compares:
        variables["oldSelf"] = cel_value(schema, old)
    try:
        if engine.compile_expression(text).evaluate(variables) is True:
            return
    except engine.CelUnknown:
        return  # which was told when the CRD was stored
    except engine.CelError as error:
        named = str(rule.get("message") or text).strip()
        if str(error).startswith("no such overload"):
            words = "call arguments did not match a supported operator, function or macro signature for rule"
            detail = f"'{error}': {words}: {named}"
        else:
            detail = f"{error} evaluating rule: {named}"
        yield Cause(path or "<nil>", "Invalid value", f'Invalid value: "{schema.get("type", "object")}": {detail}')
        return
    at = (path + rule.get("fieldPath", "")).lstrip(".") or "<nil>"
    yield _failed(rule, schema, engine.message(rule, variables, key="rule"), at)


def _failed(rule: Json, schema: Json, message: str, path: str) -> Cause:
    problem = _REASONS.get(rule.get("reason", ""), "Invalid value")
    shown = f'"{schema.get("type", "object")}"'
    if problem == "Invalid value":
        return Cause(path, problem, f"{problem}: {shown}: {message}")
    if problem == "Duplicate value":
        return Cause(path, problem, f"{problem}: {shown}")
    return Cause(path, problem, f"{problem}: {message}")


def cel_value(schema: Json, value: Any) -> Any:
    """A value as rules see it: by its schema's types, with escaped names of properties and without what no schema declares."""
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            return {key: cel_value(others, item) for key, item in value.items()}
        properties: Json = schema.get("properties") or {}
        if schema.get("x-kubernetes-preserve-unknown-fields") and not properties:
            return value
        return {escaped(key): cel_value(inner, value[key]) for key, inner in properties.items() if key in value}
    if isinstance(value, list):
        items = schema.get("items")
        return [cel_value(items, item) for item in value] if isinstance(items, dict) else value
    if isinstance(value, int) and not isinstance(value, bool) and schema.get("type") == "number":
        return float(value)
    if isinstance(value, str):
        return _text(schema.get("format", ""), value)
    return value


def _text(form: str, value: str) -> Any:
    try:
        if form == "date-time":
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        if form == "duration":
            return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(value)))
    except ValueError:
        return value
    return value


def escaped(name: str) -> str:
    """A property's name as an identifier."""
    if name in _RESERVED:
        return f"__{name}__"
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], name)
