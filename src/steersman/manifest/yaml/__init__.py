"""YAML as Helm reads and writes it: `loading`, `reader` and `builder` read, `writer` and `text` write, `scalars` is shared.

Reading and writing are imported when they are first asked for: most starts need only one of them, or neither.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from .loading import load
    from .reader import load_all
    from .writer import dump, dump_pretty

__all__ = ["dump", "dump_pretty", "load", "load_all"]


def __getattr__(name: str) -> Any:
    if name == "load":
        from .loading import load

        globals().update(load=load)
    elif name == "load_all":
        from .reader import load_all

        globals().update(load_all=load_all)
    elif name in ("dump", "dump_pretty"):
        from .writer import dump, dump_pretty

        globals().update(dump=dump, dump_pretty=dump_pretty)
    else:
        raise AttributeError(name)
    return globals()[name]
