"""Texts that templates are defined in, and sets of templates that can call each other.

A `Record` is what a text was compiled to; it depends on nothing but the text and the functions' signatures and is shared by all
renders of this process, and through the disk cache by others. A `Unit` is a record under the name of a file.
"""

from __future__ import annotations

import marshal
from types import CodeType, FunctionType

from steersman.lazy import TYPE_CHECKING
from steersman.record import record
from steersman.template.failures import FunctionError, LimitExceeded, ParseError
from steersman.template.strconv import quote
from steersman.template.tracing import CODE_NAME, FILE_NAME, WrappingError, exec_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from steersman.template.compiler import Compiled
    from steersman.template.functions.registry import Functions
    from steersman.template.nodes import Definition
    from steersman.template.runtime import Context, Template

TPL_NAME = "gotpl"


@record(slots=True)
class Record:
    """The templates of one text. The first one is the text itself.

    `codes` are compiled functions: code objects, the same marshalled, or None as long as nobody has asked for one.
    """

    names: list[str]
    empty: list[bool]
    codes: list[CodeType | bytes | None]
    is_new: bool = False  # has more in it than the disk cache knows
    key: str = ""


@record(slots=True)
class Engine:
    """What all units of an environment share: the functions, and the global names that compiled templates see."""

    functions: Functions
    strict: bool
    namespace: dict[str, Any]

    def provide(self, names: tuple[str, ...]) -> None:
        """Make the functions among these global names callable: `f_trunc` is `trunc`.

        The first call looks the function up, which may import its module: many a template names more than it calls.
        """
        for name in names:
            if name not in self.namespace and name.startswith("f_"):
                self.namespace[name] = self._on_first_call(name)

    def _on_first_call(self, name: str) -> Callable[..., Any]:
        def first_call(*arguments: Any) -> Any:
            call = self.namespace[name] = self.functions[name[2:]].call
            return call(*arguments)

        return first_call

    def compile(self, definition: Definition, text: str) -> Compiled:
        from steersman.template.compiler import compile_template

        return compile_template(definition, self.functions, text, strict=self.strict)


class Unit:
    """A record under the name of a file: what Go calls the ParseName, which errors point at."""

    def __init__(
        self, name: str, text: str, record: Record, engine: Engine, parsed: list[Definition] | None = None
    ) -> None:
        self.name = name
        self.text = text
        self.record = record
        self.engine = engine
        self._parsed = parsed
        self._compiled: dict[int, Compiled] = {}

    def definition(self, number: int) -> Definition:
        if self._parsed is None:
            from steersman.template.parser import parse

            self._parsed = parse(self.text, self.engine.functions)
        return self._parsed[number]

    def function(self, number: int, name: str) -> Template:
        """The Python function for one of the templates; compiled now if it never was. Raises FunctionError."""
        code = self.record.codes[number]
        if not isinstance(code, CodeType):
            code = marshal.loads(code) if code is not None else self._compile(number)
            assert isinstance(code, CodeType)
            self.record.codes[number] = code
        self.engine.provide(code.co_names)
        return FunctionType(code, self.engine.namespace, CODE_NAME, (Here(self, number, name),))

    def compiled(self, number: int) -> Compiled:
        """The Python source of one of the templates and what its lines stand for; kept, for errors ask again and again."""
        if number not in self._compiled:
            self._compiled[number] = self.engine.compile(self.definition(number), self.text)
        return self._compiled[number]

    def _compile(self, number: int) -> CodeType:
        compiled = self.engine.compile(self.definition(number), self.text)
        try:
            module = compile(compiled.source, FILE_NAME, "exec", dont_inherit=True)
        except (RecursionError, MemoryError, SyntaxError, OverflowError) as error:
            raise LimitExceeded(f"the template is too complex: {error}") from error
        self.record.is_new = True
        return next(each for each in module.co_consts if isinstance(each, CodeType))


class Here:
    """Which template a compiled function is: its default argument, where error messages find it."""

    __slots__ = ("name", "number", "unit")

    def __init__(self, unit: Unit, number: int, name: str) -> None:
        self.unit = unit
        self.number = number
        self.name = name


class TemplateSet:
    """Templates by name. `add` follows Go's rules for a name that is defined twice."""

    def __init__(self, load: Any) -> None:
        self._load = load  # (name, text) → Unit; raises ParseError
        self._places: dict[str, tuple[Unit, int]] = {}
        self._functions: dict[str, Template] = {}
        self._texts: dict[str, tuple[Unit, Template]] = {}

    def add(self, unit: Unit) -> None:
        """Later definitions win, but an empty one never takes the place of another."""
        record = unit.record
        for number, defined in enumerate(record.names):
            name = defined if number else unit.name
            if name in self._places and record.empty[number]:
                continue
            self._places[name] = unit, number
            self._functions.pop(name, None)

    def get_function(self, name: str) -> Template | None:
        function = self._functions.get(name)
        if function is None:
            place = self._places.get(name)
            if place is None:
                return None
            unit, number = place
            function = self._functions[name] = unit.function(number, name)
        return function

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def run_text(self, text: str, data: Any, context: Context) -> str:
        """`tpl`. Raises FunctionError with the words of Helm's."""
        known = self._texts.get(text)
        if known is None:
            try:
                unit = self._load(TPL_NAME, text)
            except ParseError as error:
                place = f"template: {TPL_NAME}:{error.line}: {error.message_in(TPL_NAME)}"
                raise FunctionError(f"cannot parse template {quote(text)}: {place}") from error
            known = self._texts[text] = unit, unit.function(0, TPL_NAME)
        unit, function = known
        try:
            if len(unit.record.names) > 1 or TPL_NAME in text or TPL_NAME in self._places:
                child = context.child(self._with(unit))
                output = child.run(function, data)
                child.finish()
            else:
                output = context.run(function, data)
        except (LimitExceeded, RecursionError, MemoryError):
            raise
        except Exception as error:
            lead = f"error during tpl function execution for {quote(text)}: "
            raise WrappingError(lead, exec_error(error)) from error
        return output.replace("<no value>", "")

    def _with(self, unit: Unit) -> TemplateSet:
        both = TemplateSet(self._load)
        both._places = dict(self._places)
        both._functions = dict(self._functions)
        both.add(unit)
        return both
