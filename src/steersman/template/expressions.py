"""What the compiler knows of the Python source it makes: values, their places in the template, the variables in sight."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.nodes import Chain, Command, Field, Identifier, Node, Pipe, Variable

if TYPE_CHECKING:
    from collections.abc import Sequence


class Expression:
    """Python source and what is known of its value.

    `type` is the Go type if that is certain. `element` says that a nil here is Go's nil interface (an element of a map or
    slice) and not the plain nil that a pipeline makes of it. `simple` means that evaluating it can neither fail nor do
    anything, so that the order does not matter. `items` is the Python variable of what a `range` runs over, if the value is
    an item of it; `start` the variable that a chain of fields starts from, if a nil there makes the value a plain nil.
    """

    __slots__ = ("code", "element", "items", "simple", "start", "type")

    def __init__(
        self, code: str, type: str = "", element: bool = False, simple: bool = False, items: str = "", start: str = ""
    ) -> None:
        self.code = code
        self.type = type
        self.element = element
        self.simple = simple
        self.items = items
        self.start = start

    def coded(self, code: str) -> Expression:
        """The same value by other source."""
        return Expression(code, self.type, self.element, self.simple, self.items, self.start)


class Site:
    """What a line of the compiled template stands for: `node` is what an error names.

    For a chain of fields: the Python variable it starts from, the names, the source of the start, the variable of what a
    `range` runs over, if it starts from an item, and as its one argument the chain as a whole. For a call: the function's
    name, and for a method the nodes that errors name: of each argument, of what came through the pipe, and of the call as a
    whole.
    """

    __slots__ = ("arguments", "base", "element", "function", "items", "names", "node", "path")

    def __init__(
        self,
        node: Node,
        *,
        function: str = "",
        arguments: Sequence[Node] = (),
        base: str = "",
        names: Sequence[str] = (),
        element: bool = False,
        path: str = "",
        items: str = "",
    ) -> None:
        self.node = node
        self.function = function
        self.arguments = arguments
        self.base = base
        self.names = names
        self.element = element
        self.path = path
        self.items = items


class Scope:
    """The variables that can be seen, innermost last."""

    def __init__(self, root: str) -> None:
        self._known: list[tuple[str, Expression]] = [("$", Expression(root, simple=True))]
        self._count = 0

    def declare(self, name: str, *, element: bool = False, items: str = "") -> str:
        self._count += 1
        code = f"v{self._count}"
        self._known.append((name, Expression(code, element=element, simple=True, items=items)))
        return code

    def find(self, name: str) -> Expression | None:
        for known, expression in reversed(self._known):
            if known == name:
                return expression
        return None

    def mark(self) -> int:
        return len(self._known)

    def release(self, mark: int) -> None:
        del self._known[mark:]


def last_evaluated(node: Node) -> Node:
    """The node that Go's executor has visited last when it is done with `node`: what errors found after that name."""
    while True:
        if isinstance(node, Pipe):
            node = node.commands[-1]
        elif isinstance(node, Command):
            first = node.operands[0]
            if len(node.operands) > 1 and isinstance(first, Identifier | Field | Variable | Chain):
                node = node.operands[-1]
            else:
                node = first
        elif isinstance(node, Chain):
            node = node.operand
        else:
            return node
