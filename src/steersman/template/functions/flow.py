"""Failing on purpose, and what a run is given from outside: `fail`, `required`, `lookup`, `getHostByName`.

These are the functions for rendering without a cluster and without DNS. Whoever renders otherwise puts others in their place:
`for_run`.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.record import record
from steersman.template.functions.registry import FUNCTIONS, Function, FunctionError, function

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Lookup = Callable[[str, str, str, str], dict[str, Any]]


class UserFailure(FunctionError):
    """The chart's author says why. The marks are Helm's: by them it finds the message, to show it without all around it."""

    def __init__(self, message: str) -> None:
        super().__init__(f"HELM_ERR_START{message}HELM_ERR_END")


@function("fail", "string", "string")
def fail(message: str) -> str:
    raise UserFailure(message)


@function("required", "string, any", "any")
def required(message: str, value: object) -> Any:
    """The value, unless it is nil or an empty string."""
    if value is None or value == "":
        raise UserFailure(message)
    return value


@function("lookup", "string, string, string, string", "map[string]interface {}")
def lookup(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Nothing: there is no cluster to ask."""
    return {}


@function("getHostByName", "string", "string")
def get_host_by_name(name: str) -> str:
    """Nothing, because DNS is not enabled."""
    return ""


# --- other ways to run ---------------------------------------------------------------------------------------------


@record(frozen=True)
class RunOptions:
    """`lookup` asks a cluster: (apiVersion, kind, namespace, name) → object, list, or empty. `dns` allows DNS queries.
    `lint` makes missing values no error; `tell` is then told of them: (how grave, what, the chart's own message)."""

    lookup: Lookup | None = None
    dns: bool = False
    lint: bool = False
    tell: Callable[[str, str, str], None] = lambda level, what, message: None


def for_run(options: RunOptions) -> dict[str, Function]:
    """The functions that differ from the table's under these options, by name."""
    replaced: dict[str, Function] = {}

    def replace(name: str, call: Callable[..., Any]) -> None:
        replaced[name] = Function(name, call, FUNCTIONS[name].signature)

    if options.lint:
        tell = options.tell

        def required_in_lint(message: str, value: object) -> Any:
            if value is None or value == "":
                tell("WARN", "missing required value" if value is None else "missing required values", message)
                return ""
            return value

        def fail_in_lint(message: str) -> str:
            tell("INFO", "funcMap fail", message)
            return ""

        replace("required", required_in_lint)
        replace("fail", fail_in_lint)
    elif options.lookup is not None:
        replace("lookup", options.lookup)
    if options.dns:
        replace("getHostByName", _resolve)
    return replaced


def _resolve(name: str) -> str:
    """One of the host's addresses. Raises FunctionError as Go's run time does where there is none."""
    import random
    import socket

    try:
        addresses = sorted({str(entry[4][0]) for entry in socket.getaddrinfo(name, None)})
    except OSError:
        addresses = []
    if not addresses:
        raise FunctionError("invalid argument to Intn")
    return random.choice(addresses)
