"""Compiling and evaluating expressions, by the library `common-expression-language` (cel-rust)."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from steersman.cluster.cel.library import FUNCTIONS

# What the language itself has; any other function is Kubernetes' (in `library`) or unknown here.
_OWN = frozenset(
    {"matches", "size", "contains", "startsWith", "endsWith", "int", "uint", "double", "string", "bytes", "bool", "dyn",
     "type", "duration", "timestamp", "getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate",
     "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds", "in", "has", "all", "exists",
     "exists_one", "map", "filter"}
)  # fmt: skip


class CelUnknown(Exception):
    """The expression uses what cannot be evaluated here; `str()` names it."""


class CelError(Exception):
    """The evaluation failed; `str()` says why, in the words of cel-go where those are known."""


@cache
def _library() -> Any:
    """The extension module alone: its package would import a command line with it, which takes ten times as long."""
    found = importlib.util.find_spec("cel")
    if found is None or not found.submodule_search_locations:
        return None
    suffixes = tuple(importlib.machinery.EXTENSION_SUFFIXES)
    for path in Path(next(iter(found.submodule_search_locations))).glob("cel.*"):
        if path.name.endswith(suffixes):
            loader = importlib.machinery.ExtensionFileLoader("cel", str(path))
            spec = importlib.util.spec_from_file_location("cel", path, loader=loader)
            assert spec is not None
            module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
            return module
    return None


def available() -> bool:
    return _library() is not None


class Expression:
    """One compiled expression."""

    def __init__(self, program: Any) -> None:
        self._program = program

    def evaluate(self, variables: dict[str, Any]) -> Any:
        """Raises CelError."""
        context = _library().Context(variables=variables, functions=FUNCTIONS)
        try:
            return self._program.execute(context)
        except KeyError as error:
            raise CelError(f"no such key: {str(error.args[0]).strip(chr(39))}") from None
        except IndexError as error:
            raise CelError(str(error)) from None
        except ZeroDivisionError:
            raise CelError("division by zero") from None
        except TypeError:
            raise CelError("no such overload") from None
        except (RuntimeError, ValueError, OverflowError) as error:
            raise CelError(str(error).partition(". Check")[0]) from None


@cache
def compile_expression(text: str) -> Expression:
    """Raises CelUnknown."""
    try:
        program = _library().compile(text)
    except ValueError as error:
        raise CelUnknown(_syntax(str(error))) from None
    unknown = [name for name in program.functions() if not _known(name)]
    if unknown:
        raise CelUnknown(f"the function {unknown[0]}")
    return Expression(program)


def message(rule: dict[str, Any], variables: dict[str, Any], *, key: str) -> str:
    """What a rule that does not hold says: its `messageExpression`, its `message`, or the expression in field `key` itself."""
    if expression := rule.get("messageExpression"):
        try:
            found = compile_expression(expression).evaluate(variables)
        except (CelUnknown, CelError):
            found = None
        if isinstance(found, str) and found.strip() and "\n" not in found:
            return found
    given = str(rule.get("message") or "").strip()
    return given or f"failed {key}: {str(rule.get(key, '')).strip()}"


def _known(name: str) -> bool:
    return name in _OWN or name in FUNCTIONS or not name[:1].isalpha()


def _syntax(message: str) -> str:
    """The first line of what the parser says, from the position on."""
    return message.partition("<input>:")[2].partition("\n")[0] or message.partition("\n")[0]
