"""Quantities (`500m`, `1.5Gi`) in the canonical form in which Kubernetes returns them (apimachinery `resource.Quantity`)."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

_PATTERN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_NANO = Decimal(1).scaleb(-9)

RULE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def _parse(text: str) -> tuple[Decimal, str]:
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise ValueError(RULE)
    number, suffix = Decimal(match.group(1)), match.group(2) or ""
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix], "binary"
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix]), "decimal"
    return number.scaleb(int(suffix[1:])), "exponent"


def value(text: str) -> Decimal:
    """The number meant. Raises ValueError with Kubernetes' words."""
    return _parse(str(text))[0]


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The shortest exact form in the notation that was used. Raises ValueError with Kubernetes' words."""
    number, notation = _parse(text)
    number = number.quantize(_NANO, rounding=ROUND_UP) if number % _NANO else number
    if number == 0:
        return "0"
    if notation == "binary" and number % 1 == 0 and abs(number) >= 1024:
        whole = int(number)
        power = max(power for power in range(7) if whole % 1024**power == 0)
        suffix = next((name for name, exponent in _BINARY.items() if exponent == power), "")
        return f"{whole // 1024**power}{suffix}"
    exponent = max(exponent for exponent in range(-9, 19, 3) if number.scaleb(-exponent) % 1 == 0)
    whole = int(number.scaleb(-exponent))
    if notation == "exponent":
        return f"{whole}e{exponent}" if exponent else str(whole)
    return f"{whole}{next(name for name, found in _DECIMAL.items() if found == exponent)}"
