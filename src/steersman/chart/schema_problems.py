"""What is wrong with values, told as Helm's validator tells it: a tree of failures by the shape of the schema.

The validator that is used here lists failures one beside the other, each with its way through the schema; from these ways the
tree is made. A schema that fails in one point is told of by that point, one that fails in several as `validation failed` with
the points below it; `allOf`, `anyOf` and `oneOf` stand above what failed in them, a `$ref` only above several failures. What
fails for its type is looked at no further. The wording is that of version 6 of the validator that Helm uses,
https://github.com/santhosh-tekuri/jsonschema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from steersman.manifest.yaml.numbers import format_g, json_number
from steersman.record import field, record
from steersman.template.strconv import quote

# Keywords whose next step in a way is a name or a number, and those that lead from a value into a part of it.
_KEYED = frozenset(
    ("properties", "patternProperties", "dependentSchemas", "dependencies", "prefixItems", "allOf", "anyOf", "oneOf")
)
_DESCENDING = frozenset(
    (
        *("properties", "patternProperties", "additionalProperties", "items", "prefixItems", "additionalItems"),
        *("contains", "unevaluatedProperties", "unevaluatedItems"),
    )
)
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

# In which order a schema's keywords are looked at; what is not listed comes first.
_ORDER = (
    *("const", "enum", "format", "minProperties", "maxProperties", "required", "dependencies", "dependentRequired"),
    *(
        "properties",
        "patternProperties",
        "additionalProperties",
        "propertyNames",
        "minItems",
        "maxItems",
        "uniqueItems",
    ),
    *("prefixItems", "items", "additionalItems", "contains", "minLength", "maxLength", "pattern", "minimum", "maximum"),
    *("exclusiveMinimum", "exclusiveMaximum", "multipleOf", *_REFERENCES, "not", "allOf", "anyOf", "oneOf", "if"),
    *("then", "else", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties"),
)
_RANK = {keyword: rank for rank, keyword in enumerate(_ORDER)}


@record(slots=True)
class Failure:
    """One line, and the lines below it. `group` stands for several failures of one schema."""

    path: tuple[str, ...]
    message: str
    causes: list[Failure] = field(default_factory=list)
    group: bool = False

    def lines(self, indent: str = "") -> Iterator[tuple[str, str]]:
        """(place, line) of this failure and of those below it."""
        place = pointer(self.path)
        yield place, f"{indent}- at '{place}': {self.message}"
        for cause in self.causes:
            yield from cause.lines(indent + "  ")


def failures(errors: Iterable[Any], schema: Any, steps: int = 0) -> list[Failure]:
    """What the validator found, as Helm lists it. `schema` is the document that the values were checked against; the first
    `steps` of all ways through it count for nothing.
    """
    top = _tree(list(errors), steps, 0, schema).whole()
    return top.causes if top.group else [top]


def pointer(path: Sequence[Any]) -> str:
    """A place in the values, as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


