"""The table of template functions by their Helm name.

A function is a plain Python callable. The compiled template checks the arguments against the declared Go signature before it
calls, so that the callable can rely on its types: a `string` is a str, an `int` a plain int, an `int64` an `Int64`, a
`map[string]interface {}` a dict, an `interface {}` anything. A map, slice or pointer parameter can be None where a template
passes nil.

    @function("trunc", "int, string", returns="string")
    def trunc(width: int, text: str) -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from steersman.template.signature import ANY, Signature, parse_signature

AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])


class FunctionError(Exception):
    """What a function fails with. The message is what Go's function puts into its error (or panic), without the
    `error calling NAME:` that the runtime adds."""


class Function(NamedTuple):
    name: str
    call: Callable[..., Any]
    signature: Signature


FUNCTIONS: dict[str, Function] = {}


def function(name: str, args: str = "", returns: str = ANY, *aliases: str) -> Callable[[AnyCallable], AnyCallable]:
    """Register the decorated callable under `name` and `aliases`, with its Go signature (see `signature`)."""

    def register(call: AnyCallable) -> AnyCallable:
        add(name, call, args, returns, *aliases)
        return call

    return register


def add(name: str, call: Callable[..., Any], args: str = "", returns: str = ANY, *aliases: str) -> None:
    """Register a callable that exists already; what `function` does, as a plain call."""
    signature = parse_signature(args, returns)
    for each in (name, *aliases):
        FUNCTIONS[each] = Function(each, call, signature)
