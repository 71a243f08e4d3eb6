"""Pipelines, commands and operands → Python expressions, with the checks that Go makes of arguments.

Each expression may contain markers (see `compiler`), so it has to stand inside of parentheses.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.access import can_be_nil, count_problem
from steersman.template.expressions import Expression, Scope, Site, last_evaluated
from steersman.template.limits import MAX_TEXT
from steersman.template.literals import looks_like_float
from steersman.template.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Node,
    Number,
    Operand,
    Pipe,
    String,
    Variable,
)
from steersman.template.signature import ANY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, ClassVar

    from steersman.template.access import Constant
    from steersman.template.functions.registry import Functions

# Methods of common.Values, a dict whose keys hide them from a plain lookup.
_METHODS_OF_VALUES = frozenset(("AsMap", "Encode", "PathValue", "Table", "YAML"))

# How to see at once that a value has a Go type: its exact Python class.
_EXACT_CLASS = {
    "string": "str",
    "int": "int",
    "bool": "bool",
    "float64": "float",
    "int64": "Int64",
    "[]interface {}": "list",
    "map[string]interface {}": "dict",
}
_MOST_NESTED_STAGES = 6
_SIGNED = frozenset(("int", "int8", "int16", "int32", "int64"))
_UNSIGNED = frozenset(("uint", "uint8", "uint16", "uint32", "uint64"))


class Operands:
    """The part of the compiler that makes expressions. `dot` and `scope` are where it is at the moment."""

    dot: Expression
    scope: Scope
    inline: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, functions: Functions, strict: bool) -> None:
        self.functions = functions
        self.strict = strict
        self.sites: list[Site] = []
        self._temporaries = 0
        self._dots = 0

    # --- names and markers ----------------------------------------------------------------------------------------

    def temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def new_dot(self) -> str:
        self._dots += 1
        return f"d{self._dots}"

    def mark_site(self, site: Site, code: str) -> str:
        self.sites.append(site)
        return f"#@{len(self.sites) - 1}\n{code}"

    def mark(self, node: Node, code: str) -> str:
        return self.mark_site(Site(node), code)

    def fail(self, node: Node, message: str) -> Expression:
        return Expression(self.mark(node, f"fail({message!r})"))

    # --- pipelines ------------------------------------------------------------------------------------------------

    def pipe_value(self, pipe: Pipe) -> Expression:
        """A pipeline and the assignment of its value to the variables that it declares or sets."""
        value = self.pipe(pipe)
        if pipe.declared:
            value = self.bounded(value)
        for variable in pipe.declared:
            if pipe.is_assignment:
                known = self.scope.find(variable.name)
                if known is None:
                    return self.fail(last_evaluated(pipe), f"undefined variable: {variable.name}")
                target = known.code
            else:
                target = self.scope.declare(variable.name)
            value = Expression(f"({target} := {value.code})", value.type)
        return value

    def pipe(self, pipe: Pipe) -> Expression:
        """The value of a pipeline. One of many stages is no nest of calls but a row: Python's nesting is limited."""
        value: Expression | None = None
        before: Node = pipe
        stages: list[str] = []
        for command in pipe.commands:
            value = self._command(command, value, before)
            if value.element:
                value = Expression(value.code, value.type, simple=value.simple, items=value.items)
            before = last_evaluated(command)
            if len(pipe.commands) > _MOST_NESTED_STAGES:
                name = self.temporary()
                stages.append(f"{name} := {value.code}")
                value = Expression(name, value.type, simple=True)
        assert value is not None
        return Expression(f"({', '.join(stages)})[-1]", value.type, items=value.items) if stages else value

    def bounded(self, value: Expression) -> Expression:
        """A text that is going to be kept: what doubles a text over and over has to stop somewhere."""
        if value.type != "string" or value.simple:
            return value
        name = self.temporary()
        return value.coded(f"({name} if len({name} := {value.code}) < {MAX_TEXT} else too_long())")

    def _command(self, command: Command, final: Expression | None, before: Node) -> Expression:
        """`final` is what comes through the pipe; `before` is the node that was visited last."""
        first, *arguments = command.operands
        if isinstance(first, Identifier):
            return self.call(first, command, arguments, final)
        if isinstance(first, Field | Chain | Variable) and not (isinstance(first, Variable) and not first.fields):
            return self._fields(first, arguments, final)
        if arguments or final is not None:
            return self.fail(
                before if isinstance(first, Pipe) else first, f"can't give argument to non-function {first}"
            )
        if isinstance(first, Nil):
            return self.fail(first, "nil is not a command")
        return self.operand(first)

    # --- operands -------------------------------------------------------------------------------------------------

    def operand(self, node: Operand) -> Expression:
        """An operand where any type will do."""
        if isinstance(node, Dot):
            dot = self.dot
            return Expression(dot.code, dot.type, dot.element, simple=True, items=dot.items)
        if isinstance(node, Field | Chain):
            return self._fields(node)
        if isinstance(node, Variable):
            if node.fields:
                return self._fields(node)
            return self._variable(node)
        if isinstance(node, Pipe):
            return self.pipe_value(node)
        if isinstance(node, Identifier):
            return self.call(node, node, (), None)
        if isinstance(node, String):
            return Expression(repr(node.value), "string", simple=True)
        if isinstance(node, Bool):
            return Expression(repr(node.value), "bool", simple=True)
        if isinstance(node, Number):
            return self._number(node)
        return Expression("None", element=True, simple=True)

    def _variable(self, node: Variable) -> Expression:
        known = self.scope.find(node.name)
        return known if known is not None else self.fail(node, f"undefined variable: {node.name}")

    def _number(self, node: Number) -> Expression:
        if node.as_complex is not None:
            return Expression(repr(node.as_complex), "complex128", simple=True)
        if looks_like_float(node):
            return Expression(f"({node.as_float!r})", "float64", simple=True)
        if node.as_int is None:
            return self.fail(node, f"{node.text} overflows int")
        return Expression(f"({node.as_int})", "int", simple=True)

    # --- fields ---------------------------------------------------------------------------------------------------

    def _fields(
        self,
        node: Field | Chain | Variable,
        arguments: Sequence[Operand] = (),
        final: Expression | None = None,
    ) -> Expression:
        if isinstance(node, Field):
            base, names, path = self.dot, node.names, ""
        elif isinstance(node, Variable):
            base, names, path = self._variable(node), node.fields, node.name
        elif isinstance(node.operand, Nil):
            return self.fail(node, f"indirection through explicit nil in {node}")
        else:
            base, names, path = self.operand(node.operand), node.fields, str(Chain(0, node.operand, []))
        named = last_evaluated(node)
        if arguments or final is not None:
            receiver = self._chain(base, names[:-1], named, path, node)
            return self._method(receiver, names[-1], node, arguments, final, path)
        return self._chain(base, names, named, path, node)

    def _chain(
        self, base: Expression, names: Sequence[str], node: Node, path: str, whole: Node | None = None
    ) -> Expression:
        if not names:
            return base
        start, name = base.code, base.code
        if not name.isidentifier():
            name = self.temporary()
            start = f"({name} := {base.code})"
        site = Site(node, base=name, names=names, element=base.element, path=path, items=base.items)
        site.arguments = [whole or node]
        if self.strict or not _METHODS_OF_VALUES.isdisjoint(names):
            if start != name:
                start = f"({start}, {name})[1]"
            options = f"element={base.element}, strict={self.strict}, path={path!r}"
            return Expression(self.mark_site(site, f"walk({start}, {tuple(names)!r}, {options})"), element=True)
        steps = "".join(f".get({each!r})" for each in names)
        if base.element:
            return Expression(self.mark_site(site, start + steps), element=True)
        return Expression(
            f"(None if {start} is None else {self.mark_site(site, name + steps)})", element=True, start=name
        )

    def _method(
        self,
        receiver: Expression,
        name: str,
        node: Node,
        arguments: Sequence[Operand],
        final: Expression | None,
        path: str,
    ) -> Expression:
        codes = [self.operand(argument).code for argument in arguments]
        if final is not None:
            codes.append(final.code)
        named = last_evaluated(node)
        nodes = [last_evaluated(argument) for argument in arguments]
        site = Site(named, function=name, arguments=[*nodes, nodes[-1] if nodes else named, node], path=path)
        element = f"{receiver.start} is not None" if receiver.start else str(receiver.element)
        if receiver.items and receiver.element:
            element = f"not isinstance({receiver.items}, Counting)"
        constants = {
            position: _constant(argument)
            for position, argument in enumerate(arguments)
            if isinstance(argument, Number | Nil | String | Bool)
        }
        more = f", constants={constants!r}" if constants else ""
        call = f"call_method({receiver.code}, {name!r}, ({', '.join(codes)},), element={element}{more})"
        return Expression(self.mark_site(site, call))

    # --- calls ----------------------------------------------------------------------------------------------------

    def call(
        self, identifier: Identifier, command: Node, arguments: Sequence[Operand], final: Expression | None
    ) -> Expression:
        name = identifier.name
        signature = self.functions[name].signature
        given = len(arguments) + (final is not None)
        problem = count_problem(name, signature, given)
        if problem:
            if signature.variadic:  # Go does not count what comes through the pipe here
                problem = f"{problem.rpartition(' ')[0]} {len(arguments)}"
            return self.fail(identifier, problem)
        codes = []
        for position, argument in enumerate(arguments):
            codes.append(self._argument(argument, _parameter(signature, position)))
        hoisted = ""
        if final is not None:
            if not final.simple and not all(code.simple for code in codes):
                hoisted = self.temporary()
                first, final = final.code, final.coded(hoisted)
            where = last_evaluated(arguments[-1]) if arguments else identifier
            codes.append(self._validated(final, _parameter(signature, given - 1), where))
        inline = self.inline.get(name)
        result = inline(self, identifier, command, codes) if inline is not None else None
        if result is None:
            result = self.plain_call(name, command, codes)
        if hoisted:
            return result.coded(f"({hoisted} := {first}, {result.code})[1]")
        return result

    def plain_call(self, name: str, command: Node, codes: Sequence[Expression]) -> Expression:
        returns = self.functions[name].signature.returns
        call = f"f_{name}({', '.join(each.code for each in codes)})"
        code = self.mark_site(Site(command, function=name), call)
        return Expression(code, "" if returns == ANY else returns, element=returns == ANY)

    def _argument(self, node: Operand, go_type: str) -> Expression:
        if isinstance(node, Nil):
            if can_be_nil(go_type) or go_type == "reflect.Value":
                return Expression("None", simple=True)
            return self.fail(node, f"cannot assign nil to {go_type}")
        if go_type == ANY:
            return self.operand(node)
        if not isinstance(node, Bool | Number | String):
            return self._validated(self.operand(node), go_type, last_evaluated(node))
        if go_type == "string":
            return self.operand(node) if isinstance(node, String) else self._misfit(node, "string")
        if go_type == "bool":
            return self.operand(node) if isinstance(node, Bool) else self._misfit(node, "bool")
        if go_type in _SIGNED:
            if not isinstance(node, Number) or node.as_int is None:
                return self._misfit(node, "integer")
            return _integer(go_type, node.as_int)
        if go_type in _UNSIGNED:
            if not isinstance(node, Number) or node.as_int is None or node.as_int < 0:
                return self._misfit(node, "unsigned integer")
            return _integer(go_type, node.as_int)
        if go_type == "float64":
            if not isinstance(node, Number) or node.as_float is None:
                return self._misfit(node, "float")
            return Expression(f"({node.as_float!r})", "float64", simple=True)
        return self.fail(node, f"can't handle {node} for arg of type {go_type}")

    def _misfit(self, node: Node, wanted: str) -> Expression:
        return self.fail(node, f"expected {wanted}; found {node}")

    def _validated(self, value: Expression, go_type: str, node: Node) -> Expression:
        """`value` with the check that Go makes when it becomes an argument of type `go_type`."""
        if go_type == ANY or value.type == go_type:
            return value
        python_class = _EXACT_CLASS.get(go_type)
        element = f"{value.start} is not None" if value.start else value.element
        if python_class is None:
            code = self.mark(node, f"convert({value.code}, {go_type!r}, {element})")
            return Expression(code)
        name = self.temporary()
        slow = self.mark(node, f"convert({name}, {go_type!r}, {element})")
        return Expression(f"({name} if type({name} := {value.code}) is {python_class} else {slow})", go_type)


def _parameter(signature: Any, position: int) -> str:
    params: tuple[str, ...] = signature.params
    return params[min(position, len(params) - 1)]


def _constant(node: Operand) -> Constant:
    """What a method's parameter may make of it: see `access.call_method`."""
    if isinstance(node, Number):
        return {"int": node.as_int, "float64": node.as_float}
    if isinstance(node, String | Bool):
        return {"string" if isinstance(node, String) else "bool": node.value}
    return None


def _integer(go_type: str, number: int) -> Expression:
    if go_type == "int":
        return Expression(f"({number})", "int", simple=True)
    return Expression(f"{go_type.capitalize()}({number})", go_type, simple=True)