class _Node:
    """A schema at one place of the values: the keywords that failed there, and the schemas below it."""

    def __init__(self, path: tuple[str, ...], schema: Any) -> None:
        self.path = path
        self.schema = schema
        self.own: list[Any] = []
        self.below: dict[tuple[str, str, str], _Node] = {}

    def whole(self) -> Failure:
        found = self.failures()
        return found[0] if len(found) == 1 else Failure(self.path, "validation failed", found, group=True)

    def failures(self) -> list[Failure]:
        for error in self.own:
            if error.kind.name in ("type", "falseSchema"):
                return [Failure(self.path, _message(error))]
        ranked: list[tuple[int, list[Failure]]] = []
        by_keyword: dict[str, list[Any]] = {}
        for error in self.own:
            by_keyword.setdefault(_last_keyword(error), []).append(error)
        for keyword, errors in by_keyword.items():
            ranked.append((_RANK.get(keyword, -1), list(self._told(keyword, errors))))
        for (keyword, *_), nodes in self._by_keyword():
            ranked.append((_RANK.get(keyword, -1), self._inner(keyword, nodes)))
        ranked.sort(key=lambda each: each[0])
        return [failure for _, told in ranked for failure in told]

    def _by_keyword(self) -> Iterator[tuple[tuple[str], list[_Node]]]:
        grouped: dict[str, list[tuple[Any, _Node]]] = {}
        for (keyword, key, part), node in self.below.items():
            order = (int(key), "") if keyword == "allOf" else (int(part) if part.isdigit() else 0, part)
            grouped.setdefault(keyword, []).append((order, node))
        for keyword, nodes in grouped.items():
            yield (keyword,), [node for _, node in sorted(nodes, key=lambda each: each[0])]

    def _inner(self, keyword: str, nodes: list[_Node]) -> list[Failure]:
        if keyword == "allOf":
            return [Failure(self.path, "'allOf' failed", [node.whole() for node in nodes])]
        if keyword in _REFERENCES:
            found = nodes[0].failures()
            if len(found) == 1 and not found[0].group:
                return found
            return [Failure(self.path, "validation failed", found if len(found) > 1 else found[0].causes)]
        return [node.whole() for node in nodes]

    def _told(self, keyword: str, errors: list[Any]) -> Iterator[Failure]:
        if keyword == "required":
            names = [shown(error.kind.property) for error in errors]
            yield Failure(self.path, f"missing propert{'y' if len(names) == 1 else 'ies'} {', '.join(names)}")
        elif keyword in ("dependentRequired", "dependencies"):
            yield from self._dependent(errors[0])
        else:
            for error in errors:
                yield from self._single(error)

    def _single(self, error: Any) -> Iterator[Failure]:
        kind = error.kind
        if kind.name in ("anyOf", "oneOf"):
            steps, depth = len(error.evaluation_path) + 1, len(error.instance_path)
            branches = [_tree(branch, steps, depth, self.schema, self.path) for branch in kind.context if branch]
            yield Failure(self.path, _message(error), [branch.whole() for branch in branches])
        elif kind.name == "propertyNames":
            cause = Failure((), _message(kind.error))
            yield Failure(self.path, f"invalid propertyName {shown(kind.error.instance)}", [cause])
        elif kind.name == "contains":
            yield self._contains(error)
        elif kind.name in ("unevaluatedProperties", "unevaluatedItems"):
            names = list(kind.unexpected)
            if kind.name == "unevaluatedItems":
                names = [str(number) for number in range(len(error.instance) - len(names), len(error.instance))]
            for name in names:
                yield Failure((*self.path, name), "false schema")
        else:
            yield Failure(self.path, _message(error))

    def _dependent(self, error: Any) -> Iterator[Failure]:
        wanted = _at(self.schema, error.schema_path)
        for name, needed in sorted(wanted.items() if isinstance(wanted, dict) else ()):
            if name in error.instance and isinstance(needed, list):
                missing = [shown(each) for each in needed if each not in error.instance]
                if missing:
                    yield Failure(self.path, f"properties {', '.join(missing)} required, if {shown(name)} exists")

    def _contains(self, error: Any) -> Failure:
        """Which items fit, and why the others do not."""
        import jsonschema_rs

        around = _at(self.schema, error.schema_path[:-1])
        wanted = around.get("contains", True) if isinstance(around, dict) else True
        least = around.get("minContains", 1) if isinstance(around, dict) else 1
        known = {key: self.schema[key] for key in ("$schema", "$defs", "definitions") if key in self.schema}
        validator = jsonschema_rs.validator_for({**known, "allOf": [wanted]})
        fitting, causes = [], []
        for number, item in enumerate(error.instance):
            errors = list(validator.iter_errors(item))
            if errors:
                causes.append(_tree(errors, 2, 0, self.schema, (*self.path, str(number))).whole())
            else:
                fitting.append(str(number))
        matched = f"items required to match contains schema, but matched {len(fitting)} items at {' '.join(fitting)}"
        if not fitting:
            return Failure(self.path, "no items match contains schema", causes)
        if len(fitting) < least:
            return Failure(self.path, f"min {least} {matched}", causes)
        return Failure(self.path, f"max {around.get('maxContains')} {matched}")


def _tree(errors: list[Any], steps: int, depth: int, schema: Any, path: tuple[str, ...] = ()) -> _Node:
    """The failures by their ways, of which the first `steps` and the first `depth` parts of their places are taken as gone."""
    root = _Node(path, schema)
    for error in errors:
        node = root
        way = [str(step) for step in error.evaluation_path][steps:]
        parts = [str(part) for part in error.instance_path][depth:]
        at = 0
        while True:
            keyword = way[at] if at < len(way) else ""
            keyed = keyword in _KEYED or (keyword == "items" and way[at + 1 : at + 2] and way[at + 1].isdigit())
            following = at + (2 if keyed else 1)
            if following >= len(way) and not (following == len(way) and error.kind.name == "falseSchema" and keyword):
                break
            part = ""
            if keyword in _DESCENDING and parts:
                part = parts.pop(0)
            key = (keyword, way[at + 1] if keyed else "", part)
            inner = (*node.path, part) if part or keyword in _DESCENDING else node.path
            node = node.below.setdefault(key, _Node(inner, schema))
            at = following
        node.own.append(error)
    return root


