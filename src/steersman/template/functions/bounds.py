"""What Go's run time says when a function is used beyond its bounds, and the bounds that this engine adds to Go's."""

from __future__ import annotations

from steersman.template.functions.registry import FunctionError

# Go would allocate whatever is asked for. A template that asks one function for more than this is a mistake or an attack.
MAX_TEXT = 256 * 1024 * 1024
MAX_ITEMS = 16 * 1024 * 1024

NIL_POINTER = "runtime error: invalid memory address or nil pointer dereference"


def nil_pointer() -> FunctionError:
    return FunctionError(NIL_POINTER)


def bounded(kind: str, wanted: int, limit: int) -> None:
    """Raise FunctionError if a function would make more than `limit` of `kind` (`"bytes"`, `"items"`)."""
    if wanted > limit:
        raise FunctionError(f"would make {wanted} {kind}, more than the {limit} that one call may make")
