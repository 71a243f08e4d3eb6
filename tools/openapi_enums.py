"""Make cluster/schema/data/enums.json: which values the fields of built-in kinds may have, as OpenAPI v3 lists them.

`openapi_enums.py DOCUMENT…` reads recorded documents of a running API server (`/openapi/v3/api/v1` and so on); the OpenAPI v2
that all else is made from (`kubernetes_schema.py`) has no such lists.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ENUMS = Path(__file__).resolve().parent.parent / "src" / "steersman" / "cluster" / "schema" / "data" / "enums.json"


def main(documents: list[Path]) -> None:
    found: Json = {}
    for document in documents:
        for name, schema in json.loads(document.read_text())["components"]["schemas"].items():
            for field, about in schema.get("properties", {}).items():
                inner = about.get("items") or about.get("additionalProperties") or about
                if values := inner.get("enum"):
                    found.setdefault(name, {})[field] = values
    ENUMS.write_text(json.dumps(dict(sorted(found.items())), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
