"""Constants of templates: strings, characters and numbers as Go reads them."""

from __future__ import annotations

from steersman.lazy import pattern
from steersman.template.nodes import Number
from steersman.template.strconv import quote
from steersman.template.values import from_utf8, utf8

_ESCAPE = pattern(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)")
_SIMPLE_ESCAPES = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
_INTEGER = pattern(r"(?:0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[oO]_?[0-7]+(?:_[0-7]+)*|0[bB]_?[01]+(?:_[01]+)*"
                      r"|0(?:_?[0-7]+)*|[1-9][0-9]*(?:_[0-9]+)*)")  # fmt: skip
_DECIMAL_FLOAT = pattern(r"[+-]?(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?")
_HEX_FLOAT = pattern(r"[+-]?0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?[0-9]+")


class LiteralError(ValueError):
    """A constant that Go does not take; the message is Go's."""


def unquote(text: str) -> str:
    """strconv.Unquote of a string constant in double quotes or backquotes. Raises LiteralError."""
    if text[0] == "`":
        return text[1:-1].replace("\r", "")
    if "\\" not in text:
        return text[1:-1]
    return _unescape(text[1:-1], '"')


def number(position: int, text: str) -> Number:
    """The node of a number or character constant. Raises LiteralError."""
    if text.isascii() and text.isdigit() and len(text) < 19 and (text[0] != "0" or text == "0"):
        return Number(position, text, int(text), float(text))
    if text[0] == "'":
        return _character(position, text)
    if text[-1] == "i":
        return _complex(position, text)
    node = Number(position, text)
    integer = _integer(text)
    if integer is not None and integer < 1 << 63:
        node.as_int, node.as_float = integer, float(integer)
        return node
    if integer is not None and integer < 1 << 64:
        node.as_float = float(integer)  # a uint64: no int, but a float where one is wanted
        return node
    value = _float(text)
    if value is None:
        raise LiteralError(f"illegal number syntax: {quote(text)}")
    if not any(char in ".eEpP" for char in text):
        raise LiteralError(f"integer overflow: {quote(text)}")
    node.as_float = value
    if value.is_integer() and -(2.0**63) <= value < 2.0**63:
        node.as_int = int(value)
    return node


def looks_like_float(node: Number) -> bool:
    """Whether the constant, where any type will do, is a float64 and not an int."""
    text = node.text
    if text[0] == "'" or node.as_float is None:
        return False
    if len(text) > 2 and text[0] == "0" and text[1] in "xX" and not any(char in "pP" for char in text):
        return False
    return any(char in ".eEpP" for char in text)


def _character(position: int, text: str) -> Number:
    try:
        value = _unescape(text[1:-1], "'")
    except LiteralError:
        value = ""
    if len(value) != 1:
        if not value:
            raise LiteralError("invalid syntax")
        raise LiteralError(f"malformed character constant: {text}")
    code = ord(value)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return Number(position, text, as_int=code, as_float=float(code))


def _complex(position: int, text: str) -> Number:
    split = max(text.rfind("+"), text.rfind("-"))
    if split > 0 and text[split - 1] in "eEpP":
        split = max(text.rfind("+", 0, split), text.rfind("-", 0, split))
    real = _float(text[:split]) if split > 0 else 0.0
    imaginary = _float(text[split if split > 0 else 0 : -1])
    if real is None or imaginary is None:
        raise LiteralError(f"illegal number syntax: {quote(text)}")
    node = Number(position, text, as_complex=complex(real, imaginary))
    if imaginary == 0:
        node.as_complex, node.as_float = None, real
        if real.is_integer() and abs(real) < 2.0**63:
            node.as_int = int(real)
    return node


def _integer(text: str) -> int | None:
    negative = text[0] == "-"
    digits = text[1:] if text[0] in "+-" else text
    if not _INTEGER.fullmatch(digits):
        return None
    digits = digits.replace("_", "")
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567":
        digits = "0o" + digits[1:]
    value = int(digits, 0) if len(digits) < 100 else 1 << 64
    if value > 1 << 63 and negative:
        return None
    if negative and value == 1 << 63:
        return -value
    # a sign makes a number that does not fit into an int64 no unsigned one either
    return None if text[0] == "+" and value >= 1 << 63 else -value if negative else value


def _float(text: str) -> float | None:
    if _DECIMAL_FLOAT.fullmatch(text) and "_" not in text:
        value = float(text)
        return value if abs(value) != float("inf") else None
    if _HEX_FLOAT.fullmatch(text):
        try:
            return float.fromhex(text.replace("_", ""))
        except (ValueError, OverflowError):
            return None
    return None


def _unescape(text: str, quotation: str) -> str:
    out: list[bytes] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        out.append(utf8(text[at : match.start()]))
        at = match.end()
        simple, hexadecimal, octal, short, long = match.groups()
        if simple is not None:
            if simple in "'\"" and simple != quotation:
                raise LiteralError("invalid syntax")
            out.append(utf8(_SIMPLE_ESCAPES[simple]))
        elif hexadecimal is not None:
            out.append(bytes((int(hexadecimal, 16),)))
        elif octal is not None and int(octal, 8) < 256:
            out.append(bytes((int(octal, 8),)))
        else:
            digits = short or long
            if digits is None or int(digits, 16) > 0x10FFFF or 0xD800 <= int(digits, 16) <= 0xDFFF:
                raise LiteralError("invalid syntax")
            out.append(utf8(chr(int(digits, 16))))
    out.append(utf8(text[at:]))
    return from_utf8(b"".join(out))
