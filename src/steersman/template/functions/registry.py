"""The table of template functions by their Helm name.

A function is a plain Python callable. The compiled template checks the arguments against the declared Go signature before it
calls, so that the callable can rely on its types: a `string` is a str, an `int` a plain int, an `int64` an `Int64`, a
`map[string]interface {}` a dict, an `interface {}` anything. A map, slice or pointer parameter can be None where a template
passes nil.

    @function("trunc", "int, string", returns="string")
    def trunc(width: int, text: str) -> str: ...

The table knows all names at once but imports a module of functions only when one of its functions is looked up: see `themes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from steersman.template.failures import FunctionError
from steersman.template.functions.themes import THEME_OF
from steersman.template.signature import ANY, Signature, parse_signature

__all__ = ["FUNCTIONS", "Function", "FunctionError", "add", "function"]

AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])


class Function(NamedTuple):
    name: str
    call: Callable[..., Any]
    signature: Signature


class FunctionTable(Mapping[str, Function]):
    """All functions by name. Looking one up imports the module that defines it."""

    def __init__(self) -> None:
        self._loaded: dict[str, Function] = {}

    def __getitem__(self, name: str) -> Function:
        known = self._loaded.get(name)
        if known is None:
            import_module(f"steersman.template.functions.{THEME_OF[name]}")
            known = self._loaded[name]
        return known

    def __contains__(self, name: object) -> bool:
        return name in THEME_OF or name in self._loaded

    def __iter__(self) -> Iterator[str]:
        return iter(THEME_OF | self._loaded)

    def __len__(self) -> int:
        return len(THEME_OF | self._loaded)

    def add(self, function: Function) -> None:
        self._loaded[function.name] = function


FUNCTIONS = FunctionTable()


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
        FUNCTIONS.add(Function(each, call, signature))
