"""Calls that become Python operators or literals instead of function calls: the ones that charts are full of.

Each takes the compiler, the function's name in the template, the command that errors name and the checked arguments, and gives
None where the plain call is needed after all. They mean what Helm's functions of these names mean: a table of functions that has
others under such a name is not asked.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.expressions import Expression
from steersman.template.gofmt import simple_plan
from steersman.template.nodes import Command, Identifier, Node
from steersman.template.operands import Operands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Inline = Callable[[Operands, Identifier, Node, Sequence[Expression]], Expression | None]


def _and(_: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression:
    return Expression(f"({' and '.join(value.code for value in values)})", element=True)


def _or(_: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression:
    return Expression(f"({' or '.join(value.code for value in values)})", element=True)


def _not(_: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression:
    return Expression(f"(not {values[0].code})", "bool")


def _compare_with_text(operator: str) -> Inline:
    """`eq x "text"`: most of all comparisons."""

    def inline(
        compiler: Operands, identifier: Identifier, command: Node, values: Sequence[Expression]
    ) -> Expression | None:
        if len(values) != 2 or not any(value.type == "string" and value.simple for value in values):
            return None
        left, right = values
        if not (right.type == "string" and right.simple):
            left, right = right, left
        if left.type == "string":
            return Expression(f"({left.code} {operator} {right.code})", "bool")
        name = compiler.temporary()
        held = left.coded(name)
        ordered = [held, right] if left is values[0] else [right, held]
        slow = compiler.plain_call(identifier.name, command, ordered)
        fast = f"{name} {operator} {right.code}"
        return Expression(f"({fast} if type({name} := {left.code}) is str else {slow.code})", "bool")

    return inline


def _default(_: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression | None:
    if len(values) != 2 or not values[0].simple:
        return None
    return Expression(f"({values[1].code} or {values[0].code})", element=True)


def _list(_: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression:
    return Expression(f"[{', '.join(value.code for value in values)}]", "[]interface {}")


def _dict(_: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression | None:
    if len(values) % 2 or not all(key.type == "string" for key in values[::2]):
        return None
    pairs = zip(values[::2], values[1::2], strict=True)
    return Expression(
        f"{{{', '.join(f'{key.code}: {value.code}' for key, value in pairs)}}}", "map[string]interface {}"
    )


def _call(compiler: Operands, identifier: Identifier, command: Node, values: Sequence[Expression]) -> Expression:
    """`call` names the source of what it was given instead of a function."""
    source = str(command.operands[1]) if isinstance(command, Command) and len(command.operands) > 1 else ""
    return compiler.plain_call(identifier.name, command, [Expression(repr(source)), *values])


def _include(compiler: Operands, identifier: Identifier, command: Node, values: Sequence[Expression]) -> Expression:
    """`include` and `tpl` belong to the running render, not to the table of functions."""
    call = compiler.plain_call(identifier.name, command, values)
    return call.coded(call.code.replace("f_", "ctx.", 1))


def _len(compiler: Operands, identifier: Identifier, command: Node, values: Sequence[Expression]) -> Expression | None:
    value = values[0]
    if value.start:
        call = compiler.plain_call(identifier.name, command, [*values, Expression(value.start)])
        return call.coded(call.code.replace("f_len", "length_of_chain", 1))
    call = compiler.plain_call(identifier.name, command, values)
    return call if value.element else call.coded(call.code.replace("f_len", "length_of_value", 1))


def _printf(compiler: Operands, _name: Identifier, _command: Node, values: Sequence[Expression]) -> Expression | None:
    form, *operands = values
    if not form.simple or form.code[:1] not in "'\"":
        return None
    plan = simple_plan(form.code[1:-1] if "\\" not in form.code else _literal(form.code))
    if plan is None or plan[2] != len(operands):
        return None
    steps, tail, _ = plan
    python_format = ""
    codes = []
    remaining = iter(operands)
    for literal, verb in steps:
        python_format += literal
        if verb == "%":
            python_format += "%%"
            continue
        python_format += "%s"
        codes.append(_formatted(compiler, next(remaining), verb))
    python_format += tail
    if not codes:
        return Expression(repr(python_format % ()), "string", simple=True)
    return compiler.bounded(Expression(f"({python_format!r} % ({', '.join(codes)},))", "string"))


def _formatted(compiler: Operands, value: Expression, verb: str) -> str:
    if verb in "sv":
        if value.type == "string":
            return value.code
        name = compiler.temporary()
        return f"({name} if type({name} := {value.code}) is str else format_operand({name}, {verb!r}))"
    return f"format_operand({value.code}, {verb!r})"


def _literal(code: str) -> str:
    from ast import literal_eval

    return str(literal_eval(code))


INLINE: dict[str, Inline] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "eq": _compare_with_text("=="),
    "ne": _compare_with_text("!="),
    "default": _default,
    "list": _list,
    "tuple": _list,
    "dict": _dict,
    "include": _include,
    "tpl": _include,
    "call": _call,
    "len": _len,
    "printf": _printf,
}
