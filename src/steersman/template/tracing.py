"""From a Python exception inside a compiled template to Go's error, and from there to Helm's words.

The traceback's line leads to the `Site` (see `compiler`). The template is parsed and compiled once more for that: nothing of it
is kept for the case that something might fail.
"""

from __future__ import annotations

from types import FrameType

from steersman.errors import Location, TemplateError
from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.access import walk
from steersman.template.failures import ArgumentFailure, ExecFailure, FunctionError
from steersman.template.strconv import quote
from steersman.template.values import Counting, utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from steersman.template.expressions import Site
    from steersman.template.nodes import Node
    from steersman.template.unit import Here

CODE_NAME = "template"
FILE_NAME = "<template>"


class WrappingError(FunctionError):
    """An error that ends with the text of another. The text is made when it is asked for: chains can be thousands long."""

    def __init__(self, lead: str, inner: BaseException | None) -> None:
        super().__init__(lead)
        self.lead = lead
        self.inner = inner

    def __str__(self) -> str:
        pieces = []
        error: BaseException | None = self
        while isinstance(error, WrappingError):
            pieces.append(error.lead)
            error = error.inner
        if error is not None:
            pieces.append(str(error))
        return "".join(pieces)


class ExecError(WrappingError):
    """Go's template.ExecError: a failure with its place. `inner` is the error that it wraps, if Go wraps one."""

    def __init__(self, lead: str, inner: BaseException | None, location: Location, action: str, hint: str) -> None:
        super().__init__(lead, inner)
        self.location = location
        self.action = action
        self.hint = hint


class UnknownTemplate(FunctionError):
    """`include` of a template that does not exist; its message has Go's form of a template error."""


# What Go calls the constants that it takes for a parameter of a type.
_CONSTANTS = {"float64": "float", "string": "string", "bool": "bool", "int": "integer"}


def exec_error(error: Exception) -> ExecError:
    """Go's error for what a compiled template raised."""
    if isinstance(error, ExecError) and error.__traceback__ is None:
        return error
    frame, line, is_innermost = _compiled_frame(error)
    here: Here = frame.f_locals["here"]
    site = _site(here, line)
    message, node, hint = _explain(error, site, frame, is_innermost)
    row, column = position_of(here.unit.text, node.position)
    name = here.unit.name
    lead = f"template: {name}:{row}:{column}: executing {quote(here.name)} at <{node}>: {message}"
    inner = error if isinstance(error, FunctionError) else None
    return ExecError(lead, inner, Location(name, row, column), str(node), hint)


def position_of(text: str, position: int) -> tuple[int, int]:
    """Line (from 1) and column (from 0, in bytes), as Go gives them."""
    start = text.rfind("\n", 0, position) + 1
    return text.count("\n", 0, position) + 1, len(utf8(text[start:position]))


def _compiled_frame(error: Exception) -> tuple[FrameType, int, bool]:
    found: tuple[FrameType, int, bool] | None = None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == FILE_NAME and code.co_name == CODE_NAME:
            found = traceback.tb_frame, traceback.tb_lineno, traceback.tb_next is None
        traceback = traceback.tb_next
    if found is None:
        raise error
    return found


def _site(here: Here, line: int) -> Site:
    site = here.unit.compiled(here.number).site_at(line)
    assert site is not None, "every line that can fail has a site"
    return site


def _explain(error: Exception, site: Site, frame: FrameType, is_innermost: bool) -> tuple[str, Node, str]:
    """The message, the node that it is about and a hint. The message of a FunctionError itself is left to be added."""
    if isinstance(error, ArgumentFailure):
        node = site.arguments[error.position]
        wanted = _CONSTANTS.get(error.wanted)
        misfit = f"expected {wanted}; found {node}" if wanted else f"can't handle {node} for arg of type {error.wanted}"
        return error.message or misfit, node, error.hint
    if isinstance(error, ExecFailure):
        return error.message, site.node, error.hint
    if isinstance(error, AttributeError) and error.name == "get" and site.base:
        try:
            element = site.element and not isinstance(frame.f_locals.get(site.items), Counting)
            walk(frame.f_locals[site.base], site.names, element=element, strict=False, path=site.path)
        except ExecFailure as failure:
            return failure.message, site.node, failure.hint
        except FunctionError as failure:
            return f"error calling {failure.function}: {failure}", site.node, ""
    if isinstance(error, NameError) and is_innermost:
        return f"undefined variable: {site.path or site.node}", site.node, ""
    if isinstance(error, FunctionError):
        node = site.arguments[-1] if site.arguments else site.node
        return f"error calling {error.function or site.function}: ", node, getattr(error, "hint", "")
    return f"error calling {site.function}: {error}", site.node, ""


# --- Helm's words -------------------------------------------------------------------------------------------------

_WARNING = pattern("(?s)HELM_ERR_START(.*)HELM_ERR_END")
_EXECUTING = pattern(r"(?s)template: (.+?): executing (.+?) at (<.+?>): (.+?)( template:.*)?\Z")
_NOT_ASSOCIATED = pattern(r"template: no template (.*) associated with template (.*)\Z")
_WITHOUT_PLACE = pattern(r"template: (.+?): (.*?)( template:.*)?\Z")


def template_error(error: ExecError) -> TemplateError:
    """The error that a person sees: Helm's text, with the innermost place and the chain of includes that leads there."""
    chain = [each for each in _wrapped(error) if isinstance(each, ExecError)]
    innermost = chain[-1]
    return TemplateError(
        helm_message(error),
        location=innermost.location,
        action=innermost.action,
        chain=tuple(each.location for each in chain[:-1]),
        hint=innermost.hint,
    )


def helm_message(error: ExecError) -> str:
    """How `helm` 4 prints an error of a template: message of `fail` and `required`, or the chain line by line."""
    text = str(error)
    _, _, remainder = text.partition(": ")
    location, separator, rest = remainder.partition(": ")
    if separator:
        warning = _WARNING.search(rest)
        if warning is not None:
            return f"execution error at ({location}): {warning[1]}"
    levels = list(_wrapped(error))
    if not isinstance(levels[-1], ExecError | UnknownTemplate):
        return text
    lines: list[str] = []
    for level in levels:
        described = _traceable(str(level))
        if described is None:
            return text
        if not lines or lines[-1] != described:
            lines.append(described)
    return "".join(lines).strip() or text


def _wrapped(error: BaseException | None) -> Iterator[Any]:
    while error is not None:
        yield error
        error = getattr(error, "inner", None)


def _traceable(text: str) -> str | None:
    match = _EXECUTING.match(text)
    if match is not None:
        return f"{match[1]}\n  executing {match[2]} at {match[3]}:\n    {match[4]}\n"
    if _NOT_ASSOCIATED.match(text):
        return f"{text}\n"
    match = _WITHOUT_PLACE.match(text)
    return f"{match[1]}\n  {match[2]}\n" if match is not None else None


def parse_error(name: str, line: int, message: str) -> TemplateError:
    """A template that does not parse, in Helm's words, which keep no more than the last part of Go's."""
    return TemplateError(
        f"parse error at ({name}:{line}): {message.rpartition(': ')[2]}",
        location=Location(name, line),
    )
