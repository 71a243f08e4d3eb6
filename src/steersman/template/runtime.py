"""What compiled templates run on: the templates that they can call, `include` and `tpl`, loops, and the bounds of it all."""

from __future__ import annotations

import sys
from time import monotonic

from steersman.lazy import TYPE_CHECKING
from steersman.template import access
from steersman.template.builtins import length_of_chain, length_of_value, show
from steersman.template.failures import ExecFailure, FunctionError, LimitExceeded
from steersman.template.gofmt import default_format
from steersman.template.gofmt_value import Printer
from steersman.template.limits import MAX_TEXT, Limits
from steersman.template.strconv import quote
from steersman.template.tracing import UnknownTemplate, exec_error
from steersman.template.values import Counting, Int8, Int16, Int32, Int64, Uint, Uint8, Uint16, Uint32, Uint64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from steersman.template.unit import TemplateSet

    Template = Callable[[Any, "Context"], str]

# Helm: how often one template can be included inside of itself. Go: how deep `{{template}}` can go; see `_deeper`.
MAX_INCLUDES = 1000
# Ours: how deep `tpl` may run inside of `tpl`. Every level quotes its text in the error of a failure.
MAX_TEXTS = 250
_TEXTS = ""  # under this name `included` counts them
_MAX_DEPTH_OF_GO = 100000
_MAX_DEPTH = 10000

_FRAMES_PER_LEVEL = 8
_SPARE_FRAMES = 700
_CHECKED_LOOP = 1000


class Context:
    """One run of templates: who calls whom how deep, and what of the limits is used.

    `tpl` works on a context of its own, which sees the templates that its text defines and shares the rest.
    """

    __slots__ = ("deadline", "depth", "included", "iterations", "limits", "output", "safe_depth", "templates")

    def __init__(self, templates: TemplateSet, limits: Limits) -> None:
        self.templates = templates
        self.limits = limits
        self.included: dict[str, int] = {}
        self.depth = 0
        self.safe_depth = 20
        self.output = limits.output
        self.iterations = limits.iterations
        self.deadline = monotonic() + limits.seconds

    def start(self, name: str, data: Any) -> str:
        """Run one of the templates by its name. Raises UnknownTemplate and whatever goes wrong inside."""
        return self.run(self._known(name), data)

    # --- templates that call templates ----------------------------------------------------------------------------

    def include(self, name: str, data: Any) -> str:
        """Helm's `include`: the text of another template. Its failure becomes a part of the caller's."""
        nested = self.included.get(name, 0)
        if nested > MAX_INCLUDES:
            raise FunctionError(f"rendering template has a nested reference name: {name}: unable to execute template")
        template = self._known(name)
        self.included[name] = nested + 1
        self._deeper(data)
        try:
            text = template(data, self)
        except (LimitExceeded, RecursionError, MemoryError):
            raise
        except Exception as error:
            raise exec_error(error) from error
        finally:
            self.included[name] = nested
            self.depth -= 1
        return text

    def _known(self, name: str) -> Template:
        template = self.templates.get_function(name)
        if template is None:
            raise UnknownTemplate(f'template: no template {quote(name)} associated with template "gotpl"')
        return template

    def find(self, name: str) -> Template:
        """The template that `{{template "name" …}}` will run. Raises ExecFailure."""
        template = self.templates.get_function(name)
        if template is None:
            raise ExecFailure(f"template {quote(name)} not defined", hint=f'Nothing defines a template "{name}".')
        return template

    def template(self, template: Template, data: Any) -> str:
        """`{{template "name" data}}`: no function call for Go, so that an error names the inner template alone."""
        if self.depth >= _MAX_DEPTH:
            raise ExecFailure(f"exceeded maximum template depth ({_MAX_DEPTH_OF_GO})")
        self._deeper(data)
        text = template(data, self)
        self.depth -= 1
        return text

    def tpl(self, text: str, data: Any) -> str:
        """Helm's `tpl`: a text from the values, run as a template."""
        if "{{" not in text:
            return text.replace("<no value>", "")
        nested = self.included.get(_TEXTS, 0)
        if nested >= MAX_TEXTS:
            raise LimitExceeded(f"tpl runs texts inside of texts, more than {MAX_TEXTS} deep")
        self.included[_TEXTS] = nested + 1
        try:
            return self.templates.run_text(text, data, self)
        finally:
            self.included[_TEXTS] = nested

    def run(self, template: Template, data: Any) -> str:
        """One level deeper, without a name."""
        self._deeper(data)
        text = template(data, self)
        self.depth -= 1
        return text

    def _deeper(self, data: Any) -> None:
        self.depth += 1
        if type(data) is str and len(data) > MAX_TEXT:
            too_long()
        if self.depth > self.safe_depth:
            if self.depth > _MAX_DEPTH:
                raise LimitExceeded(f"templates call each other more than {_MAX_DEPTH} levels deep")
            # Python stops at a depth of 1000 calls by itself; only templates that need more get more
            self.safe_depth = self.depth + 100
            needed = self.safe_depth * _FRAMES_PER_LEVEL + _SPARE_FRAMES + _frames()
            if sys.getrecursionlimit() < needed:
                sys.setrecursionlimit(needed)
        if monotonic() > self.deadline:
            self._too_slow()

    # --- loops ----------------------------------------------------------------------------------------------------

    def items(self, value: Any) -> Iterable[Any]:
        """What `range` with at most one variable runs over. Raises ExecFailure for what cannot be run over."""
        kind = type(value)
        if kind is list or isinstance(value, list):
            return self._counted(value)
        if isinstance(value, dict):
            return self._counted([value[key] for key in sorted(value)])
        if value is None:
            return ()
        if isinstance(value, bytes):
            return self._counted([Uint8(byte) for byte in value])
        if isinstance(value, int) and kind is not bool:
            numbers: Sequence[Any] = range(value)
            if numbers and kind is not int:
                self._count(len(numbers))
                return Counting(type(value)(number) for number in numbers)
            return self._counted(numbers)
        raise ExecFailure(f"range can't iterate over {default_format(value)}")

    def pairs(self, value: Any) -> Iterable[tuple[Any, Any]]:
        """What `range` with two variables runs over: index or key, and element."""
        if isinstance(value, dict):
            return self._counted(sorted(value.items(), key=_first))
        if isinstance(value, int) and type(value) is not bool:
            raise ExecFailure(f"can't use {default_format(value)} to iterate over more than one variable")
        return list(enumerate(self.items(value)))

    def _counted(self, items: Sequence[Any]) -> Iterable[Any]:
        size = len(items)
        self._count(size)
        return _Timed(items, self) if size > _CHECKED_LOOP else items

    def _count(self, size: int) -> None:
        self.iterations -= size
        if self.iterations < 0:
            raise LimitExceeded(f"the templates loop more than {self.limits.iterations} times in all")
        if monotonic() > self.deadline:
            self._too_slow()

    def _too_slow(self) -> None:
        raise LimitExceeded(f"rendering takes longer than {self.limits.seconds:g} seconds")

    # --- output ---------------------------------------------------------------------------------------------------

    def join(self, pieces: Sequence[str]) -> str:
        """The text of a template, if the limit allows for it."""
        if len(pieces) > 8:
            self._check_output(sum(map(len, pieces)))
            return "".join(pieces)
        text = "".join(pieces)
        self._check_output(len(text))
        return text

    def _check_output(self, size: int) -> None:
        self.output -= size
        if self.output < 0:
            raise LimitExceeded(f"the templates produce more than {self.limits.output} characters in all")

    def child(self, templates: TemplateSet) -> ChildContext:
        return ChildContext(templates, self)


