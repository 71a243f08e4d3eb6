"""JSON as the module `json` reads and writes it, without importing that: `re`, which it brings, takes most of its 4 ms.

What does the work in `json` is `_json`, a part of CPython. Where there is none, or a text is no JSON, `json` itself takes over,
which also words the mistakes.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_json: Any
try:
    import _json
except ImportError:
    _json = None

_SPACE = " \t\n\r"


class _Reading:
    """What `_json` asks for: JSON's numbers and constants as Python has them."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__


_scan = None if _json is None else _json.make_scanner(_Reading)


def loads(text: str | bytes) -> Any:
    """As `json.loads`. Raises ValueError."""
    if _scan is not None:
        try:
            document = text.decode() if isinstance(text, bytes) else text
            value, end = _scan(document, len(document) - len(document.lstrip(_SPACE)))
            if not document[end:].strip(_SPACE):
                return value
        except (StopIteration, ValueError):
            pass
    import json

    return json.loads(text)


def dumps(data: Any, *, ensure_ascii: bool = True) -> str:
    """As `json.dumps` with no space between the parts. Raises TypeError and ValueError."""
    if _json is not None:
        text = _json.encode_basestring_ascii if ensure_ascii else _json.encode_basestring
        write = _json.make_encoder({}, _unknown, text, None, ":", ",", False, False, True)
        return "".join(write(data, 0))
    import json

    return json.dumps(data, ensure_ascii=ensure_ascii, separators=(",", ":"))


def _unknown(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
