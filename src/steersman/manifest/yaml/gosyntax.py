"""Go's `%#v` of decoded YAML, which Go's error messages quote (the well known one: `invalid map key: map[interface {}]…`)."""

from __future__ import annotations

import math

from steersman.lazy import TYPE_CHECKING

from .numbers import INT64_MAX, format_g

if TYPE_CHECKING:
    from typing import Any

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}


def quote(text: str) -> str:
    """`strconv.Quote`."""
    return '"' + "".join(_quoted(char) for char in text) + '"'


def go_syntax(value: Any) -> str:
    """`fmt.Sprintf("%#v", value)` of a value decoded to interface{}."""
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, float):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN" if math.isnan(value) else format_g(value))
    if isinstance(value, dict):
        pairs = (
            f"{go_syntax(key)}:{go_syntax(item)}" for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))
        )
        return f"map[interface {{}}]interface {{}}{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(go_syntax(item) for item in value)}}}"
    return hex(value) if value > INT64_MAX else str(value)  # Go shows unsigned kinds in hexadecimal


def _quoted(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
