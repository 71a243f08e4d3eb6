"""Click, with the manners of Helm's command line.

Three things differ from click's own: a flag may be written `--wait` or `--wait=watcher` (never `--wait watcher`), a boolean
flag may be written `--install=false`, and the global flags may stand before or after the command's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from steersman.cli.settings import Settings


def optional_value(*declarations: str, bare: str, default: str | None, help: str, metavar: str) -> click.Option:
    """An option that takes its value only after `=`; without one it means `bare` (Go's NoOptDefVal)."""
    option = click.Option(declarations, default=default, help=help, metavar=f"[={metavar}]")
    option.bare_value = bare  # type: ignore[attr-defined]
    return option


def _global(*declarations: str, **attributes: Any) -> click.Option:
    option = click.Option(declarations, **attributes)
    option.is_global = True  # type: ignore[attr-defined]
    return option


GLOBAL_OPTIONS: list[click.Parameter] = [
    _global("-n", "--namespace", help="namespace scope for this request"),
    _global("--kubeconfig", help="path to the kubeconfig file"),
    _global("--kube-context", help="name of the kubeconfig context to use"),
    _global("--kube-apiserver", help="address and port of the Kubernetes API server"),
    _global("--kube-token", help="bearer token used for authentication"),
    _global("--kube-ca-file", help="certificate authority file for the API server's connection"),
    _global("--kube-as-user", help="username to impersonate for the operation"),
    _global("--kube-as-group", multiple=True, help="group to impersonate (repeatable)"),
    _global("--kube-insecure-skip-tls-verify", is_flag=True, help="do not check the API server's certificate"),
    _global("--kube-tls-server-name", help="server name to check the API server's certificate against"),
    _global("--repository-config", help="path to the file containing repository names and URLs"),
    _global("--repository-cache", help="path to the directory containing cached repository indexes"),
    _global("--registry-config", help="path to the registry config file"),
    _global("--content-cache", help="path to the directory containing cached content (e.g. charts)"),
    _global("--embedded", is_flag=True, help="use the embedded cluster even where a kubeconfig is given"),
    _global("--color", "--colour", type=click.Choice(["never", "auto", "always"]), help="use coloured output"),
    _global("--debug", is_flag=True, help="enable verbose output"),
]


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
                raise click.BadParameter(f'invalid argument "{value}" for "{name}" flag: not a boolean')
        else:
            rewritten.append(word)
    return rewritten


class HelmCommand(click.Command):
    """A command that takes Go-style flags and the global ones."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])
        self.context_settings.setdefault("max_content_width", 110)
        own = {name for param in self.params for name in param.opts}
        self.params.extend(option for option in GLOBAL_OPTIONS if not own & set(option.opts))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, go_arguments(self.get_params(ctx), args))

    def invoke(self, ctx: click.Context) -> Any:
        # Global flags given after the command's name win over those before it.
        names = {option.name for option in GLOBAL_OPTIONS if option.name}
        given = {name: ctx.params.pop(name) for name in list(ctx.params) if name in names}
        before = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
        ctx.obj = before.override(given)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, wanted in (("Flags", False), ("Global Flags", True)):
            records = [
                record
                for param in self.get_params(ctx)
                if isinstance(param, click.Option)
                and getattr(param, "is_global", False) is wanted
                and (record := param.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class HelmGroup(click.Group):
    """A group whose commands are HelmCommands."""

    command_class = HelmCommand

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # Only the words before the subcommand's name are this group's.
        for index, word in enumerate(args):
            if not word.startswith("-") and self.get_command(ctx, word) is not None:
                return super().parse_args(ctx, go_arguments(self.get_params(ctx), args[:index]) + args[index:])
        return super().parse_args(ctx, go_arguments(self.get_params(ctx), args))


HelmGroup.group_class = HelmGroup
