"""Numbers and quoted strings as Go's package strconv writes them."""

from __future__ import annotations

import math

_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}


def format_float(number: float, verb: str = "g", precision: int = -1) -> str:
    """strconv.FormatFloat for 64 bits: `verb` is one of `eEfgGbxX`, precision -1 asks for the shortest exact digits."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if verb == "b":
        mantissa, exponent = _mantissa(number)
        return f"{_sign(number)}{mantissa}p{exponent:+d}"
    if verb in "xX":
        text = _hexadecimal(number, precision)
        return text.upper() if verb == "X" else text
    if precision >= 0:
        return format(number, f".{precision}{verb}")
    return _shortest(number, verb)


def quote(text: str, *, ascii_only: bool = False) -> str:
    """strconv.Quote: the string as a Go literal in double quotes."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_escape(char, '"', ascii_only) for char in text) + '"'


def quote_rune(char: str, *, ascii_only: bool = False) -> str:
    """strconv.QuoteRune: one character as a Go literal in single quotes."""
    return "'" + _escape(char, "'", ascii_only) + "'"


def can_backquote(text: str) -> bool:
    """Whether the string can be written unchanged between backquotes."""
    return all(
        char != "`" and char != "\x7f" and char != "\ufeff" and (char >= " " or char == "\t") and not _is_raw_byte(char)
        for char in text
    )


def is_printable(char: str) -> bool:
    """Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space."""
    return char.isprintable()


def _escape(char: str, quotation: str, ascii_only: bool) -> str:
    if char == quotation:
        return "\\" + char
    escaped = _ESCAPES.get(char)
    if escaped is not None:
        return escaped
    if char.isprintable() and (char < "\x7f" or not ascii_only):
        return char
    code = ord(char)
    if _is_raw_byte(char):
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}"


def _is_raw_byte(char: str) -> bool:
    return "\udc80" <= char <= "\udcff"


def _sign(number: float) -> str:
    return "-" if math.copysign(1.0, number) < 0 else ""


def _shortest(number: float, verb: str) -> str:
    digits, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = digits.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if not digits:
        digits, point = "0", 1
    sign = _sign(number)
    # with the shortest digits strconv decides between %e and %f as if the precision were 6
    if verb in "eE" or (verb in "gG" and not -4 <= point - 1 < 6):
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}{'E' if verb in 'EG' else 'e'}{point - 1:+03d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _mantissa(number: float) -> tuple[int, int]:
    if number == 0:
        return 0, -1074
    fraction, exponent = math.frexp(abs(number))
    shift = max(exponent, -1021)
    return int(math.ldexp(fraction, 53 - (shift - exponent))), shift - 53


def _hexadecimal(number: float, precision: int) -> str:
    if number == 0:
        zeros = "." + "0" * precision if precision > 0 else ""
        return f"{_sign(number)}0x0{zeros}p+00"
    fraction, exponent = math.frexp(abs(number))
    mantissa = int(math.ldexp(fraction, 53))  # 1 bit, then 13 hexadecimal digits
    exponent -= 1
    if 0 <= precision < 13:
        dropped = 4 * (13 - precision)
        half, rest = 1 << (dropped - 1), mantissa & ((1 << dropped) - 1)
        mantissa >>= dropped
        mantissa += rest > half or (rest == half and mantissa & 1)
        if mantissa >> (4 * precision + 1):
            mantissa >>= 1
            exponent += 1
        digits = f"{mantissa - (1 << 4 * precision):0{precision}x}" if precision else ""
    else:
        digits = f"{mantissa - (1 << 52):013x}"
        digits = digits.ljust(precision, "0") if precision >= 0 else digits.rstrip("0")
    point = "." if digits else ""
    return f"{_sign(number)}0x1{point}{digits}p{exponent:+03d}"
