"""Go signatures of functions and methods: what a call is checked against, and what its error text names.

A signature is written as Go writes it, without parameter names: `"int, string"`, `"string, ...interface {}"`. `any` stands for
`interface {}`.
"""

from __future__ import annotations

ANY = "interface {}"


class Signature:
    """`params` holds Go type names; of a variadic function the last one is the element type of the rest.

    `returns` is the Go type of the result; `interface {}` where it differs from call to call.
    """

    __slots__ = ("params", "returns", "variadic")

    def __init__(self, params: tuple[str, ...], variadic: bool = False, returns: str = ANY) -> None:
        self.params = params
        self.variadic = variadic
        self.returns = returns


def parse_signature(args: str, returns: str = ANY) -> Signature:
    """Read `args`, a comma-separated list of Go types whose last may begin with `...`.

    Raises ValueError for a `...` that is not in front of the last type.
    """
    params = [_type_name(part) for part in args.split(",")] if args.strip() else []
    variadic = bool(params) and params[-1].startswith("...")
    if variadic:
        params[-1] = _type_name(params[-1][3:])
    if any(param.startswith("...") for param in params):
        raise ValueError(f"only the last parameter can be variadic: {args}")
    return Signature(tuple(params), variadic, _type_name(returns))


def _type_name(text: str) -> str:
    return text.strip().replace("interface{}", ANY).replace("any", ANY)
