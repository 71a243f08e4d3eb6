"""JSON patch, RFC 6902, over JSON pointers, RFC 6901."""

from __future__ import annotations

import copy
from typing import Any

from steersman.cluster.status import bad_request
from steersman.errors import Invalid

Json = dict[str, Any]


def json_patch(target: Any, operations: Any) -> Any:
    """`target` with the operations applied, as a new object.

    Raises Invalid: 400 for what is no JSON patch, 422 for one that does not fit the object (a path that is not there, a
    failed `test`), with the message of the API server.
    """
    if not isinstance(operations, list) or not all(isinstance(item, dict) for item in operations):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document = [copy.deepcopy(target)]  # one element list, so that the root can be replaced too
    for operation in operations:
        try:
            _apply(document, operation)
        except (KeyError, IndexError, ValueError, TypeError):
            raise Invalid(
                "the server rejected our request due to an error in our request", code=422, reason="Invalid"
            ) from None
    return document[0]


def _apply(document: list[Any], operation: Json) -> None:
    kind = operation["op"]
    path = _parse(operation["path"])
    match kind:
        case "add":
            _add(document, path, copy.deepcopy(operation["value"]))
        case "replace":
            _get(document, path)
            _set(document, path, copy.deepcopy(operation["value"]))
        case "remove":
            _remove(document, path)
        case "test":
            if not same(_get(document, path, missing_is_null=True), operation.get("value")):
                raise ValueError
        case "move":
            origin = _parse(operation["from"])
            value = _get(document, origin)
            _remove(document, origin)
            _add(document, path, value)
        case "copy":
            # Unlike RFC 6902, a missing source is copied as null: so does the library that the API server uses.
            _add(document, path, copy.deepcopy(_get(document, _parse(operation["from"]), missing_is_null=True)))
        case _:
            raise ValueError(kind)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON, in which true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def _parse(pointer: str) -> list[str]:
    if pointer == "":
        return []
    if not pointer.startswith("/"):
        raise ValueError(pointer)
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _child(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container[key]
    if isinstance(container, list):
        return container[_index(key, len(container) - 1)]
    raise TypeError(key)


def _index(key: str, last: int) -> int:
    index = int(key)
    if not 0 <= index <= last:
        raise IndexError(key)
    return index


def _get(document: list[Any], path: list[str], *, missing_is_null: bool = False) -> Any:
    found = document[0]
    for position, key in enumerate(path):
        if missing_is_null and position == len(path) - 1 and isinstance(found, dict):
            return found.get(key)
        found = _child(found, key)
    return found


def _parent(document: list[Any], path: list[str]) -> tuple[Any, str]:
    if not path:
        return document, "0"
    return _get(document, path[:-1]), path[-1]


def _set(document: list[Any], path: list[str], value: Any) -> None:
    container, key = _parent(document, path)
    if isinstance(container, list):
        container[_index(key, len(container) - 1)] = value
    else:
        container[key] = value


def _add(document: list[Any], path: list[str], value: Any) -> None:
    container, key = _parent(document, path)
    if container is document:
        document[0] = value
    elif isinstance(container, list):
        container.insert(len(container) if key == "-" else _index(key, len(container)), value)
    elif isinstance(container, dict):
        container[key] = value
    else:
        raise TypeError(key)


def _remove(document: list[Any], path: list[str]) -> None:
    container, key = _parent(document, path)
    if isinstance(container, list):
        del container[_index(key, len(container) - 1)]
    else:
        del container[key]
