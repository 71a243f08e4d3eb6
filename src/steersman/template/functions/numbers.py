"""Arithmetic: int64 that wraps round, float64, and decimals for the functions whose names end in `f`."""

from __future__ import annotations

import math
import operator

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.conversion import to_float64, to_int64
from steersman.template.functions.registry import FunctionError, function
from steersman.template.strconv import format_float
from steersman.template.values import Int64, wrap_int

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

# --- int64 ---------------------------------------------------------------------------------------------------------


@function("add", "...any", "int64")
def add(*numbers: object) -> Int64:
    return Int64(wrap_int(sum(map(to_int64, numbers))))


@function("add1", "any", "int64")
def add1(number: object) -> Int64:
    return Int64(wrap_int(to_int64(number) + 1))


@function("sub", "any, any", "int64")
def sub(one: object, two: object) -> Int64:
    return Int64(wrap_int(to_int64(one) - to_int64(two)))


@function("mul", "any, ...any", "int64")
def mul(first: object, *others: object) -> Int64:
    product = int(to_int64(first))
    for number in others:
        product = wrap_int(product * to_int64(number))
    return Int64(product)


@function("div", "any, any", "int64")
def div(one: object, two: object) -> Int64:
    return Int64(wrap_int(_divide(to_int64(one), to_int64(two))[0]))


@function("mod", "any, any", "int64")
def mod(one: object, two: object) -> Int64:
    return Int64(_divide(to_int64(one), to_int64(two))[1])


def _divide(one: int, two: int) -> tuple[int, int]:
    """Quotient, cut towards zero, and the remainder, which has the dividend's sign."""
    if two == 0:
        raise FunctionError("runtime error: integer divide by zero")
    quotient = abs(one) // abs(two)
    if (one < 0) != (two < 0):
        quotient = -quotient
    return quotient, one - quotient * two


@function("max", "any, ...any", "int64", "biggest")
def max_(first: object, *others: object) -> Int64:
    return Int64(max(map(to_int64, (first, *others))))


@function("min", "any, ...any", "int64")
def min_(first: object, *others: object) -> Int64:
    return Int64(min(map(to_int64, (first, *others))))


# --- float64 -------------------------------------------------------------------------------------------------------


@function("maxf", "any, ...any", "float64")
def maxf(first: object, *others: object) -> float:
    return _extreme(max, first, others)


@function("minf", "any, ...any", "float64")
def minf(first: object, *others: object) -> float:
    return _extreme(min, first, others)


def _extreme(choice: Callable[[float, float], float], first: object, others: tuple[object, ...]) -> float:
    result = to_float64(first)
    for other in others:
        result = _choose(choice, result, to_float64(other))
    return result


def _choose(choice: Callable[[float, float], float], one: float, two: float) -> float:
    """Go's math.Max and Min: not-a-number wins, unless there is an infinity that does."""
    if math.isnan(one) or math.isnan(two):
        extreme = choice(-math.inf, math.inf)
        return extreme if extreme in (one, two) else math.nan
    return choice(one, two)


@function("floor", "any", "float64")
def floor(number: object) -> float:
    return _whole(math.floor, to_float64(number))


@function("ceil", "any", "float64")
def ceil(number: object) -> float:
    return _whole(math.ceil, to_float64(number))


def _whole(rounding: Callable[[float], int], number: float) -> float:
    if not math.isfinite(number):
        return number
    # keeps the sign of a zero: ceil of -0.5 is -0
    return math.copysign(float(rounding(number)), number)


@function("round", "any, int, ...float64", "float64")
def round_(number: object, places: int, *threshold: float) -> float:
    """Round to `places` decimals: up where the rest is at least `threshold`, one half unless given."""
    try:
        power = 10.0**places
    except OverflowError:
        power = math.inf
    shifted = power * to_float64(number)
    rest = math.fmod(shifted, 1) if math.isfinite(shifted) else math.nan
    up = rest >= (threshold[0] if threshold else 0.5)
    whole = _whole(math.ceil if up else math.floor, shifted)
    if power == 0 or (math.isinf(power) and math.isinf(whole)):
        return math.nan
    return whole / power


# --- decimals ------------------------------------------------------------------------------------------------------


@function("addf", "...any", "float64")
def addf(*numbers: object) -> float:
    return _decimal(0.0, numbers, operator.add)


@function("add1f", "any", "float64")
def add1f(number: object) -> float:
    return _decimal(number, (1,), operator.add)


@function("subf", "any, ...any", "float64")
def subf(first: object, *others: object) -> float:
    return _decimal(first, others, operator.sub)


@function("mulf", "any, ...any", "float64")
def mulf(first: object, *others: object) -> float:
    return _decimal(first, others, operator.mul)


@function("divf", "any, ...any", "float64")
def divf(first: object, *others: object) -> float:
    return _decimal(first, others, _divide_to_16_places)


def _decimal(first: object, others: tuple[object, ...], operation: Callable[[Fraction, Fraction], Fraction]) -> float:
    """Compute with exact decimals, each the shortest that stands for its float64: 0.1 + 0.2 is 0.3."""
    result = _to_fraction(first)
    for other in others:
        result = operation(result, _to_fraction(other))
    try:
        return float(result)
    except OverflowError:
        return math.inf if result > 0 else -math.inf


def _to_fraction(value: object) -> Fraction:
    from fractions import Fraction

    number = to_float64(value)
    if not math.isfinite(number):
        raise FunctionError(f"Cannot create a Decimal from {format_float(number)}")
    return Fraction(repr(number))


def _divide_to_16_places(one: Fraction, two: Fraction) -> Fraction:
    """The quotient to 16 decimals (shopspring/decimal's default), halves away from zero."""
    from fractions import Fraction

    if two == 0:
        raise FunctionError("decimal division by 0")
    scaled = abs(one / two) * 10**16
    rounded = Fraction(math.floor(scaled + Fraction(1, 2)), 10**16)
    return -rounded if (one < 0) != (two < 0) else rounded
