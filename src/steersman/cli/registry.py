"""`steer registry`: credentials of OCI registries, in the same file as helm's."""

from __future__ import annotations

import sys

from steersman.cli import declare
from steersman.cli.access_options import ask_password
from steersman.cli.home import home
from steersman.cli.output import echo
from steersman.errors import UsageError


@declare.group("registry")
def command() -> None:
    """Log in to or log out from a registry."""


@command.command("login")
@declare.argument("host", metavar="HOST")
@declare.option("-u", "--username", default="", help="registry username")
@declare.option("-p", "--password", default="", help="registry password or identity token")
@declare.option("--password-stdin", is_flag=True, help="read password or identity token from stdin")
@declare.option("--insecure", is_flag=True, help="allow connections to TLS registry without certs")
@declare.option("--ca-file", default="", help="verify certificates of HTTPS-enabled servers using this CA bundle")
@declare.option("--cert-file", default="", help="identify registry client using this SSL certificate file")
@declare.option("--key-file", default="", help="identify registry client using this SSL key file")
@declare.option("--plain-http", is_flag=True, help="use insecure HTTP connections")
def login(
    host: str,
    username: str,
    password: str,
    password_stdin: bool,
    insecure: bool,
    ca_file: str,
    cert_file: str,
    key_file: str,
    plain_http: bool,
) -> None:
    """Check a user name and password with a registry, and remember them."""
    from steersman.chart.repo.credentials import Credential
    from steersman.chart.repo.fetch import Access
    from steersman.chart.repo.registry import Registry

    if password and not password_stdin:
        echo("WARNING: Using --password via the CLI is insecure. Use --password-stdin.", err=True)
    if not username and sys.stdin.isatty() and not password_stdin:
        import click

        username = click.prompt("Username", prompt_suffix=": ")
    access = Access(username, password, ca_file, cert_file, key_file, insecure=insecure, plain_http=plain_http)
    secret = ask_password(access, from_stdin=password_stdin)
    if not secret:
        raise UsageError("password required" if username else "token required")
    Registry(host, access, home()).login(Credential(username, secret))
    echo("Login Succeeded")


@command.command("logout")
@declare.argument("host", metavar="HOST")
def logout(host: str) -> None:
    """Forget the credentials of a registry."""
    from steersman.chart.repo import credentials

    credentials.forget(home(), host)
    echo(f"Removing login credentials for {host}")
