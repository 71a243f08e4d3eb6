"""The nodes of a parsed template. `str(node)` is its source as Go's error messages show it.

`position` counts characters from the start of the text that the template was parsed from; which token it points at is Go's
choice (a field chain `.a.b` points at `.b`). Written out instead of generated, because a chart makes tens of thousands of them.
"""

from __future__ import annotations

from steersman.template.strconv import quote


class Node:
    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position


# --- operands -----------------------------------------------------------------------------------------------------


class Bool(Node):
    __slots__ = ("value",)

    def __init__(self, position: int, value: bool) -> None:
        self.position = position
        self.value = value

    def __str__(self) -> str:
        return "true" if self.value else "false"


class Number(Node):
    """A constant; `as_int` and `as_float` are set where the text can be read as such. `text` is the source."""

    __slots__ = ("as_complex", "as_float", "as_int", "text")

    def __init__(
        self,
        position: int,
        text: str,
        as_int: int | None = None,
        as_float: float | None = None,
        as_complex: complex | None = None,
    ) -> None:
        self.position = position
        self.text = text
        self.as_int = as_int
        self.as_float = as_float
        self.as_complex = as_complex

    def __str__(self) -> str:
        return self.text


class String(Node):
    __slots__ = ("quoted", "value")

    def __init__(self, position: int, quoted: str, value: str) -> None:
        self.position = position
        self.quoted = quoted
        self.value = value

    def __str__(self) -> str:
        return self.quoted


class Nil(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "nil"


class Dot(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "."


class Identifier(Node):
    """The name of a function."""

    __slots__ = ("name",)

    def __init__(self, position: int, name: str) -> None:
        self.position = position
        self.name = name

    def __str__(self) -> str:
        return self.name


class Field(Node):
    """`.a.b`: a chain of fields that starts at dot."""

    __slots__ = ("names",)

    def __init__(self, position: int, names: list[str]) -> None:
        self.position = position
        self.names = names

    def __str__(self) -> str:
        return "." + ".".join(self.names)


class Variable(Node):
    """`$x` or `$x.a.b`; `name` includes the dollar."""

    __slots__ = ("fields", "name")

    def __init__(self, position: int, name: str, fields: list[str]) -> None:
        self.position = position
        self.name = name
        self.fields = fields

    def __str__(self) -> str:
        return ".".join((self.name, *self.fields))


class Chain(Node):
    """`(pipeline).a.b`, or fields of a function's result."""

    __slots__ = ("fields", "operand")

    def __init__(self, position: int, operand: Operand, fields: list[str]) -> None:
        self.position = position
        self.operand = operand
        self.fields = fields

    def __str__(self) -> str:
        operand = f"({self.operand})" if isinstance(self.operand, Pipe) else str(self.operand)
        return ".".join((operand, *self.fields))


class Command(Node):
    """Operands of which the first may be a function or method that takes the others as arguments."""

    __slots__ = ("operands",)

    def __init__(self, position: int, operands: list[Operand]) -> None:
        self.position = position
        self.operands = operands

    def __str__(self) -> str:
        return " ".join(f"({each})" if isinstance(each, Pipe) else str(each) for each in self.operands)


class Pipe(Node):
    """Commands, each of which hands its result to the next, with the variables that take the last one's."""

    __slots__ = ("commands", "declared", "is_assignment")

    def __init__(self, position: int) -> None:
        self.position = position
        self.commands: list[Command] = []
        self.declared: list[Variable] = []
        self.is_assignment = False

    def __str__(self) -> str:
        text = " | ".join(map(str, self.commands))
        if self.declared:
            text = f"{', '.join(map(str, self.declared))} {'=' if self.is_assignment else ':='} {text}"
        return text


Operand = Bool | Number | String | Nil | Dot | Identifier | Field | Variable | Chain | Pipe


# --- what stands between the delimiters ---------------------------------------------------------------------------


class Text(Node):
    __slots__ = ("text",)

    def __init__(self, position: int, text: str) -> None:
        self.position = position
        self.text = text

    def __str__(self) -> str:
        return self.text


class Action(Node):
    __slots__ = ("pipe",)

    def __init__(self, position: int, pipe: Pipe) -> None:
        self.position = position
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


class Break(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{break}}"


class Continue(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "{{continue}}"


class Template(Node):
    """`{{template "name" pipe}}`; a block is one of these and a definition."""

    __slots__ = ("name", "pipe")

    def __init__(self, position: int, name: str, pipe: Pipe | None) -> None:
        self.position = position
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"


class Branch(Node):
    """`if`, `with` or `range`, named by `keyword`; `otherwise` is None without an `else`.

    An `else if` is an `otherwise` that holds one more Branch.
    """

    __slots__ = ("body", "keyword", "otherwise", "pipe")

    def __init__(self, position: int, keyword: str, pipe: Pipe) -> None:
        self.position = position
        self.keyword = keyword
        self.pipe = pipe
        self.body: list[Statement] = []
        self.otherwise: list[Statement] | None = None

    def __str__(self) -> str:
        otherwise = "" if self.otherwise is None else "{{else}}" + "".join(map(str, self.otherwise))
        return f"{{{{{self.keyword} {self.pipe}}}}}{''.join(map(str, self.body))}{otherwise}{{{{end}}}}"


Statement = Text | Action | Break | Continue | Template | Branch


class Definition:
    """One template: its name and its body."""

    __slots__ = ("body", "name")

    def __init__(self, name: str, body: list[Statement]) -> None:
        self.name = name
        self.body = body

    def is_empty(self) -> bool:
        """Nothing but space: such a definition never replaces another one of its name."""
        return all(isinstance(each, Text) and not each.text.strip(" \t\r\n\v\f\x85\xa0") for each in self.body)
