"""What Kubernetes' own kinds look like: the condensed schema, which the embedded cluster and the review share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load_schema() -> dict[str, Any]:
    """The condensed document: `version`, `resources`, `definitions` (made by tools/kubernetes_schema.py).

    `definitions` is OpenAPI's, with $ref naming another definition.
    """
    import lzma

    data = Path(__file__).with_name("schema.json.xz").read_bytes()
    document: dict[str, Any] = json.loads(lzma.decompress(data))
    return document
