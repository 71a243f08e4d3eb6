"""`python -m bench [render|cluster|lifecycle …]`: run the benchmarks that are there and print their tables.

Every module of this package but the helpers is one benchmark: it offers `run() -> Iterator[Table]`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

HELPERS = {"__init__", "__main__", "tables", "processes", "peers"}


def main(names: Sequence[str]) -> int:
    folder = Path(__file__).resolve().parent
    known = sorted(path.stem for path in folder.glob("*.py") if path.stem not in HELPERS)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or known:
        for table in importlib.import_module(f"bench.{name}").run():
            print(table, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
