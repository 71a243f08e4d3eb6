"""Fields, map entries and methods: what `.a.b` means for a value, and Go's error where it means nothing.

Compiled templates walk over dicts by themselves. This is the complete rule, for all else: it explains why such a walk failed, it
serves `missingkey=error`, and it calls methods with arguments.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.failures import ArgumentFailure, ExecFailure, FunctionError
from steersman.template.signature import ANY, Signature
from steersman.template.strconv import quote
from steersman.template.values import GoMethods, GoObject, kind, named_integers, type_name, type_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

# How the types begin that nil can be passed for.
_NILABLE = ("[]", "map[", "*", "func(", ANY, "error", "common.Values", "chan ")

if TYPE_CHECKING:
    # What a constant of a template is as a value of each type that it can be taken for; None for nil.
    Constant = Mapping[str, Any] | None

_NO_CONSTANTS: Mapping[int, Constant] = {}

# Named types that Go lets pass for the unnamed type that they are made of.
_SAME_AS = {
    "common.Values": "map[string]interface {}",
    "common.VersionSet": "[]string",
    "engine.files": "map[string][]uint8",
}


def walk(receiver: Any, names: Sequence[str], *, element: bool, strict: bool, path: str = "") -> Any:
    """The value of the field chain `names` of `receiver`.

    `element` tells that the receiver was found inside a map or slice (Go: a value of interface type): nil is an error there,
    while a plain nil has nil fields. `strict` is Go's missingkey=error. `path` is the receiver's own source, for the hint.
    Raises ExecFailure.
    """
    for name in names:
        receiver, element = _field(receiver, name, element, strict, path)
        path += "." + name
    return receiver


def _field(receiver: Any, name: str, element: bool, strict: bool, path: str) -> tuple[Any, bool]:
    static_type = ANY if element else type_name(receiver)
    if receiver is None:
        if element:
            raise ExecFailure(f"nil pointer evaluating {static_type}.{name}", hint=_nil_hint(path))
        if strict:
            raise ExecFailure(f"nil data; no entry for key {quote(name)}", hint=_nil_hint(path))
        return None, False
    if isinstance(receiver, GoMethods) or hasattr(receiver, "go_methods"):
        declared = receiver.go_methods.get(name)
        if declared is not None:
            return call_method(receiver, name, (), element=element), False
        if isinstance(receiver, GoObject) and name in receiver.go_fields:
            return getattr(receiver, receiver.go_fields[name]), False
        if isinstance(receiver, GoObject) and name in receiver.go_private_fields:
            raise ExecFailure(f"{name} is an unexported field of struct type {type_name(receiver)}")
    if isinstance(receiver, dict):
        if name not in receiver:
            if strict:
                raise ExecFailure(f"map has no entry for key {quote(name)}", hint=f"`{path}.{name}` is not set.")
            return receiver.get(name), type(receiver).__name__ != "StringMap"
        return dict.get(receiver, name), type(receiver).__name__ != "StringMap"
    raise ExecFailure(
        f"can't evaluate field {name} in type {static_type}",
        hint=f"`{path or '.'}` is {_described(receiver)}, which has no field `{name}`.",
    )


def call_method(
    receiver: Any,
    name: str,
    arguments: Sequence[Any],
    *,
    element: bool,
    path: str = "",
    constants: Mapping[int, Constant] = _NO_CONSTANTS,
) -> Any:
    """`receiver.name arguments…`: a method that takes the arguments. Raises ExecFailure and what the method raises.

    `constants` has the arguments that stand in the template themselves, by position.
    """
    if receiver is None:
        if not element:
            return None
        raise ExecFailure(f"nil pointer evaluating {ANY}.{name}", hint=_nil_hint(path))
    declared = getattr(receiver, "go_methods", {}).get(name)
    if declared is None:
        if isinstance(receiver, GoObject) and name in receiver.go_fields:
            raise ExecFailure(f"{name} has arguments but cannot be invoked as function")
        if isinstance(receiver, dict):
            raise ExecFailure(f"{name} is not a method but has arguments")
        static_type = ANY if element else type_name(receiver)
        raise ExecFailure(f"can't evaluate field {name} in type {static_type}")
    problem = count_problem(name, declared.signature, len(arguments)) or declared.uncallable.format(name=name)
    if problem:
        raise ExecFailure(problem)
    parameters = declared.signature.params
    given = []
    for position, argument in enumerate(arguments):
        parameter = parameters[min(position, len(parameters) - 1)]
        if position in constants:
            given.append(argument if parameter == ANY else _constant(constants[position], parameter, position))
            continue
        if not is_assignable(argument, parameter):
            raise ArgumentFailure(wrong_type(argument, parameter, element=True), position, parameter)
        given.append(argument)
    try:
        return getattr(receiver, declared.attribute)(*given)
    except FunctionError as error:
        error.function = name
        raise
    except AttributeError:
        if None not in given:
            raise
        panic = FunctionError("runtime error: invalid memory address or nil pointer dereference")
        panic.function = name
        raise panic from None


def _constant(constant: Constant, go_type: str, position: int) -> Any:
    """A constant of the template as an argument of this type. Raises ArgumentFailure."""
    if constant is None:
        if can_be_nil(go_type):
            return None
        raise ArgumentFailure(f"cannot assign nil to {go_type}", position, go_type)
    named = named_integers.get(go_type)
    value = constant.get("int" if named else go_type)
    if value is None:
        raise ArgumentFailure("", position, "int" if named else go_type)
    return named(value) if named else value


def count_problem(name: str, signature: Signature, given: int) -> str:
    """Go's words for a call with too few or too many arguments, or nothing if the number is right."""
    wanted = len(signature.params)
    if signature.variadic:
        return "" if given >= wanted - 1 else f"wrong number of args for {name}: want at least {wanted - 1} got {given}"
    return "" if given == wanted else f"wrong number of args for {name}: want {wanted} got {given}"


