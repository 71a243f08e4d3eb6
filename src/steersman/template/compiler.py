"""Nodes → Python source, one function for each template.

    def template(d0, ctx, here):
        o = []
        o += ('name: ', …)
        return ctx.join(o)

`d0` is dot (and `$`), `ctx` the running render (`runtime.Context`), `here` tells errors which template this is; `d1`, `d2` … are
dots inside `with` and `range`, `v1`, `v2` … variables, `t1`, `t2` … temporaries. Names of functions get the prefix `f_`.

Where something can fail, the source breaks the line and the comment at the end of the line before, `#@7`, says which `Site` the
next line belongs to. So the line number in a traceback leads to the node that Go's error message would name, and code that
does not fail pays nothing for it.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.record import record
from steersman.template.calls import INLINE
from steersman.template.expressions import Expression, Scope, Site, last_evaluated
from steersman.template.nodes import (
    Action,
    Branch,
    Break,
    Continue,
    Definition,
    Pipe,
    Statement,
    Template,
    Text,
    Variable,
)
from steersman.template.operands import Operands

if TYPE_CHECKING:
    from steersman.template.functions.registry import Functions

_ASSIGNS_ROOT = pattern(r"\$[ \t\r\n]*=")
_MARKER = pattern(r"#@([0-9]+)$")
_INDENT = " "


@record(slots=True)
class Compiled:
    """Python source of one template, and the sites that its markers name by number."""

    source: str
    sites: list[Site]

    def site_at(self, line: int) -> Site | None:
        """The site of a line, counted from 1 as in tracebacks."""
        lines = self.source.split("\n")
        while line > 1:
            marker = _MARKER.search(lines[line - 2])
            if marker is not None:
                return self.sites[int(marker[1])]
            line -= 1
        return None


def compile_template(definition: Definition, functions: Functions, text: str, *, strict: bool) -> Compiled:
    """The Python function, named `template`, for one definition.

    `functions` is the table of what templates may call, `text` the text that the definition stands in, `strict` Go's
    missingkey=error.
    """
    return _Compiler(functions, text, strict).run(definition)


class _Compiler(Operands):
    inline = INLINE

    def __init__(self, functions: Functions, text: str, strict: bool) -> None:
        super().__init__(functions, strict)
        self.lines: list[str] = ["def template(d0, ctx, here):"]
        self.indent = 1
        self.output: list[str] = []  # what the next `o +=` will add
        self.has_output_list = False
        self.root = "d0"
        if _ASSIGNS_ROOT.search(text):
            self.root = "v0"
            self._line("v0 = d0")
        self.dot = Expression("d0")
        self.scope = Scope(self.root)

    def run(self, definition: Definition) -> Compiled:
        start = len(self.lines)
        self._statements(definition.body)
        if not self.has_output_list:
            self._line(f"return {self._joined()}")
        else:
            self._flush()
            self.lines.insert(start, f"{_INDENT}o = []")
            self._line("return ctx.join(o)")
        return Compiled("\n".join(self.lines) + "\n", self.sites)

    # --- output ---------------------------------------------------------------------------------------------------

    def _line(self, code: str) -> None:
        self.lines.extend((_INDENT * self.indent + code).split("\n"))

    def _add(self, code: str) -> None:
        self.output.append(code)

    def _flush(self) -> None:
        if self.output:
            self.has_output_list = True
            self._line(f"o += ({', '.join(self.output)},)")
            self.output.clear()

    def _joined(self) -> str:
        if not self.output:
            return '""'
        if len(self.output) == 1:
            return f"({self.output[0]})"
        return f"ctx.join(({', '.join(self.output)}))"

    # --- statements -----------------------------------------------------------------------------------------------

    def _statements(self, statements: list[Statement]) -> None:
        for statement in statements:
            if isinstance(statement, Text):
                self._add(repr(statement.text))
            elif isinstance(statement, Action):
                self._action(statement)
            elif isinstance(statement, Branch):
                self._flush()
                if statement.keyword == "range":
                    self._range(statement)
                else:
                    self._if_or_with(statement)
            elif isinstance(statement, Template):
                self._template(statement)
            elif isinstance(statement, Break | Continue):
                self._flush()
                self._line("break" if isinstance(statement, Break) else "continue")

    def _action(self, action: Action) -> None:
        pipe = action.pipe
        if pipe.declared:
            self._flush()
            value = self.pipe_value(pipe)
            self._line(f"({value.code})")
            return
        value = self.pipe(pipe)
        if value.type == "string":
            self._add(value.code)
            return
        if value.code == "None":
            self._add("'<no value>'")
            return
        name = self.temporary()
        show = self.mark(action, f"show({name})")
        self._add(f"{name} if type({name} := {value.code}) is str else {show}")

    def _template(self, template: Template) -> None:
        dot = "None" if template.pipe is None else self.pipe(template.pipe).code
        found = self.mark(template, f"ctx.find({template.name!r})")
        self._add(self.mark(template, f"ctx.template({found}, {dot})"))

    def _block(self, statements: list[Statement]) -> None:
        """An indented list of statements, with variables of its own."""
        self.indent += 1
        known = self.scope.mark()
        before = len(self.lines)
        self._statements(statements)
        self._flush()
        if len(self.lines) == before:
            self._line("pass")
        self.scope.release(known)
        self.indent -= 1

    def _if_or_with(self, branch: Branch) -> None:
        known = self.scope.mark()
        outer = self.dot
        keyword = "if"
        while True:
            value = self.pipe_value(branch.pipe)
            code = value.code
            inner = outer
            if branch.keyword == "with":
                code = self.bounded(value).code
                inner = Expression(self.new_dot(), value.type)
                code = f"({inner.code} := {code})"
            self._line(f"{keyword} ({code}):")
            self.dot = inner
            self._block(branch.body)
            self.dot = outer
            following = branch.otherwise
            if following is not None and len(following) == 1 and _continues(branch, following[0]):
                assert isinstance(following[0], Branch)
                branch = following[0]
                keyword = "elif"
                continue
            break
        if branch.otherwise is not None:
            self._line("else:")
            self._block(branch.otherwise)
        self.scope.release(known)

    def _range(self, branch: Branch) -> None:
        known = self.scope.mark()
        outer = self.dot
        pipe = branch.pipe
        value = self.pipe(pipe)
        code = value.code
        # The items of an integer and of a typed slice or map have a type; those of all others are `interface {}`.
        typed = value.type == "int" or (
            value.type.startswith(("[]", "map[")) and not value.type.endswith("interface {}")
        )
        items = self.temporary()
        last = len(pipe.declared) - 1  # the first of two is the index or the key, which always has a type
        targets = [
            self._range_variable(variable, pipe, items, typed=typed or place < last)
            for place, variable in enumerate(pipe.declared)
        ]
        for target in targets:  # what they hold in the `else`
            if target:
                code = f"({target} := {code})"
        walk = "pairs" if len(targets) == 2 else "items"
        self._line(f"{items} = (" + self.mark(last_evaluated(pipe), f"ctx.{walk}({code})") + ")")
        has_else = branch.otherwise is not None
        if has_else:
            self._line(f"if {items}:")
            self.indent += 1
        item = self.new_dot()
        index = f"{targets[0]}, " if len(targets) == 2 else ""
        self._line(f"for {index}{item} in {items}:")
        if targets and targets[-1]:
            self._line(f"{_INDENT}{targets[-1]} = {item}")
        self.dot = Expression(item, element=not typed, items=items)
        self._block(branch.body)
        self.dot = outer
        if has_else:
            self.indent -= 1
            self._line("else:")
            self._block(branch.otherwise or [])
        self.scope.release(known)

    def _range_variable(self, variable: Variable, pipe: Pipe, items: str, *, typed: bool) -> str:
        if not pipe.is_assignment:
            return self.scope.declare(variable.name, element=not typed, items=items)
        known = self.scope.find(variable.name)
        if known is None:
            self._line(f"({self.fail(last_evaluated(pipe), f'undefined variable: {variable.name}').code})")
            return self.temporary()
        return known.code


def _continues(branch: Branch, following: Statement) -> bool:
    """Whether an `else` holds nothing but one more `if` (or `with`), and so can be an `elif`."""
    return isinstance(following, Branch) and following.keyword == branch.keyword and following.keyword != "range"
