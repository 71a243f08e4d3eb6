"""From numbers as YAML writes them to what sigs.k8s.io/yaml makes of them: JSON numbers, or text where text is wanted."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

from .numbers import INT64_MAX, INT64_MIN, format_g32, json_number

if TYPE_CHECKING:
    from typing import Any


def json_number_kind(value: float) -> int | float:
    """The number as Kubernetes' decoder has it after a way through JSON: a whole one is an int if 64 bits hold it."""
    if isinstance(value, int):
        return value if value <= INT64_MAX else float(value)
    if not value.is_integer() or abs(value) >= 1e21:
        return value
    whole = int(json_number(value))
    return whole if INT64_MIN <= whole <= INT64_MAX else value


def json_numbers(value: Any) -> Any:
    """The value read with numbers="yaml" as if it had been read with numbers="json"."""
    if isinstance(value, dict):
        return {key: json_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_numbers(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return json_number_kind(value)
    return value


def string_of(value: Any) -> str | None:
    """The text that a scalar becomes where Go's target is a string; None where it becomes none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return format_g32(value)
    return None
