"""What goes wrong while a template runs, before the runtime knows where: see `tracing` for the full message."""

from __future__ import annotations


class ExecFailure(Exception):
    """The template itself is at fault at this place. The message is Go's, without the place in front of it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ArgumentFailure(ExecFailure):
    """An argument that a method does not take; `position` counts from 0, `wanted` is the Go type of the parameter.

    There is no message of a constant: it names the constant.
    """

    def __init__(self, message: str, position: int, wanted: str) -> None:
        super().__init__(message)
        self.position = position
        self.wanted = wanted


class FunctionError(Exception):
    """What a function fails with. The message is what Go's function puts into its error (or panic), without the
    `error calling NAME:` that the runtime adds."""

    function = ""


class LimitExceeded(Exception):
    """A bound of `Limits` was reached."""


class ParseError(Exception):
    """A template that Go does not parse: `message` is Go's, without the place in front of it."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def message_in(self, name: str) -> str:
        """The message for a text of this name, which some messages repeat."""
        return self.message.replace("%s", name) if " started at %s:" in self.message else self.message
