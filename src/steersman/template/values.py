"""Go values in Python: which Python type stands for which Go type, and what Go would say of a value.

| Go | Python |
|---|---|
| nil | None |
| bool, string, int, float64, complex128 | bool, str, int, float, complex |
| int64, uint8, … | `Int64`, `Uint8`, …: subclasses of int |
| []interface {}, map[string]interface {} | list, dict |
| []string, []int, map[string]string | `StringSlice`, `IntSlice`, `StringMap` |
| []byte | bytes |
| a struct, a pointer to one, a named type with methods | a subclass of `GoObject`, or of list or dict with `GoMethods` |

A str holds bytes that are not UTF-8 as surrogate escapes (PEP 383). Python's own truth of all these is Go's truth of a value
in `if`: that is why no `GoObject` defines `__len__` or `__bool__`, unless it stands for a map or a slice.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.failures import FunctionError
from steersman.template.signature import ANY, Signature, parse_signature

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

type_names: dict[type, str] = {
    type(None): "<nil>",
    bool: "bool",
    str: "string",
    int: "int",
    float: "float64",
    complex: "complex128",
    list: "[]interface {}",
    dict: "map[string]interface {}",
    bytes: "[]uint8",
}

_kinds: dict[type, str] = {
    type(None): "invalid",
    bool: "bool",
    str: "string",
    int: "int",
    float: "float64",
    complex: "complex128",
    list: "slice",
    dict: "map",
    bytes: "slice",
}


class Method:
    """A method that templates can call: the Python attribute it is kept under, and its Go signature.

    `uncallable` is what Go says of the results of one that no template can call, with {name} for its name.
    """

    __slots__ = ("attribute", "signature", "uncallable")

    def __init__(self, attribute: str, signature: Signature, uncallable: str = "") -> None:
        self.attribute = attribute
        self.signature = signature
        self.uncallable = uncallable


def method(attribute: str, args: str = "", returns: str = ANY) -> Method:
    """Declare a method for `go_methods`: `{"Has": method("has", "string", returns="bool")}`."""
    return Method(attribute, parse_signature(args, returns))


def uncallable(*returns: str) -> Method:
    """Declare a method without parameters that has more results than a template can take: its results' Go types."""
    said = f"function {{name}} has {len(returns)} return values; should be 1 or 2"
    if len(returns) == 2:
        said = f"invalid function signature for {{name}}: second return value should be error; is {returns[1]}"
    return Method("", parse_signature("", returns[0]), said)


class GoMethods:
    """What a Python class says of its Go type. Mix into a list or dict subclass for a named map or slice with methods."""

    __slots__ = ()
    go_type: ClassVar[str]
    go_kind: ClassVar[str]
    go_methods: ClassVar[Mapping[str, Method]] = {}

    def go_string(self) -> str | None:
        """What Go's String() or Error() method gives, or None for a type without one."""
        return None

    def go_syntax(self) -> str | None:
        """What Go's GoString() method gives, which `%#v` shows, or None for a type without one."""
        return None

    def get(self, name: str, default: object = None, /) -> Any:
        """What `.name` is in a template: a method's result, a field or a map's entry.

        Compiled templates call `.get` on whatever they find, which is fast for a dict. What has no such field raises
        AttributeError, from which the runtime then works out Go's error.
        """
        declared = self.go_methods.get(name)
        if declared is not None and not declared.signature.params and not declared.uncallable:
            try:
                return getattr(self, declared.attribute)()
            except FunctionError as error:
                error.function = name
                raise
        if declared is None:
            attribute = getattr(self, "go_fields", {}).get(name)
            if attribute is not None:
                return getattr(self, attribute)
            if isinstance(self, dict):
                return dict.get(self, name, default)
        raise AttributeError(f"no field {name}", name="get", obj=self)


