"""Modules of the standard library that others import for what hardly ever happens, loaded when something is first asked of them.

asyncio imports `inspect` to word warnings and to name callbacks in its debug mode, `traceback` imports `linecache` (which brings
`tokenize`) to print one; `ssl` imports `base64` to write certificates as text, `socket` `selectors` to send files.
A command needs none of it, and importing it takes 10 of the 80 ms of CPU time that an action's imports take.
"""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec
from _thread import RLock
from types import ModuleType

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# Only what is written in Python can be loaded so, and only what has no __getattr__ of its own.
NAMES = (
    "inspect",
    "linecache",
    "textwrap",
    "ipaddress",
    "locale",
    "fnmatch",
    "base64",
    "selectors",
    "copy",
)


def defer(names: Iterable[str] = NAMES) -> None:
    """Let `import NAME` find a module that is still empty. What is imported already stays as it is.

    Called by the command alone: a program that uses Steersman as a library decides itself what it loads when.
    """
    for name in names:
        if name not in sys.modules:
            sys.modules[name] = _empty(name)


def _empty(name: str) -> ModuleType:
    """A module that fills itself when it is asked for an attribute that it has not got (PEP 562).

    (importlib.util.LazyLoader fills it with the second `import` already, since that looks at the module's `__spec__`.)
    """
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    lock = RLock()
    loading = False

    def fill(attribute: str) -> Any:
        nonlocal loading
        with lock:  # another thread waits until all is there
            if not loading and module.__dict__.get("__getattr__") is fill:
                loading = True
                _load(module)
                del module.__dict__["__getattr__"]
        try:
            return module.__dict__[attribute]
        except KeyError:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}") from None

    module.__dict__["__getattr__"] = fill
    return module


def _load(module: ModuleType) -> None:
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(module.__name__)
    assert spec is not None, "of the standard library"
    assert spec.loader is not None
    module.__dict__.update(__spec__=spec, __loader__=spec.loader, __file__=spec.origin, __cached__=spec.cached)
    spec.loader.exec_module(module)
