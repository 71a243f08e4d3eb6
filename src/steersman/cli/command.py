"""Click, with the manners of Helm's command line.

Three things differ from click's own: a flag may be written `--wait` or `--wait=watcher` (never `--wait watcher`), a boolean
flag may be written `--install=false`, and the global flags may stand before or after the command's name.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from steersman.cli.commands import below
from steersman.cli.examples import examples_of
from steersman.cli.global_options import GLOBAL
from steersman.cli.mistakes import in_helms_words
from steersman.cli.settings import Settings

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

GLOBAL_OPTIONS: list[click.Parameter] = [parameter.click() for parameter in GLOBAL]


# No first sentence of a command's help is longer.
SENTENCE = 300


def go_arguments(params: Sequence[click.Parameter], args: Sequence[str]) -> list[str]:
    """Rewrite Go-style flags to what click understands; everything after `--` is left alone."""
    optional: dict[str, str] = {}
    flags: dict[str, click.Option] = {}
    for param in params:
        if isinstance(param, click.Option):
            for name in param.opts:
                if hasattr(param, "bare_value"):
                    optional[name] = param.bare_value
                elif param.is_flag:
                    flags[name] = param
    rewritten: list[str] = []
    rest = list(args)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*rewritten, word, *rest]
        name, separator, value = word.partition("=")
        if word in optional:
            rewritten.append(f"{word}={optional[word]}")
        elif separator and name in flags:
            if value.lower() in ("true", "t", "1"):
                rewritten.append(name)
            elif value.lower() not in ("false", "f", "0"):
                reason = f'strconv.ParseBool: parsing "{value}": invalid syntax'
                raise click.UsageError(f'invalid argument "{value}" for "{name}" flag: {reason}')
        else:
            rewritten.append(word)
    return rewritten


def described(offered: list[CompletionItem[str]]) -> list[CompletionItem[str]]:
    """What a shell is offered, without what it is about where the user wanted it so."""
    if os.environ.get("_STEER_COMPLETE_BARE"):
        for item in offered:
            item.help = None
    return offered


class HelmCommand(click.Command):
    """A command that takes Go-style flags and the global ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self.context_settings.setdefault("max_content_width", 110)
        own = {name for param in self.params for name in param.opts}
        self.params.extend(option for option in GLOBAL_OPTIONS if not own & set(option.opts))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, go_arguments(self.get_params(ctx), args))
        except click.UsageError as error:
            raise in_helms_words(error, ctx, args) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        return described(super().shell_complete(ctx, incomplete))

    def invoke(self, ctx: click.Context) -> Any:
        # Global flags given after the command's name win over those before it.
        names = {option.name for option in GLOBAL_OPTIONS if option.name}
        given = {name: ctx.params.pop(name) for name in list(ctx.params) if name in names}
        before = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
        ctx.obj = before.override(given)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        examples = examples_of(ctx.command_path.split())
        if examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"{'':>{formatter.current_indent}}{line}\n" for line in examples))
        for title, wanted in (("Flags", False), ("Global Flags", True)):
            records = [
                record
                for param in self.get_params(ctx)
                if isinstance(param, click.Option)
                and (param in GLOBAL_OPTIONS) is wanted
                and (record := param.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class HelmGroup(click.Group):
    """A group whose commands are HelmCommands; `otherwise` is the one that is meant where none is named."""

    command_class = HelmCommand
    otherwise = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self.context_settings.setdefault("max_content_width", 110)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        return described(super().shell_complete(ctx, incomplete))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, below(cmd_name, self.commands))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = get_close_matches(args[0], self.list_commands(ctx), 2, 0.6)
            if self.otherwise and not near and not args[0].startswith("-"):
                return super().resolve_command(ctx, [self.otherwise, *args])
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            text = f'unknown command "{args[0]}" for "{ctx.command_path}".{meant}'
            raise click.UsageError(text, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does it, with whole sentences."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command.get_short_help_str(SENTENCE)) for name, command in found if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if self.otherwise and args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = [self.otherwise, *args]
        # Only the words before the subcommand's name are this group's.
        for index, word in enumerate(args):
            if not word.startswith("-") and self.get_command(ctx, word) is not None:
                return super().parse_args(ctx, go_arguments(self.get_params(ctx), args[:index]) + args[index:])
        return super().parse_args(ctx, go_arguments(self.get_params(ctx), args))


HelmGroup.group_class = HelmGroup