class GoObject(GoMethods):
    """A struct (`go_kind = "struct"`) or a pointer to one (`"ptr"`).

    `go_fields` maps each exported field's name, in Go's order of declaration, to the Python attribute that holds it;
    `go_private_fields` does so for the others, which are only seen where fmt prints them.
    """

    __slots__ = ()
    go_kind: ClassVar[str] = "struct"
    go_fields: ClassVar[Mapping[str, str]] = {}
    go_private_fields: ClassVar[Mapping[str, str]] = {}


class NilPointer(GoObject):
    """A nil pointer that still knows its type, as a field of a struct does."""

    __slots__ = ("go_type",)
    go_kind: ClassVar[str] = "ptr"

    def __init__(self, go_type: str) -> None:
        self.go_type = go_type  # type: ignore[misc]  # one class serves all types

    def __bool__(self) -> bool:
        return False


# --- integers -----------------------------------------------------------------------------------------------------


class SizedInt(int):
    """An integer of a Go kind other than int. Arithmetic gives a plain int: wrap the result again."""

    __slots__ = ()
    go_type: ClassVar[str]
    bits: ClassVar[int]
    signed: ClassVar[bool]

    @classmethod
    def wrap(cls, number: int) -> Any:
        """`number` as Go's conversion leaves it: cut to this size, overflow wraps round."""
        number &= (1 << cls.bits) - 1
        if cls.signed and number >> (cls.bits - 1):
            number -= 1 << cls.bits
        return cls(number)


class Int8(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "int8", 8, True


class Int16(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "int16", 16, True


class Int32(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "int32", 32, True


class Int64(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "int64", 64, True


class Uint(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "uint", 64, False


class Uint8(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "uint8", 8, False


class Uint16(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "uint16", 16, False


class Uint32(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "uint32", 32, False


class Uint64(SizedInt):
    __slots__ = ()
    go_type, bits, signed = "uint64", 64, False


# Named types made of an integer, by their Go names: a number in a template's text stands for any of them.
named_integers: dict[str, type[int]] = {}


def wrap_int(number: int) -> int:
    """`number` as Go's int (64 bits) holds it: overflow wraps round."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


# --- slices and maps of other element types -----------------------------------------------------------------------


class StringSlice(list[str]):
    """[]string"""

    __slots__ = ()
    go_type = "[]string"
    go_kind = "slice"


class IntSlice(list[int]):
    """[]int"""

    __slots__ = ()
    go_type = "[]int"
    go_kind = "slice"


class SliceOfSlices(list[list["Any"]]):
    """[][]interface {}"""

    __slots__ = ()
    go_type = "[][]interface {}"
    go_kind = "slice"


class Counting(list[int]):
    """The numbers below an integer, as `range` runs over them. Unlike the items of a list, they have its type for Go."""

    __slots__ = ()


class StringMap(dict[str, str]):
    """map[string]string"""

    __slots__ = ()
    go_type = "map[string]string"
    go_kind = "map"

    def get(self, name: str, default: Any = "", /) -> Any:
        """A key that is missing gives the zero value of the element type."""
        return dict.get(self, name, default)


# --- what Go says of a value --------------------------------------------------------------------------------------


def type_name(value: object) -> str:
    """The value's Go type as reflect and `%T` print it: `string`, `map[string]interface {}`, `*semver.Version`."""
    known = type_names.get(type(value))
    if known is None:
        known = str(getattr(value, "go_type", type(value).__name__))
    return known


def kind(value: object) -> str:
    """reflect.Kind of the value: `string`, `int`, `float64`, `slice`, `map`, `struct`, `ptr`, …; `invalid` for nil."""
    known = _kinds.get(type(value))
    if known is None:
        known = str(value.go_type if isinstance(value, SizedInt) else getattr(value, "go_kind", "func"))
    return known


def truth(value: object) -> bool:
    """What `if` and `and` make of a value: false for nil, false, 0, and what has no elements."""
    return bool(value)


def utf8(text: str) -> bytes:
    """The bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def from_utf8(data: bytes) -> str:
    """The Go string made of these bytes."""
    return data.decode("utf-8", "surrogateescape")
