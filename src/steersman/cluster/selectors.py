"""Label and field selectors: text → a test on one stored object.

Grammar of label selectors: apimachinery `labels.Parse` (`a=b, c in (d,e), !f, g>1`); of field selectors: `fields.ParseSelector`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from steersman.cluster.status import bad_request

Json = dict[str, Any]
LabelTest = Callable[[Mapping[str, str]], bool]
FieldTest = Callable[[Json], bool]

_TOKEN = re.compile(r"\s*(?:(?P<op>==|!=|=|!|,|\(|\)|<|>)|(?P<word>[^\s=!,()<>]+))")

# The fields that each resource can select by, as path into the object; all kinds have metadata.name and .namespace.
FIELDS: dict[str, dict[str, str]] = {
    "pods": {
        "spec.nodeName": "", "spec.restartPolicy": "", "spec.schedulerName": "", "spec.serviceAccountName": "",
        "spec.hostNetwork": "", "status.phase": "", "status.podIP": "", "status.nominatedNodeName": "",
    },
    "events": {
        "involvedObject.kind": "", "involvedObject.namespace": "", "involvedObject.name": "", "involvedObject.uid": "",
        "involvedObject.apiVersion": "", "involvedObject.resourceVersion": "", "involvedObject.fieldPath": "",
        "reason": "", "reportingComponent": "", "source": "source.component", "type": "",
    },
    "secrets": {"type": ""},
    "namespaces": {"status.phase": ""},
    "nodes": {"spec.unschedulable": ""},
    "services": {"spec.clusterIP": "", "spec.type": ""},
    "jobs.batch": {"status.successful": "status.succeeded"},
    "replicationcontrollers": {"status.replicas": ""},
}  # fmt: skip

_CUSTOM = re.compile(r"\..*\.(?!k8s\.io$)")  # a group with a dot that is none of Kubernetes' own


def _tokens(text: str) -> list[str]:
    out: list[str] = []
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        assert match is not None  # the two classes cover every character
        out.append(match.group("op") or match.group("word"))
        position = match.end()
    return out


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.position += 1
        return token

    def word(self) -> str:
        token = self.take()
        if not token or token in {"=", "==", "!=", "!", ",", "(", ")", "<", ">"}:
            raise bad_request(f"unable to parse requirement: found '{token}', expected: identifier")
        return token

    def requirements(self) -> list[LabelTest]:
        out: list[LabelTest] = []
        while self.peek():
            out.append(self.requirement())
            token = self.take()
            if token not in ("", ","):
                raise bad_request(f"unable to parse requirement: found '{token}', expected: ',' or 'end of string'")
            if token == "," and not self.peek():
                raise bad_request("unable to parse requirement: found '', expected: identifier after ','")
        return out

    def requirement(self) -> LabelTest:
        if self.peek() == "!":
            self.take()
            key = self.word()
            return lambda labels: key not in labels
        key = self.word()
        operator = self.peek()
        if operator in ("", ","):
            return lambda labels: key in labels
        self.take()
        if operator in ("=", "==", "!="):
            value = "" if self.peek() in ("", ",") else self.word()
            if operator == "!=":
                return lambda labels: labels.get(key) != value
            return lambda labels: labels.get(key) == value
        if operator in ("in", "notin"):
            values = self.values()
            if operator == "in":
                return lambda labels: labels.get(key) in values
            return lambda labels: labels.get(key) not in values
        if operator in ("<", ">"):
            return _compare(key, operator, self.word())
        raise bad_request(f"unable to parse requirement: found '{operator}', expected: in, notin, =, ==, !=, gt, lt")

    def values(self) -> frozenset[str]:
        token = self.take()
        if token != "(":
            raise bad_request(f"unable to parse requirement: found '{token}' expected: '('")
        out: list[str] = []
        while True:
            out.append("" if self.peek() in (",", ")") else self.word())
            token = self.take()
            if token == ")":
                return frozenset(out)
            if token != ",":
                raise bad_request(f"unable to parse requirement: found '{token}', expected: ',' or ')'")


def _compare(key: str, operator: str, bound: str) -> LabelTest:
    try:
        limit = int(bound)
    except ValueError:
        raise bad_request(
            f'unable to parse requirement: values[0][{key}]: Invalid value: "{bound}": '
            "for 'Gt', 'Lt' operators, the value must be an integer"
        ) from None

    def test(labels: Mapping[str, str]) -> bool:
        try:
            value = int(labels[key])
        except (KeyError, ValueError):
            return False
        return value > limit if operator == ">" else value < limit

    return test


@lru_cache(maxsize=256)
def label_test(text: str) -> LabelTest | None:
    """None where the selector is empty and so matches all. Raises Invalid (400) as the API server words it."""
    tests = _Parser(text).requirements()
    if not tests:
        return None
    return lambda labels: all(test(labels) for test in tests)


def match_labels(selector: Json | None) -> LabelTest:
    """A `LabelSelector` object (matchLabels, matchExpressions) as a test; None matches nothing, {} everything."""
    if selector is None:
        return lambda labels: False
    wanted: Json = selector.get("matchLabels") or {}
    expressions: list[Json] = selector.get("matchExpressions") or []

    def test(labels: Mapping[str, str]) -> bool:
        if any(labels.get(key) != value for key, value in wanted.items()):
            return False
        return all(_expression(expression, labels) for expression in expressions)

    return test


def _expression(expression: Json, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels


def format_selector(selector: Json | None) -> str:
    """A LabelSelector in kubectl's one-line form, `<none>` where it is absent or empty."""
    if not selector:
        return "<none>"
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], ",".join(sorted(expression.get("values") or ()))
        match expression["operator"]:
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(key)
            case _:
                parts.append(f"!{key}")
    return ",".join(parts) or "<none>"


def field_test(text: str, resource: str, extra: tuple[str, ...] = ()) -> FieldTest | None:
    """A test for `resource` (as the store names it); `extra` are a CRD's selectable fields. Raises Invalid (400)."""
    tests: list[tuple[str, bool, str]] = []
    for part in filter(None, text.split(",")):
        match = re.match(r"(.*?)(!=|==|=)(.*)", part)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        name, operator, value = match.groups()
        path = {"metadata.name": "", "metadata.namespace": ""} | FIELDS.get(resource, {}) | dict.fromkeys(extra, "")
        if name not in path:
            raise bad_request(_unknown_label(resource, name))
        tests.append((path[name] or name, operator != "!=", value.replace("\\,", ",").replace("\\=", "=")))
    if not tests:
        return None
    return lambda obj: all((_at(obj, path) == value) is equal for path, equal, value in tests)


def _unknown_label(resource: str, name: str) -> str:
    """Each kind of Kubernetes has words of its own; those that know no label but the two have others."""
    if resource == "jobs.batch":
        return f'field label "{name}" not supported for batchv1.Job'
    if resource in FIELDS or _CUSTOM.search(resource):
        return f"field label not supported: {name}"
    return f'"{name}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _at(obj: Any, path: str) -> str:
    for key in path.split("."):
        obj = obj.get(key) if isinstance(obj, dict) else None
    if isinstance(obj, bool):
        return "true" if obj else "false"
    return "" if obj is None else str(obj)
