"""Click's mistakes in the words that Helm's command line has for them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

_REFUSED = re.compile(r"'(.*)' is not (?:a valid|one of) ?(.*)\.", re.DOTALL)
_QUOTED = re.compile(r'"([^"]*)"[^"]*$')


class WrongArguments(click.UsageError):
    """Too few of them, or too many; `usage` shows what is taken, as Helm does below the error."""

    def __init__(self, message: str, ctx: click.Context) -> None:
        super().__init__(message, ctx)
        self.usage = f"\nUsage:  {ctx.command_path} {_shown(ctx)}[flags]"


def in_helms_words(error: click.UsageError, ctx: click.Context, words: Sequence[str]) -> click.UsageError:
    """The error to raise instead of click's; the same one where Helm has no other words."""
    match error:
        case click.NoSuchOption():
            return click.UsageError(_unknown(error, words), ctx)
        case click.MissingParameter(param=click.Argument()):
            return WrongArguments(f'"{ctx.command_path}" {_wanted(ctx, missing=True)}', ctx)
        case click.BadOptionUsage() if "requires an argument" in error.message:
            name = error.option_name
            short = name.startswith("-") and not name.startswith("--")
            return click.UsageError(f"flag needs an argument: {f'{name[1:]!r} in {name}' if short else name}", ctx)
        case click.BadParameter() if not isinstance(error, click.MissingParameter) and error.param is not None:
            return click.UsageError(_invalid(error, error.param), ctx)
        case click.UsageError() if error.message.startswith("Got unexpected extra argument"):
            return WrongArguments(f'"{ctx.command_path}" {_wanted(ctx, missing=False)}', ctx)
        case _:
            return error


def _unknown(error: click.NoSuchOption, words: Sequence[str]) -> str:
    if not error.option_name.startswith("--"):
        letter = error.option_name.lstrip("-")
        short = (word for word in words if re.match(r"-[^-]", word) and letter in word)
        return f"unknown shorthand flag: '{letter}' in {next(short, error.option_name)}"
    near = f" Did you mean {' or '.join(sorted(error.possibilities))}?" if error.possibilities else ""
    return f"unknown flag: {error.option_name}{near}"


def _invalid(error: click.BadParameter, param: click.Parameter) -> str:
    """What is wrong with a value: Go's words for numbers, the words that can be chosen for a choice."""
    if refused := _REFUSED.fullmatch(error.message):
        value, wanted = refused[1], refused[2]
        reason = f'strconv.ParseInt: parsing "{value}": invalid syntax' if wanted.startswith("integer") else ""
        reason = reason or f"not one of {wanted.replace(chr(39), '')}"
    elif quoted := _QUOTED.search(error.message):
        value, reason = quoted[1], error.message
    else:
        return error.message
    if isinstance(param, click.Argument):
        return f'invalid argument "{value}" for {(param.metavar or param.name or "").strip("[]").upper()}: {reason}'
    return f'invalid argument "{value}" for "{", ".join(sorted(param.opts, key=len))}" flag: {reason}'


def _wanted(ctx: click.Context, *, missing: bool) -> str:
    """How many arguments, as cobra's checks say it."""
    arguments = _arguments(ctx)
    needed = sum(argument.required for argument in arguments)
    if any(argument.nargs == -1 for argument in arguments) or (missing and needed < len(arguments)):
        return f"requires at least {_counted(needed)}"
    if needed < len(arguments):
        return f"accepts at most {_counted(len(arguments))}"
    return f"requires {_counted(needed)}" if needed else "accepts no arguments"


def _counted(number: int) -> str:
    return f"{number} argument{'s' * (number != 1)}"


def _shown(ctx: click.Context) -> str:
    return "".join(f"{argument.make_metavar(ctx)} " for argument in _arguments(ctx))


def _arguments(ctx: click.Context) -> list[click.Argument]:
    return [param for param in ctx.command.get_params(ctx) if isinstance(param, click.Argument)]
