"""YAML as Helm reads and writes it: `reader` and `builder` read, `writer` and `text` write, `scalars` is shared.

Reading and writing are imported when they are first asked for: most starts need only one of them, or neither.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .reader import load, load_all
    from .writer import dump, dump_pretty

__all__ = ["dump", "dump_pretty", "load", "load_all"]

_HOME = {"dump": ".writer", "dump_pretty": ".writer", "load": ".reader", "load_all": ".reader"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(name)
    found = globals()[name] = getattr(import_module(_HOME[name], __name__), name)
    return found