class ChildContext(Context):
    """The context of a `tpl` that defines templates."""

    __slots__ = ("parent",)

    def __init__(self, templates: TemplateSet, parent: Context) -> None:
        super().__init__(templates, parent.limits)
        self.parent = parent
        self.included = parent.included
        self.depth = parent.depth
        self.safe_depth = parent.safe_depth
        self.output = parent.output
        self.iterations = parent.iterations
        self.deadline = parent.deadline

    def finish(self) -> None:
        """Give the parent its account of what is left."""
        self.parent.output = self.output
        self.parent.iterations = self.iterations
        self.parent.safe_depth = self.safe_depth


class _Timed:
    """A long sequence that looks at the clock now and then while it is run over."""

    __slots__ = ("_context", "_items")

    def __init__(self, items: Sequence[Any], context: Context) -> None:
        self._items = items
        self._context = context

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        for number, item in enumerate(self._items):
            if not number & 255:
                self._context._count(0)
            yield item


def _first(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def _frames() -> int:
    """How deep Python is by now."""
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth += 1
        frame = frame.f_back  # type: ignore[assignment]
    return depth


# --- what compiled templates call by name -------------------------------------------------------------------------


def fail(message: str) -> Any:
    raise ExecFailure(message)


def too_long() -> str:
    raise LimitExceeded(f"a template makes a text of more than {MAX_TEXT} characters")


def format_operand(value: Any, verb: str) -> str:
    return Printer().print_argument(value, verb)


NAMES: Mapping[str, Any] = {
    "call_method": access.call_method,
    "convert": access.convert,
    "fail": fail,
    "format_operand": format_operand,
    "length_of_chain": length_of_chain,
    "length_of_value": length_of_value,
    "show": show,
    "too_long": too_long,
    "walk": access.walk,
    **{each.__name__: each for each in (Counting, Int8, Int16, Int32, Int64, Uint, Uint8, Uint16, Uint32, Uint64)},
}
