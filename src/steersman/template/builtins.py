"""The functions that text/template itself has. `and`, `or` and `not` are Python operators by the time a template runs.

The errors are those of Go's text/template/funcs.go.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.failures import ExecFailure, FunctionError
from steersman.template.functions.registry import Function
from steersman.template.gofmt import default_format, sprint, sprintf, sprintln
from steersman.template.signature import ANY, parse_signature
from steersman.template.values import GoMethods, GoObject, Uint8, from_utf8, kind, type_name, utf8

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Sequence
    from typing import Any

_MAX_TEXT = 64 * 1024 * 1024
_INTEGER_KINDS = frozenset(("int", "int8", "int16", "int32", "int64"))
_UNSIGNED_KINDS = frozenset(("uint", "uint8", "uint16", "uint32", "uint64", "uintptr"))

_INVALID_TYPE = "invalid type for comparison"
_VALUE_OF_NOTHING = "reflect: call of reflect.Value.{} on zero Value"


# --- comparison ---------------------------------------------------------------------------------------------------


def eq(first: Any, *others: Any) -> bool:
    """Whether `first` equals one of the others."""
    if not others:
        raise FunctionError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def ne(first: Any, second: Any) -> bool:
    return not eq(first, second)


def lt(first: Any, second: Any) -> bool:
    left, right = _basic_kind(first), _basic_kind(second)
    if left == "" or right == "":
        raise FunctionError(_INVALID_TYPE)
    if left != right:
        if {left, right} == {"int", "uint"}:
            return bool(int(first) < int(second))
        raise _incompatible(first, second)
    if left in ("bool", "complex"):
        raise FunctionError(_INVALID_TYPE)
    return bool(first < second)


def le(first: Any, second: Any) -> bool:
    return lt(first, second) or eq(first, second)


def gt(first: Any, second: Any) -> bool:
    return not le(first, second)


def ge(first: Any, second: Any) -> bool:
    return not lt(first, second)


def _equal(first: Any, other: Any) -> bool:
    left, right = _basic_kind(first), _basic_kind(other)
    if left != right:
        if {left, right} == {"int", "uint"}:
            return int(first) == int(other)
        if first is not None and other is not None:
            raise _incompatible(first, other)
        return False
    if left:
        return bool(first == other)
    if first is None or other is None:
        return first is None and other is None
    if kind(first) != kind(other):
        described = sprintf("%s: %s, %s: %v", first, type_name(first), type_name(other), other)
        raise FunctionError(f"non-comparable types {described}")
    if kind(first) in ("map", "slice", "func"):
        raise FunctionError(sprintf("non-comparable type %s: %s", other, type_name(other)))
    return type(first) is type(other) and bool(first == other)


def _incompatible(first: Any, other: Any) -> FunctionError:
    return FunctionError(f"incompatible types for comparison: {type_name(first)} and {type_name(other)}")


def _basic_kind(value: Any) -> str:
    """bool, int, uint, float, complex or string; empty for what is none of them."""
    name = kind(value)
    if name in _INTEGER_KINDS:
        return "int"
    if name in _UNSIGNED_KINDS:
        return "uint"
    if name == "float64":
        return "float"
    if name == "complex128":
        return "complex"
    return name if name in ("bool", "string") else ""


# --- parts of things ----------------------------------------------------------------------------------------------


def length(value: Any) -> int:
    if value is None:
        raise FunctionError("len of nil pointer")
    return length_of_value(value)


def length_of_value(value: Any) -> int:
    """`len` of what came out of a pipeline, where a nil has no type at all."""
    if value is None:
        raise FunctionError(_VALUE_OF_NOTHING.format("Type"))
    if isinstance(value, str):
        return len(value) if value.isascii() else len(utf8(value))
    if isinstance(value, list | dict | bytes):
        return len(value)
    raise FunctionError(f"len of type {type_name(value)}")


def length_of_chain(value: Any, start: Any) -> int:
    """`len` of a chain of fields, which has no type where it starts from nothing."""
    return length_of_value(value) if start is None else length(value)


def index(item: Any, *indexes: Any) -> Any:
    if item is None:
        raise FunctionError("index of untyped nil")
    for position in indexes:
        if item is None:
            raise FunctionError("index of nil pointer")
        if isinstance(item, dict):
            if position is None:
                raise FunctionError("value is nil; should be of type string")
            if not isinstance(position, str):
                raise FunctionError(f"value has type {type_name(position)}; should be string")
            item = dict.get(item, position, _zero_element(item))
        elif isinstance(item, list):
            item = item[_index(position, len(item), "slice")]
        elif isinstance(item, str | bytes):
            data = utf8(item) if isinstance(item, str) else item
            item = Uint8(data[_index(position, len(data), "string" if isinstance(item, str) else "slice")])
        else:
            raise FunctionError(f"can't index item of type {type_name(item)}")
    return item


def _zero_element(table: dict[Any, Any]) -> Any:
    return {"map[string]string": "", "map[string][]uint8": b"", "engine.files": b""}.get(type_name(table))


def _index(position: Any, size: int, what: str) -> int:
    number = _bound(position, size)
    if number == size:
        raise FunctionError(f"reflect: {what} index out of range")
    return number


def _bound(position: Any, most: int) -> int:
    if position is None:
        raise FunctionError("cannot index slice/array with nil")
    if kind(position) not in _INTEGER_KINDS and kind(position) not in _UNSIGNED_KINDS:
        raise FunctionError(f"cannot index slice/array with type {type_name(position)}")
    if not 0 <= position <= most:
        raise FunctionError(f"index out of range: {int(position)}")
    return int(position)


def slice_(item: Any, *bounds: Any) -> Any:
    if item is None:
        raise FunctionError("slice of untyped nil")
    if len(bounds) > 3:
        raise FunctionError(f"too many slice indexes: {len(bounds)}")
    if not isinstance(item, str | list | bytes):
        raise FunctionError(f"can't slice item of type {type_name(item)}")
    if isinstance(item, str) and len(bounds) == 3:
        raise FunctionError("cannot 3-index slice a string")
    whole = utf8(item) if isinstance(item, str) else item
    given = [_bound(bound, len(whole)) for bound in bounds]
    start, end, *most = [*given, *(0, len(whole))[len(given) :]]
    if start > end:
        raise FunctionError(f"invalid slice index: {start} > {end}")
    if most and end > most[0]:
        raise FunctionError(f"invalid slice index: {end} > {most[0]}")
    part = whole[start:end]
    if isinstance(item, str):
        assert isinstance(part, bytes)
        return from_utf8(part)
    return part if type(item) is type(part) else type(item)(part)


def call(source: str, function: Any, *_arguments: Any) -> Any:
    """Charts have no function values: whatever this is given is not one. `source` is where it comes from."""
    if function is None:
        raise FunctionError("call of nil")
    raise FunctionError(f"non-function {source} of type {type_name(function)}")


# --- text ---------------------------------------------------------------------------------------------------------

_HTML = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_HTML_SPECIAL = pattern("[\0\"'&<>]")
_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}
_JS_SPECIAL = pattern(r"[^ !#-%(-;?-\[\]-\x7f]")
_QUERY_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def html(*operands: Any) -> str:
    return _HTML_SPECIAL.sub(lambda match: _HTML[match[0]], _text(operands))


def js(*operands: Any) -> str:
    return _JS_SPECIAL.sub(_js_escape, _text(operands))


def urlquery(*operands: Any) -> str:
    return "".join(
        chr(byte) if byte in _QUERY_SAFE else "+" if byte == 0x20 else f"%{byte:02X}" for byte in utf8(_text(operands))
    )


def _js_escape(match: re.Match[str]) -> str:
    char = match[0]
    escaped = _JS.get(char)
    if escaped is not None:
        return escaped
    if char < " ":
        return f"\\u{ord(char):04X}"
    return char if char.isprintable() else f"\\u{ord(char):04X}"


def _text(operands: Sequence[Any]) -> str:
    if len(operands) == 1 and isinstance(operands[0], str):
        return operands[0]
    return sprint(*("<no value>" if operand is None else operand for operand in operands))


def show(value: Any) -> str:
    """What `{{value}}` prints."""
    if value is None:
        return "<no value>"
    if isinstance(value, GoObject) and kind(value) == "ptr" and value.go_string() is None:
        return default_format(value).removeprefix("&")
    if callable(value) and not isinstance(value, GoMethods):
        raise ExecFailure(f"can't print {value} of type {type_name(value)}")
    return default_format(value)


# --- the table ----------------------------------------------------------------------------------------------------


def _table(*rows: tuple[str, Callable[..., Any], str, str]) -> dict[str, Function]:
    return {name: Function(name, call, parse_signature(args, returns)) for name, call, args, returns in rows}


def _operator(*_arguments: Any) -> Any:
    raise AssertionError("compiled to an operator")


def _bounded(make: Callable[..., str]) -> Callable[..., str]:
    """A printing function that does not make texts double for ever."""

    def call(*operands: Any) -> str:
        text = make(*operands)
        if len(text) > _MAX_TEXT:
            raise FunctionError(
                f"made a text of {len(text)} characters, more than the {_MAX_TEXT} that one call may make"
            )
        return text

    return call


BUILTINS: dict[str, Function] = _table(
    ("and", _operator, "any, ...any", ANY),
    ("or", _operator, "any, ...any", ANY),
    ("not", _operator, "any", "bool"),
    ("eq", eq, "any, ...any", "bool"),
    ("ne", ne, "any, any", "bool"),
    ("lt", lt, "any, any", "bool"),
    ("le", le, "any, any", "bool"),
    ("gt", gt, "any, any", "bool"),
    ("ge", ge, "any, any", "bool"),
    ("len", length, "any", "int"),
    ("index", index, "any, ...any", ANY),
    ("slice", slice_, "any, ...any", ANY),
    ("call", call, "any, ...any", ANY),
    ("print", _bounded(sprint), "...any", "string"),
    ("printf", _bounded(sprintf), "string, ...any", "string"),
    ("println", _bounded(sprintln), "...any", "string"),
    ("html", html, "...any", "string"),
    ("js", js, "...any", "string"),
    ("urlquery", urlquery, "...any", "string"),
    # these two need the templates of the running render: see `runtime.Context`
    ("include", _operator, "string, any", "string"),
    ("tpl", _operator, "string, any", "string"),
)
