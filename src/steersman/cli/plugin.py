"""`steer plugin`: Helm's plugins, which are put where helm looks for them, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.access_options import access_options
from steersman.cli.booleans import on_by_default
from steersman.cli.formats import table
from steersman.cli.home import home
from steersman.cli.output import echo, warn
from steersman.cli.plugin_home import folders
from steersman.errors import PluginError, SteersmanError, UsageError

if TYPE_CHECKING:
    from steersman.chart.repo.fetch import Access
    from steersman.plugins.installing import Caller
    from steersman.plugins.manifest import Plugin
    from steersman.plugins.sources import Packaged


@declare.group("plugin")
def command() -> None:
    """Install, list, or uninstall Helm plugins."""


@command.command("list")
@declare.option("--type", "kind", default="", help="plugin type (cli/v1, getter/v1, postrenderer/v1)")
def listing(kind: str) -> None:
    """List installed Helm plugins."""
    from steersman.cli.plugin_command import is_ours
    from steersman.plugins.finding import find
    from steersman.plugins.manifest import CLI
    from steersman.plugins.provenance import status

    found = find(folders(), warn, type=kind)
    rows = [
        (one.name, one.version, one.type, one.api_version, status(one), one.source_url or "unknown") for one in found
    ]
    echo(table(("NAME", "VERSION", "TYPE", "APIVERSION", "PROVENANCE", "SOURCE"), rows))
    for one in found:
        if one.type == CLI and is_ours(one.command):
            warn(f'the plugin "{one.name}" cannot be run: `steer {one.command}` is a command of steer itself')


@command.command("install")
@declare.argument("source", metavar="PATH|URL")
@declare.option("--version", default="", help="a tag, branch or commit, or a range of versions; else the latest")
@declare.option(
    "--keyring", default="", help="location of public keys used for verification (default: GnuPG's pubring.gpg)"
)
@access_options
def install(source: str, version: str, keyring: str, access: Access, verify: bool) -> None:
    """Install a Helm plugin: a folder (by a link), a .tgz, its address, oci://…, or a git repository.

    The signature of a .tgz is verified first; its .prov must lie beside it.
    """
    import os
    from pathlib import Path

    from steersman.plugins import installing
    from steersman.plugins.archives import is_archive

    where = folders()
    if not where:
        raise UsageError("HELM_PLUGINS names no folder", hint="Unset it, or set it to a folder.")
    target, path = Path(where[0]).absolute(), Path(os.path.abspath(source))
    if path.exists() and not is_archive(path.name):
        _say("Installing plugin from local directory (development mode)")
        installing.install_link(path, target, _caller())
        return
    fetch = _packaged(source, access)
    if fetch is None and verify:
        raise PluginError(
            "plugin source does not support verification. Use --verify=false to skip verification",
            hint="Only a .tgz can be signed, not a git repository.",
        )
    _say("Verifying plugin signature..." if verify else "WARNING: Skipping plugin signature verification")
    if fetch is None:
        installing.install_repository(source, target, _caller(), version=version)
    else:
        installing.install_archive(fetch(), target, _caller(), keyring=keyring if verify else None)


def _packaged(source: str, access: Access) -> Callable[[], Packaged] | None:
    """How to get the packaged plugin that `source` names; None if it names a git repository. Raises PluginError."""
    from functools import partial
    from pathlib import Path

    from steersman.chart.repo.reference import is_oci
    from steersman.plugins import repository, sources

    if is_oci(source):
        return partial(sources.from_registry, source, access, home())
    if Path(source).exists():
        return partial(sources.from_file, Path(source).absolute())
    if sources.is_address(source):
        return partial(sources.from_address, source, access)
    if repository.is_repository(source):
        return None
    raise PluginError(
        f'cannot get information about plugin source "{source}" (if it\'s a local directory, does it exist?), '
        "last error was: Cannot detect VCS",
        hint="Name a plugin's folder or .tgz, an address of one, oci://…, or a git repository.",
    )


on_by_default(install, "--verify", "verify the plugin signature before installing")


@command.command("uninstall")
@declare.argument("names", metavar="PLUGIN...", nargs=-1)
def uninstall(names: tuple[str, ...]) -> None:
    """Uninstall one or more Helm plugins."""
    from steersman.plugins.installing import uninstall as remove

    _each(names, "uninstall", remove)


@command.command("update")
@declare.argument("names", metavar="PLUGIN...", nargs=-1)
def update(names: tuple[str, ...]) -> None:
    """Update one or more Helm plugins that are git repositories."""
    from steersman.plugins.installing import update as bring_up_to_date

    _each(names, "update", bring_up_to_date)


@command.command("package")
@declare.argument("path", metavar="PATH")
@declare.option("-d", "--destination", default=".", help="location to write the plugin tarball")
@declare.option("--key", default="", help="name of the key to use when signing")
@declare.option(
    "--keyring", default="", help="location of a keyring with the secret key (default: GnuPG's pubring.gpg)"
)
@declare.option(
    "--passphrase-file", type=declare.File(), help="file with the passphrase of the signing key (-: standard input)"
)
def package(path: str, destination: str, key: str, keyring: str, passphrase_file: IO[str] | None, sign: bool) -> None:
    """Package a plugin's folder into an archive, NAME-VERSION.tgz, and sign it."""
    from steersman.plugins.packaging import package as pack

    passphrase = passphrase_file.read().rstrip("\r\n") if passphrase_file is not None else ""
    for line in pack(path, destination, signing=(keyring, key, passphrase) if sign else None):
        _say(line)


on_by_default(package, "--sign", "use a PGP private key to sign this plugin")


@command.command("verify")
@declare.argument("path", metavar="PATH")
@declare.option("--keyring", default="", help="keyring containing public keys (default: GnuPG's pubring.gpg)")
def verify(path: str, keyring: str) -> None:
    """Verify that a packaged plugin at PATH has a valid provenance file (PATH.prov)."""
    from steersman.plugins.packaging import verify as check

    for line in check(path, keyring):
        _say(line)


def _each(names: tuple[str, ...], verb: str, work: Callable[[Plugin, Caller], None]) -> None:
    """Do it to each plugin named; what went wrong is told at the end. Raises PluginError."""
    from steersman.plugins.finding import find

    if not names:
        raise UsageError(f"please provide plugin name to {verb}", hint="`steer plugin list` shows them.")
    known = {plugin.name: plugin for plugin in reversed(find(folders(), warn))}
    problems, hints = [], []
    for name in names:
        if name not in known:
            problems.append(f"plugin: {name} not found")
            hints.append(f"`steer plugin list` shows those in {', '.join(folders())}.")
            continue
        try:
            work(known[name], _caller())
        except SteersmanError as error:
            problems.append(f"failed to {verb} plugin {name}, got error ({error})")
            hints.append(error.hint)
    if problems:
        raise PluginError("\n".join(problems), hint="\n".join(dict.fromkeys(filter(None, hints))))


def _caller() -> Caller:
    from steersman.cli.declare import settings
    from steersman.cli.plugin_home import variables
    from steersman.cli.settings import Settings
    from steersman.plugins.installing import Caller

    return Caller(_say, variables(settings() or Settings()))


def _say(line: str) -> None:
    """At once: what a plugin's hook prints comes after it."""
    import sys

    echo(line)
    sys.stdout.flush()