def _last_keyword(error: Any) -> str:
    name = str(error.kind.name)
    way = error.evaluation_path
    if name == "required" and way and way[-1] in ("dependentRequired", "dependencies"):
        return str(way[-1])
    if name == "required" and len(way) > 1 and way[-2] == "dependencies":
        return "dependencies"
    return name


def _at(schema: Any, path: Sequence[Any]) -> Any:
    for step in path:
        is_there = (
            step in schema if isinstance(schema, dict) else isinstance(schema, list) and step in range(len(schema))
        )
        if not is_there:
            return None
        schema = schema[step]
    return schema


# --- words --------------------------------------------------------------------------------------------------------


def _message(error: Any) -> str:
    """One failure in the words of Helm's validator; in its own for the rare kinds."""
    kind = error.kind
    instance = error.instance
    match kind.name:
        case "type":
            return f"got {_type(instance)}, want {' or '.join(kind.types)}"
        case "enum" | "const" if any(isinstance(each, list | dict) for each in _choices(kind)):
            return f"'{kind.name}' failed"
        case "enum" | "const" if len(_choices(kind)) == 1:
            return f"value must be {shown(_choices(kind)[0])}"
        case "enum":
            return f"value must be one of {', '.join(map(shown, kind.options))}"
        case "additionalProperties":
            return f"additional properties {', '.join(map(shown, kind.unexpected))} not allowed"
        case "additionalItems":
            return f"last {len(instance) - kind.limit} additionalItem(s) not allowed"
        case "pattern":
            return f"{shown(instance)} does not match pattern {shown(kind.pattern)}"
        case "format":
            return f"{shown(instance)} is not valid {kind.format}{_why(kind.format, instance)}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"{kind.name}: got {_measured(instance)}, want {_measured(kind.limit)}"
        case "multipleOf":
            return f"multipleOf: got {_measured(instance)}, want {_measured(kind.multiple_of)}"
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            return f"{kind.name}: got {len(instance):,}, want {int(kind.limit):,}"
        case "uniqueItems":
            first, second = _twice(instance)
            return f"items at {first} and {second} are equal"
        case "oneOf":
            valid = [str(number) for number, branch in enumerate(kind.context) if not branch]
            return f"'oneOf' failed, {'subschemas ' + ', '.join(valid) + ' matched' if valid else 'none matched'}"
        case "anyOf" | "not":
            return f"'{kind.name}' failed"
        case "falseSchema":
            return "false schema"
        case _:
            return str(error.message)


def _measured(value: float) -> str:
    """A number as Helm's validator prints it, in English: 70,000 and 1.5×10⁰⁶."""
    try:
        mantissa, exponential, exponent = format_g(float(value)).partition("e")
    except OverflowError:
        return "∞" if value > 0 else "-∞"
    if exponential:
        return f"{mantissa}×10{exponent.translate(_RAISED)}"
    whole, point, fraction = mantissa.removeprefix("-").partition(".")
    return f"{'-' if value < 0 else ''}{int(whole):,}{point}{fraction}"


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "+")


def _choices(kind: Any) -> list[Any]:
    return list(kind.options) if kind.name == "enum" else [kind.expected_value]


def _why(name: str, value: str) -> str:
    if name == "regex":
        from steersman.template.functions.regex_syntax import BadSyntax, read

        try:
            read(value)
        except BadSyntax as error:
            return f": {error}"
    if name == "email" and "@" not in value:
        return ": missing @"
    if name == "ipv4" and value.count(".") != 3:
        return ": expected four decimals"
    if name == "date-time" and len(value) < 20:
        return ": less than 20 characters long"
    if name == "uri" and ":" not in value:
        return ": relative url"
    return ""


def _twice(items: list[Any]) -> tuple[int, int]:
    for second, item in enumerate(items):
        for first in range(second):
            if items[first] == item and isinstance(items[first], bool) == isinstance(item, bool):
                return first, second
    return 0, 0


def _type(value: Any) -> str:
    names: dict[type, str] = {str: "string", bool: "boolean", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "number")


def shown(value: Any) -> str:
    """A value as the validator's messages quote it."""
    if isinstance(value, str):
        # as Helm's validator makes it of Go's: also of a backslash at the end, which loses its own
        return "'" + quote(value).replace('\\"', '"').replace("'", "\\'")[1:-1] + "'"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "<nil>"}[value]
    if isinstance(value, int | float):
        return json_number(value) if isinstance(value, float) else str(value)
    return json.dumps(value)
