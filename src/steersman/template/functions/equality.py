"""reflect.DeepEqual: values are equal only if their Go types are."""

from __future__ import annotations

from steersman.template.functions.nil import is_nil
from steersman.template.functions.registry import function
from steersman.template.values import GoObject, type_name


@function("deepEqual", "any, any", "bool")
def deep_equal(one: object, two: object) -> bool:
    if type(one) is not type(two) and type_name(one) != type_name(two):
        return False
    if isinstance(one, list) and isinstance(two, list):
        if one is two:
            return True
        return (
            len(one) == len(two)
            and is_nil(one) == is_nil(two)
            and all(deep_equal(first, second) for first, second in zip(one, two, strict=True))
        )
    if isinstance(one, dict) and isinstance(two, dict):
        if one is two:
            return True
        return (
            len(one) == len(two)
            and is_nil(one) == is_nil(two)
            and all(key in two and deep_equal(value, two[key]) for key, value in one.items())
        )
    if isinstance(one, GoObject) and isinstance(two, GoObject) and type(one).__eq__ is object.__eq__:
        return one is two or all(
            deep_equal(getattr(one, attribute), getattr(two, attribute)) for attribute in one.go_fields.values()
        )
    return one == two
