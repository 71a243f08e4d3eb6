"""YAML as Helm reads and writes it: `reader` and `builder` read, `writer` and `text` write, `scalars` is shared."""

from .reader import load, load_all
from .writer import dump, dump_pretty

__all__ = ["dump", "dump_pretty", "load", "load_all"]
