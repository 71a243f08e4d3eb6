"""The functions that Kubernetes adds to CEL, as functions whose first argument is what they are called on.

Source: kubernetes.io "Common Expression Language in Kubernetes", "Kubernetes CEL libraries". Values of types that the language
does not have (quantities, URLs) are maps with a marker.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from steersman.cluster.schema import quantity as quantities

_QUANTITY = "\0quantity"
_URL = "\0url"


def _is_sorted(items: list[Any]) -> bool:
    return all(before <= after for before, after in itertools.pairwise(items))


def _sum(items: list[Any]) -> Any:
    return sum(items[1:], items[0]) if items else 0


def _index_of(whole: Any, part: Any, start: int = 0) -> int:
    """Of a string or a list; -1 where it is not there."""
    if isinstance(whole, str):
        return whole.find(part, start)
    return whole.index(part) if part in whole else -1


def _last_index_of(whole: Any, part: Any) -> int:
    if isinstance(whole, str):
        return whole.rfind(part)
    return len(whole) - 1 - whole[::-1].index(part) if part in whole else -1


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, limit)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if not separator:
        return list(text) if limit < 0 else [*text[: limit - 1], text[limit - 1 :]]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def _substring(text: str, start: int, end: int | None = None) -> str:
    end = len(text) if end is None else end
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"index out of range: {start if start > len(text) or start < 0 else end}")
    return text[start:end]


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise ValueError(f"index out of range: {index}")
    return text[index : index + 1]


def _join(items: list[str], separator: str = "") -> str:
    return separator.join(items)


def _lower(text: str) -> str:
    return "".join(each.lower() if each.isascii() else each for each in text)


def _upper(text: str) -> str:
    return "".join(each.upper() if each.isascii() else each for each in text)


def _find(text: str, pattern: str) -> str:
    import re2

    found = re2.search(pattern, text)
    return str(found.group(0)) if found else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    import re2

    found = [str(each.group(0)) for each in re2.finditer(pattern, text)]
    return found if limit < 0 else found[:limit]


def _quantity(text: str) -> dict[str, str]:
    if not _is_quantity(text):
        raise ValueError(f"quantity: {text!r} is not valid")
    return {_QUANTITY: str(quantities.value(text))}


def _is_quantity(text: Any) -> bool:
    try:
        quantities.value(text)
    except (ValueError, TypeError, ArithmeticError):
        return False
    return isinstance(text, str)


def _amount(value: dict[str, str]) -> Decimal:
    return Decimal(value[_QUANTITY])


def _url(text: str) -> dict[str, str]:
    if not _is_url(text):
        raise ValueError(f"URL parse error during conversion from string: {text}")
    return {_URL: text}


def _is_url(text: Any) -> bool:
    try:
        parts = urlsplit(text)
    except (ValueError, TypeError, AttributeError):
        return False
    return isinstance(text, str) and (bool(parts.scheme) or text.startswith("/"))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "isSorted": _is_sorted,
    "min": lambda *items: min(items[0] if isinstance(items[0], list) else items),
    "max": lambda *items: max(items[0] if isinstance(items[0], list) else items),
    "sum": _sum,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "replace": _replace,
    "split": _split,
    "substring": _substring,
    "charAt": _char_at,
    "join": _join,
    "trim": str.strip,
    "lowerAscii": _lower,
    "upperAscii": _upper,
    "find": _find,
    "findAll": _find_all,
    "quantity": _quantity,
    "isQuantity": _is_quantity,
    "isGreaterThan": lambda one, other: _amount(one) > _amount(other),
    "isLessThan": lambda one, other: _amount(one) < _amount(other),
    "compareTo": lambda one, other: (_amount(one) > _amount(other)) - (_amount(one) < _amount(other)),
    "isInteger": lambda one: _amount(one) % 1 == 0,
    "asInteger": lambda one: int(_amount(one)),
    "asApproximateFloat": lambda one: float(_amount(one)),
    "sign": lambda one: (_amount(one) > 0) - (_amount(one) < 0),
    "url": _url,
    "isURL": _is_url,
    "getScheme": lambda one: urlsplit(one[_URL]).scheme,
    "getHost": lambda one: urlsplit(one[_URL]).netloc.rpartition("@")[2],
    "getHostname": lambda one: urlsplit(one[_URL]).hostname or "",
    "getPort": lambda one: str(urlsplit(one[_URL]).port or ""),
    "getEscapedPath": lambda one: urlsplit(one[_URL]).path,
}
