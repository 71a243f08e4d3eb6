"""The review rules: a module each, named after the rule (dashes as underscores), holding it as `RULE`."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from steersman.review.model import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule there is, by id."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").RULE for name in names)
