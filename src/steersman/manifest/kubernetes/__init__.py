"""What Kubernetes' own kinds look like: the condensed schema, which the embedded cluster and the review share."""

from __future__ import annotations

import importlib.resources
import json
import lzma
from typing import Any


def load_schema() -> dict[str, Any]:
    """The condensed document: `version`, `resources`, `definitions` (made by tools/kubernetes_schema.py).

    `definitions` is OpenAPI's, with $ref naming another definition.
    """
    data = importlib.resources.files(__name__).joinpath("schema.json.xz").read_bytes()
    document: dict[str, Any] = json.loads(lzma.decompress(data))
    return document
