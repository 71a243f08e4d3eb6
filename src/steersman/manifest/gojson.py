"""JSON as Go's encoding/json writes it: on one line, with what HTML could misread escaped."""

from __future__ import annotations

from steersman import plain_json
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_ESCAPED = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def dumps(data: Any) -> str:
    """Keys stay in their order, as those of Go's structs do."""
    return plain_json.dumps(data, ensure_ascii=False).translate(_ESCAPED)
