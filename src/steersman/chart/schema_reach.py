"""Which documents a schema really needs: those that something refers to on the way from its root.

The validator that is used here fetches whatever stands in a `$ref`, Helm's only what it comes to: a definition that nobody
uses may refer to what is not there. Imported only where a document cannot be had.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urljoin

_SINGLE = (
    *("additionalProperties", "not", "if", "then", "else", "items", "additionalItems", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties", "contentSchema"),
)
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_NAMED = ("properties", "patternProperties", "dependentSchemas", "dependencies")


def first_missing(document: Any, base: str, load: Callable[[str], Any]) -> str:
    """The URI of the document that Helm's validator would be the first to miss, or "" if it misses none.

    `load` gives the document at a URI, or None where it cannot be had.
    """
    known = _by_id(document, base)
    alone = isinstance(document, dict) and "/draft-0" in str(document.get("$schema"))
    waiting = deque([(base, document)])
    seen: set[int] = set()
    while waiting:
        uri, schema = waiting.popleft()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        if isinstance(schema.get("$id"), str):
            uri = urljoin(uri, schema["$id"])
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target, _, fragment = urljoin(uri, reference).partition("#")
            if target not in known:
                loaded = load(target)
                if loaded is None:
                    return target
                known |= _by_id(loaded, target)
            waiting.append((target, _at(known[target], fragment)))
            if alone:  # up to draft 7 nothing counts beside a reference
                continue
        waiting.extend((uri, inner) for inner in _inside(schema))
    return ""


def _inside(schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in _NAMED:
        if isinstance(named := schema.get(keyword), dict):
            yield from named.values()
    for keyword in _SEVERAL:
        if isinstance(several := schema.get(keyword), list):
            yield from several
    yield from (schema[keyword] for keyword in _SINGLE if keyword in schema)


def _by_id(schema: Any, base: str) -> dict[str, Any]:
    """The schema, and each in it that has a name of its own, by URI."""
    found = {base: schema}
    waiting = [(base, schema)]
    while waiting:
        uri, part = waiting.pop()
        if isinstance(part, list):
            waiting.extend((uri, each) for each in part)
        elif isinstance(part, dict):
            if isinstance(part.get("$id"), str):
                uri = urljoin(uri, part["$id"]).rstrip("#")
                found.setdefault(uri, part)
            waiting.extend((uri, each) for each in part.values())
    return found


def _at(document: Any, fragment: str) -> Any:
    """What a JSON pointer or the name of an anchor leads to, or None."""
    if fragment and not fragment.startswith("/"):
        return next((part for part in _parts(document) if fragment in _anchors(part)), None)
    for step in unquote(fragment[1:]).split("/") if fragment else ():
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


def _parts(document: Any) -> Iterator[dict[str, Any]]:
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
        if isinstance(part, dict | list):
            waiting.extend(part.values() if isinstance(part, dict) else part)


def _anchors(part: dict[str, Any]) -> tuple[Any, ...]:
    return part.get("$anchor"), part.get("$dynamicAnchor"), str(part.get("$id")).removeprefix("#")
