"""Options that say how to reach a server of charts: who we are to it, and how it proves to be itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from steersman.cli import declare
from steersman.errors import UsageError

if TYPE_CHECKING:
    from steersman.chart.repo.fetch import Access

Command = Callable[..., Any]

_WORDS = (
    ("--username", "user name there"),
    ("--password", "password there"),
    ("--ca-file", "verify certificates of HTTPS-enabled servers using this CA bundle"),
    ("--cert-file", "identify HTTPS client using this SSL certificate file"),
    ("--key-file", "identify HTTPS client using this SSL key file"),
)


def access_options(command: Command) -> Command:
    """`--username`, `--ca-file` and the rest; the command gets `access: Access`."""

    @wraps(command)
    def collected(*args: Any, insecure_skip_tls_verify: bool, plain_http: bool, **given: Any) -> Any:
        from steersman.chart.repo.fetch import Access

        words = {name: given.pop(name) for name in ("username", "password", "ca_file", "cert_file", "key_file")}
        access = Access(**words, insecure=insecure_skip_tls_verify, plain_http=plain_http)
        return command(*args, access=access, **given)

    collected = declare.option("--plain-http", is_flag=True, help="use insecure HTTP connections")(collected)
    collected = declare.option("--insecure-skip-tls-verify", is_flag=True, help="skip tls certificate checks")(
        collected
    )
    for option, text in reversed(_WORDS):
        collected = declare.option(option, default="", help=text)(collected)
    return collected


def ask_password(access: Access, *, from_stdin: bool) -> str:
    """The password of a named user: as given, from standard input, or asked for. Raises UsageError."""
    if from_stdin:
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if access.password or not access.username:
        return access.password
    if not sys.stdin.isatty():
        raise UsageError("a password is needed", hint="--password-stdin reads it from standard input.")
    import click

    password: str = click.prompt("Password", hide_input=True, prompt_suffix=": ")
    return password
