"""The nodes of a parsed template. `str(node)` is its source as Go's error messages show it.

`position` counts characters from the start of the text that the template was parsed from; which token it points at is Go's
choice (a field chain `.a.b` points at `.b`).
"""

from __future__ import annotations

from steersman.record import field, record
from steersman.template.strconv import quote


@record(slots=True)
class Node:
    position: int


# --- operands -----------------------------------------------------------------------------------------------------


@record(slots=True)
class Bool(Node):
    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@record(slots=True)
class Number(Node):
    """A constant; `as_int` and `as_float` are set where the text can be read as such. `text` is the source."""

    text: str
    as_int: int | None = None
    as_float: float | None = None
    as_complex: complex | None = None
    is_unsigned: bool = False

    def __str__(self) -> str:
        return self.text


@record(slots=True)
class String(Node):
    quoted: str
    value: str

    def __str__(self) -> str:
        return self.quoted


@record(slots=True)
class Nil(Node):
    def __str__(self) -> str:
        return "nil"


@record(slots=True)
class Dot(Node):
    def __str__(self) -> str:
        return "."


@record(slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str

    def __str__(self) -> str:
        return self.name


@record(slots=True)
class Field(Node):
    """`.a.b`: a chain of fields that starts at dot."""

    names: list[str]

    def __str__(self) -> str:
        return "." + ".".join(self.names)


@record(slots=True)
class Variable(Node):
    """`$x` or `$x.a.b`; `name` includes the dollar."""

    name: str
    fields: list[str]

    def __str__(self) -> str:
        return ".".join((self.name, *self.fields))


@record(slots=True)
class Chain(Node):
    """`(pipeline).a.b`, or fields of a function's result."""

    operand: Operand
    fields: list[str]

    def __str__(self) -> str:
        operand = f"({self.operand})" if isinstance(self.operand, Pipe) else str(self.operand)
        return ".".join((operand, *self.fields))


@record(slots=True)
class Command(Node):
    """Operands of which the first may be a function or method that takes the others as arguments."""

    operands: list[Operand]

    def __str__(self) -> str:
        return " ".join(f"({each})" if isinstance(each, Pipe) else str(each) for each in self.operands)


@record(slots=True)
class Pipe(Node):
    """Commands, each of which hands its result to the next, with the variables that take the last one's."""

    commands: list[Command] = field(default_factory=list)
    declared: list[Variable] = field(default_factory=list)
    is_assignment: bool = False

    def __str__(self) -> str:
        text = " | ".join(map(str, self.commands))
        if self.declared:
            text = f"{', '.join(map(str, self.declared))} {'=' if self.is_assignment else ':='} {text}"
        return text


Operand = Bool | Number | String | Nil | Dot | Identifier | Field | Variable | Chain | Pipe


# --- what stands between the delimiters ---------------------------------------------------------------------------


@record(slots=True)
class Text(Node):
    text: str

    def __str__(self) -> str:
        return self.text


@record(slots=True)
class Action(Node):
    pipe: Pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


@record(slots=True)
class Break(Node):
    def __str__(self) -> str:
        return "{{break}}"


@record(slots=True)
class Continue(Node):
    def __str__(self) -> str:
        return "{{continue}}"


@record(slots=True)
class Template(Node):
    """`{{template "name" pipe}}`; a block is one of these and a definition."""

    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"


@record(slots=True)
class Branch(Node):
    """`if`, `with` or `range`, named by `keyword`; `otherwise` is None without an `else`.

    An `else if` is an `otherwise` that holds one more Branch.
    """

    keyword: str
    pipe: Pipe
    body: list[Statement]
    otherwise: list[Statement] | None

    def __str__(self) -> str:
        otherwise = "" if self.otherwise is None else "{{else}}" + "".join(map(str, self.otherwise))
        return f"{{{{{self.keyword} {self.pipe}}}}}{''.join(map(str, self.body))}{otherwise}{{{{end}}}}"


Statement = Text | Action | Break | Continue | Template | Branch


@record(slots=True)
class Definition:
    """One template: its name and its body."""

    name: str
    body: list[Statement]

    def is_empty(self) -> bool:
        """Nothing but space: such a definition never replaces another one of its name."""
        return all(isinstance(each, Text) and not each.text.strip(" \t\r\n\v\f\x85\xa0") for each in self.body)
