"""Reading one document: the plain ones by themselves, the others with libyaml."""

from __future__ import annotations

import sys
from math import isinf, isnan

from steersman.lazy import TYPE_CHECKING
from steersman.plain_yaml import NOT_PLAIN, NotPlain, read

from .jsonable import json_number_kind
from .scalars import HINTS, plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .builder import Numbers


def load(text: str | bytes, path: str = "", *, numbers: Numbers = "json", strict: bool = False) -> Any:
    """The first document of a YAML text as JSON-shaped data: dict, list, str, bool, None and numbers.

    `numbers` says which kinds of number come out:
    - "json": what Kubernetes' decoder makes of JSON: int where the number is whole and fits 64 bits, else float;
    - "float64": every number is a float, as in Go's `interface{}`: what templates see of values files and of `fromYaml`;
    - "yaml": int and float as written (1e3 is a float), as go-yaml itself decodes.

    `strict` refuses a key that stands twice in a mapping; else the last one wins, as in Helm's manifests and values.
    Raises YamlError: its text is Go's own message, its location has `path` and the line.
    """
    # Where PyYAML is imported already, it reads the plain ones as quickly.
    if "yaml" not in sys.modules and not strict and text.isascii():
        value = read(text if isinstance(text, str) else text.decode("ascii"), _SCALARS[numbers])
        if value is not NOT_PLAIN:
            return value
    from .reader import load as load_any

    return load_any(text, path, numbers=numbers, strict=strict)


def _scalar(convert: Callable[[int | float], int | float]) -> Callable[[str], Any]:
    def scalar(text: str) -> Any:
        if text[0] not in HINTS:
            return text
        value = plain(text)
        if value.__class__ is int:
            return convert(value)
        if isinstance(value, float):
            if isnan(value) or isinf(value):
                raise NotPlain
            return convert(value)
        return value

    return scalar


_SCALARS = {"json": _scalar(json_number_kind), "float64": _scalar(float), "yaml": _scalar(lambda number: number)}
