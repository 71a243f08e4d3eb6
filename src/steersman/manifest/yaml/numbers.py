"""How Go writes numbers: `strconv.FormatFloat` and `encoding/json`, as far as YAML needs them.

Source: the documentation of Go's strconv and encoding/json packages; pinned against helm 4.3.1 by the tests.
"""

from __future__ import annotations

from math import isinf, isnan

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
UINT64_MAX = (1 << 64) - 1


def digits_and_exponent(value: float) -> tuple[str, str, int]:
    """(sign, digits, point) of a finite float's shortest decimal form: value = sign 0.digits * 10**point."""
    text = repr(value)
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = whole + fraction
    point = len(whole) + (int(exponent) if exponent else 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    return (sign, stripped, point) if stripped else (sign, "0", 1)


def format_g(value: float) -> str:
    """`strconv.FormatFloat(value, 'g', -1, 64)`; infinities and NaN as YAML spells them."""
    if isnan(value):
        return ".nan"
    if isinf(value):
        return ".inf" if value > 0 else "-.inf"
    sign, digits, point = digits_and_exponent(value)
    return sign + _general(digits, point)


def format_g32(value: float) -> str:
    """`strconv.FormatFloat(value, 'g', -1, 32)`: the shortest digits that tell float32 values apart.

    This is how sigs.k8s.io/yaml turns a float into a map key or a string.
    """
    import struct

    if isnan(value) or isinf(value):
        return format_g(value)
    try:
        narrow: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    if isinf(narrow):
        return format_g(narrow)
    for precision in range(1, 10):
        shortest = float(f"{narrow:.{precision - 1}e}")
        if struct.pack("f", shortest) == struct.pack("f", narrow):
            return format_g(shortest)
    return format_g(narrow)  # pragma: no cover - nine digits always tell float32 values apart


def json_number(value: float) -> str:
    """A finite float as encoding/json writes it: plain digits from 1e-6 up to 1e21, an exponent beyond."""
    sign, digits, point = digits_and_exponent(value)
    if digits == "0":
        return sign + "0"
    if -6 < point <= 21:
        return sign + _fixed(digits, point)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{point - 1:+d}"


def _general(digits: str, point: int) -> str:
    exponent = point - 1
    if -4 <= exponent < 6:
        return _fixed(digits, point)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _fixed(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]
