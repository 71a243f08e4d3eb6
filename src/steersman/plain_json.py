"""JSON as the module `json` reads and writes it, without importing that: `re`, which it brings, takes most of its 4 ms.

What does the work in `json` is `_json`, a part of CPython, though no public one. Where there is none, or it wants to be asked in
another way, or a text is no JSON, `json` itself takes over, which also words the mistakes.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_SPACE = " \t\n\r"


class _Reading:
    """What `_json` asks for: JSON's numbers and constants as Python has them."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__


def _unknown(value: Any) -> Any:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _parts() -> tuple[Any, Any]:
    """What reads, and what makes a writer; (None, None) where this Python has none that take what is given here."""
    try:
        import _json

        parts: Any = _json
        words = {True: parts.encode_basestring_ascii, False: parts.encode_basestring}

        def writer(ensure_ascii: bool) -> Any:
            # the objects being written, so that none is inside itself; no indent; keys as they come, of JSON's kinds; any number
            return parts.make_encoder({}, _unknown, words[ensure_ascii], None, ":", ",", False, False, True)

        writer(True)
        return parts.make_scanner(_Reading), writer
    except (ImportError, AttributeError, TypeError):
        return None, None


_scan, _writer = _parts()


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
    if _writer is not None:
        return "".join(_writer(ensure_ascii)(data, 0))
    import json

    return json.dumps(data, ensure_ascii=ensure_ascii, separators=(",", ":"))