def can_be_nil(go_type: str) -> bool:
    return go_type.startswith(_NILABLE)


def is_assignable(value: Any, go_type: str) -> bool:
    """Whether Go takes the value, that is not a plain nil, for a parameter of this type."""
    if go_type == ANY:
        return True
    if value is None:
        return False
    own = type_name(value)
    if own == go_type or _SAME_AS.get(own) == go_type or _SAME_AS.get(go_type) == own:
        return True
    if go_type == "error":
        return isinstance(value, GoMethods) and "Error" in value.go_methods
    if go_type == "fmt.Stringer":
        return isinstance(value, GoMethods) and value.go_string() is not None
    return own.startswith("*") and own[1:] == go_type


def convert(value: Any, go_type: str, element: bool) -> Any:
    """The value as an argument of this type. Raises ExecFailure where Go refuses it."""
    if value is None and not element and can_be_nil(go_type):
        return None
    if is_assignable(value, go_type):
        return value
    raise ExecFailure(wrong_type(value, go_type, element=element), hint=_type_hint(value, go_type))


def wrong_type(value: Any, go_type: str, *, element: bool) -> str:
    if value is None:
        if not element:
            return f"invalid value; expected {go_type}"
        return f"wrong type for value; expected {go_type}; got {ANY}"
    return f"wrong type for value; expected {go_type}; got {type_name(value)}"


def _type_hint(value: Any, go_type: str) -> str:
    if value is None:
        return f"The value is nil; a {go_type} is needed here. Set it, or give a default."
    if go_type == "string" and type(value) in type_names and kind(value) not in ("map", "slice"):
        return "Convert it with `toString`, or put quotes around it in the values."
    return ""


def _nil_hint(path: str) -> str:
    if not path:
        return "The value is nil."
    return f"`{path}` is nil or not set: set it in the values, or guard with `if` or parentheses: `(({path}).…)`."


def _described(value: Any) -> str:
    known = {"string": "a string", "float64": "a number", "bool": "a boolean", "slice": "a list"}.get(kind(value))
    return known or f"of type {type_name(value)}"
