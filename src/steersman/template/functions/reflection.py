"""What kind of value: Go's type and kind by name."""

from __future__ import annotations

from steersman.template.functions.registry import add, function
from steersman.template.values import kind, type_name

add("typeOf", type_name, "any", "string")
add("kindOf", kind, "any", "string")


@function("typeIs", "string, any", "bool")
def type_is(name: str, value: object) -> bool:
    return name == type_name(value)


@function("typeIsLike", "string, any", "bool")
def type_is_like(name: str, value: object) -> bool:
    """Like `typeIs`, but a pointer will do for the type that it points to."""
    return type_name(value) in (name, "*" + name)


@function("kindIs", "string, any", "bool")
def kind_is(name: str, value: object) -> bool:
    return name == kind(value)
