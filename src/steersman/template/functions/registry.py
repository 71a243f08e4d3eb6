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

from steersman.lazy import TYPE_CHECKING
from steersman.template.failures import FunctionError
from steersman.template.functions.themes import THEME_OF
from steersman.template.signature import ANY, Signature, parse_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, KeysView
    from typing import Any, Protocol, TypeVar

    AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])

    class Functions(Protocol):
        """Functions by name: what templates are parsed and compiled against."""

        def __getitem__(self, name: str, /) -> Function: ...

        def __contains__(self, name: object, /) -> bool: ...

        def __iter__(self) -> Iterator[str]: ...


__all__ = ["FUNCTIONS", "Function", "FunctionError", "FunctionTable", "Layers", "add", "function"]


class Function:
    """What a template can call by `name`: the callable and its Go signature."""

    __slots__ = ("call", "name", "signature")

    def __init__(self, name: str, call: Callable[..., Any], signature: Signature) -> None:
        self.name = name
        self.call = call
        self.signature = signature


class FunctionTable:
    """All functions by name. Looking one up imports the module that defines it."""

    def __init__(self) -> None:
        self._loaded: dict[str, Function] = {}

    def __getitem__(self, name: str) -> Function:
        known = self._loaded.get(name)
        if known is None:
            __import__(
                f"steersman.template.functions.{THEME_OF[name]}"
            )  # importlib itself takes longer than most themes
            known = self._loaded[name]
        return known

    def __contains__(self, name: object) -> bool:
        return name in THEME_OF or name in self._loaded

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self) -> KeysView[str]:
        return dict.fromkeys((*THEME_OF, *self._loaded)).keys()

    def add(self, function: Function) -> None:
        self._loaded[function.name] = function


FUNCTIONS = FunctionTable()


class Layers:
    """Several tables as one: a name means what the first table that has it says."""

    def __init__(self, *tables: Functions) -> None:
        self._tables = tables
        self._names = frozenset(name for table in tables for name in table)

    def __getitem__(self, name: str) -> Function:
        for table in self._tables:
            if name in table:
                return table[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)


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
