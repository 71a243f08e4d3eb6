"""Commands and their options as data, in click's words, without importing click.

click takes longer to import than most commands take to run. So the modules of the commands say here what they understand;
`straight` reads an ordinary command line by it, and `Declared.click` makes the click command of it for all the rest: help,
completion, and the wording of mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper

from steersman.cli.settings import Settings
from steersman.lazy import TYPE_CHECKING
from steersman.record import field, record

if TYPE_CHECKING:
    from typing import Any, TypeVar

    import click

    F = TypeVar("F", bound=Callable[..., Any])
    T = TypeVar("T")

# The settings of the command that runs now, where it runs without click.
_running: list[Settings] = []


@record(frozen=True, slots=True)
class Choice:
    """One of these words."""

    words: Sequence[str]

    def click(self) -> Any:
        import click

        return click.Choice(list(self.words))


@record(frozen=True, slots=True)
class Named:
    """A type of click's own that is rare enough to leave its values to click: `Path`, `File`."""

    name: str
    attributes: dict[str, Any]

    def click(self) -> Any:
        import click

        return getattr(click, self.name)(**self.attributes)


def Path(**attributes: Any) -> Named:
    """A path, checked by click as `attributes` say."""
    return Named("Path", attributes)


def File() -> Named:
    """A file that click opens; `-` is standard input."""
    return Named("File", {})


@record(frozen=True, slots=True)
class Parameter:
    """An option, or an argument where `names` has no dashes. `attributes` are click's; `bare_value` is what the option means
    when no `=value` follows it (None: it takes its value as usual)."""

    names: tuple[str, ...]
    attributes: dict[str, Any]
    bare_value: str | None = None

    @property
    def is_option(self) -> bool:
        return any(name.startswith("-") for name in self.names)

    @property
    def flags(self) -> tuple[str, ...]:
        """The words that stand for it on a command line."""
        return tuple(name for name in self.names if name.startswith("-"))

    @property
    def field(self) -> str:
        """The keyword that the command gets it by: the name without dashes, else the first of the longest kind."""
        plain = [name for name in self.names if not name.startswith("-")]
        long = plain or [name for name in self.names if name.startswith("--")] or list(self.names)
        return long[0].strip("-").replace("-", "_").lower()

    def click(self) -> click.Parameter:
        import click

        kind: Any = self.attributes.get("type")
        attributes = {**self.attributes, "type": kind.click()} if hasattr(kind, "click") else self.attributes
        from steersman.cli.completing import completer

        complete = completer(self.field if self.is_option else self.attributes.get("metavar", self.field))
        if complete is not None:
            attributes = {**attributes, "shell_complete": complete}
        made: click.Parameter = (click.Option if self.is_option else click.Argument)(list(self.names), **attributes)
        if self.bare_value is not None:
            made.bare_value = self.bare_value  # type: ignore[attr-defined]
        return made


@record(slots=True)
class Declared:
    """A command, or a group with its commands below. `kind` is a class of click's for one with manners of its own; `otherwise`
    the command that a group means where none is named."""

    name: str
    run: Callable[..., Any]
    parameters: list[Parameter]
    kind: Any = None
    children: dict[str, Declared] = field(default_factory=dict)
    is_group: bool = False
    otherwise: str = ""
    _click: Any = None

    def command(self, name: str) -> Callable[[Callable[..., Any]], Declared]:
        """Declare a command of this group."""

        def declared(function: Callable[..., Any]) -> Declared:
            self.children[name] = command(name)(function)
            return self.children[name]

        return declared

    def click(self) -> click.Command:
        """The same for click."""
        if self._click is None:
            from inspect import cleandoc

            from steersman.cli.command import HelmCommand, HelmGroup

            kind = self.kind or (HelmGroup if self.is_group else HelmCommand)
            help_text = cleandoc(self.run.__doc__ or "")
            self._click = kind(
                self.name, params=[p.click() for p in self.parameters], callback=self.run, help=help_text
            )
            if self.otherwise:
                self._click.otherwise = self.otherwise
            for child in self.children.values():
                self._click.add_command(child.click())
        made: click.Command = self._click
        return made


def command(name: str, *, cls: Any = None) -> Callable[[Callable[..., Any]], Declared]:
    """Make a command of a function; `cls` is its `kind`."""

    def declared(function: Callable[..., Any]) -> Declared:
        return Declared(name, function, _parameters(function), cls)

    return declared


def group(name: str, *, otherwise: str = "") -> Callable[[Callable[..., Any]], Declared]:
    def declared(function: Callable[..., Any]) -> Declared:
        return Declared(name, function, _parameters(function), is_group=True, otherwise=otherwise)

    return declared


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """An option in click's words."""
    return _declaring(Parameter(names, attributes))


def argument(*names: str, **attributes: Any) -> Callable[[F], F]:
    return _declaring(Parameter(names, attributes))


def pass_obj(function: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the command its `Settings` first."""

    def with_settings(*args: Any, **given: Any) -> Any:
        return function(settings() or Settings(), *args, **given)

    return update_wrapper(with_settings, function)


def settings() -> Settings | None:
    """The settings of the command that runs now; None where none runs."""
    if _running:
        return _running[-1]
    import click

    context = click.get_current_context(silent=True)
    return context.obj if context is not None and isinstance(context.obj, Settings) else None


def call(declared: Declared, chosen: Settings, given: dict[str, Any]) -> Any:
    """Run a command with what was read for it."""
    return with_settings(chosen, lambda: declared.run(**given))


def with_settings(chosen: Settings, work: Callable[[], T]) -> T:
    """Do something as a command that runs with these settings."""
    _running.append(chosen)
    try:
        return work()
    finally:
        _running.pop()


def bare(*names: str, bare_value: str, **attributes: Any) -> Parameter:
    """An option whose value stands only behind `=`, to be added to a command that is declared already."""
    return Parameter(names, attributes, bare_value)


def _declaring(parameter: Parameter) -> Callable[[F], F]:
    def declare(function: F) -> F:
        if isinstance(function, Declared):
            raise TypeError("options stand below @command")
        function.__declared__ = [*getattr(function, "__declared__", ()), parameter]  # type: ignore[attr-defined]
        return function

    return declare


def _parameters(function: Callable[..., Any]) -> list[Parameter]:
    return list(reversed(getattr(function, "__declared__", ())))
