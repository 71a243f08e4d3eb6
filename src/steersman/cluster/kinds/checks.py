"""Checks that many kinds share: numbers, names, ports, labels, selectors (apimachinery's validation packages, as of 1.36)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from steersman.cluster.kinds import names
from steersman.cluster.status import Cause, bad_value, forbidden_field, required, unsupported

Json = dict[str, Any]

PORTS = "must be between 1 and 65535, inclusive"
ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_NEGATIVE = "must be greater than or equal to 0"
_PERCENT = re.compile(r"[0-9]+%")
_PERCENT_RULE = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for "
    "validation is '[0-9]+%')"
)
_OPERATORS_WITH_VALUES = ("In", "NotIn")
_OPERATORS_WITHOUT = ("Exists", "DoesNotExist")


def not_negative(obj: Json, path: str, *keys: str) -> Iterator[Cause]:
    for key in keys:
        if (obj.get(key) or 0) < 0:
            yield bad_value(f"{path}.{key}", obj[key], NOT_NEGATIVE)


def one_of(obj: Json, path: str, key: str, allowed: tuple[str, ...]) -> Iterator[Cause]:
    """A field that, where it is set, has one of these values."""
    if obj.get(key) not in (None, *allowed):
        yield unsupported(f"{path}.{key}" if path else key, obj[key], allowed)


def port_number(value: int, path: str) -> Iterator[Cause]:
    if not 0 < value < 65536:
        yield bad_value(path, value, PORTS)


def port_name(value: str, path: str) -> Iterator[Cause]:
    for wrong in names.port_name(value):
        yield bad_value(path, value, wrong)


def port(value: Any, path: str) -> Iterator[Cause]:
    """A number or a name."""
    yield from port_name(value, path) if isinstance(value, str) else port_number(int(value or 0), path)


def address(value: str, path: str) -> Iterator[Cause]:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        yield bad_value(path, value, ADDRESS)


def labels(found: Json, path: str) -> Iterator[Cause]:
    for key, value in found.items():
        for wrong in names.qualified_problems(key):
            yield bad_value(path, key, wrong)
        if wrong := names.label_value(value):
            yield bad_value(path, value, wrong)


def label_selector(selector: Json, path: str) -> list[Cause]:
    causes = list(labels(selector.get("matchLabels") or {}, f"{path}.matchLabels"))
    for index, requirement in enumerate(selector.get("matchExpressions") or ()):
        at = f"{path}.matchExpressions[{index}]"
        operator, values = requirement.get("operator", ""), requirement.get("values") or ()
        if operator in _OPERATORS_WITH_VALUES:
            if not values:
                causes.append(required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
        elif operator in _OPERATORS_WITHOUT:
            if values:
                detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                causes.append(forbidden_field(f"{at}.values", detail))
        else:
            causes.append(bad_value(f"{at}.operator", operator, "not a valid selector operator"))
        causes += [bad_value(f"{at}.key", requirement.get("key", ""), wrong)
                   for wrong in names.qualified_problems(requirement.get("key", ""))]  # fmt: skip
        for number, value in enumerate(values):
            if wrong := names.label_value(value):
                causes.append(bad_value(f"{at}.values[{number}]", value, wrong))
    return causes


def count_or_percent(value: Any, path: str) -> Iterator[Cause]:
    if isinstance(value, str):
        if not _PERCENT.fullmatch(value):
            yield bad_value(path, value, _PERCENT_RULE)
    elif value < 0:
        yield bad_value(path, value, NOT_NEGATIVE)


def at_most_all(value: Any, path: str) -> Iterator[Cause]:
    if isinstance(value, str) and _PERCENT.fullmatch(value) and int(value[:-1]) > 100:
        yield bad_value(path, value, "must not be greater than 100%")


def zero(value: Any) -> bool:
    """Of a count or a percentage."""
    return value in (0, "0%")


def descending_path(value: str, path: str) -> Iterator[Cause]:
    """A path that stays below where it starts."""
    if value.startswith("/"):
        yield bad_value(path, value, "must be a relative path")
    if ".." in value.split("/"):
        yield bad_value(path, value, "must not contain '..'")
