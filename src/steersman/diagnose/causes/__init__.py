"""The causes that are known, each in a file of its own with a function `find(facts) -> Diagnosis | None`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from steersman.diagnose.reading import Cause


@cache
def causes() -> tuple[Cause, ...]:
    """Every `find` of this package; a new file is a new cause."""
    return tuple(import_module(f"{__name__}.{info.name}").find for info in pkgutil.iter_modules(__path__))
