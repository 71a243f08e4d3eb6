"""Kubernetes quantities (`100m`, `1Gi`, `2e3`), exactly."""

from __future__ import annotations

import math
import re
from decimal import Decimal

_SUFFIXES = {
    "n": Decimal(10) ** -9, "u": Decimal(10) ** -6, "m": Decimal(10) ** -3, "": Decimal(1), "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6, "G": Decimal(10) ** 9, "T": Decimal(10) ** 12, "P": Decimal(10) ** 15, "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30, "Ti": Decimal(2) ** 40, "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
}  # fmt: skip
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")


def parse(text: object) -> Decimal:
    """The value in base units (cores, bytes, pieces). Raises ValueError."""
    match = _FORM.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"quantities must match the regular expression '{_FORM.pattern}': {text!r}")
    number, exponent, suffix = match.groups()
    return Decimal(number + exponent) if exponent else Decimal(number) * _SUFFIXES[suffix or ""]


def divided(value: Decimal, divisor: object) -> str:
    """`value` in units of `divisor`, rounded up, as resourceFieldRef gives it (divisor 0 or none counts as 1)."""
    unit = parse(divisor) if divisor else Decimal(1)
    return str(math.ceil(value / (unit or Decimal(1))))


def cores(value: Decimal) -> str:
    """A CPU amount as Kubernetes writes it: `2`, `1500m`."""
    return str(int(value)) if value == int(value) else f"{int(value * 1000)}m"


def size(value: Decimal) -> str:
    """An amount of bytes in the largest binary unit that takes it whole."""
    number = int(value)
    for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        unit = int(_SUFFIXES[suffix])
        if number and number % unit == 0:
            return f"{number // unit}{suffix}"
    return str(number)
