"""Defaults: what counts as empty, and the choice between values."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.functions.registry import function
from steersman.template.values import GoObject, kind

if TYPE_CHECKING:
    from typing import Any


@function("empty", "any", "bool")
def empty(value: object) -> bool:
    """nil, false, zero, and what has no elements; a struct never is."""
    if isinstance(value, GoObject):
        return kind(value) not in ("struct", "ptr") and not value
    return not value


@function("default", "any, ...any", "any")
def default(fallback: object, *given: object) -> Any:
    if not given or empty(given[0]):
        return fallback
    return given[0]


@function("coalesce", "...any", "any")
def coalesce(*values: object) -> Any:
    return next((value for value in values if not empty(value)), None)


@function("all", "...any", "bool")
def all_(*values: object) -> bool:
    return not any(empty(value) for value in values)


@function("any", "...any", "bool")
def any_(*values: object) -> bool:
    return not all(empty(value) for value in values)


@function("ternary", "any, any, bool", "any")
def ternary(if_true: object, if_false: object, condition: bool) -> Any:
    return if_true if condition else if_false
