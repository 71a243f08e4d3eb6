"""`steer package`: a chart's folder as an archive."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from steersman.cli import declare
from steersman.cli.access_options import access_options
from steersman.cli.home import home
from steersman.cli.output import echo
from steersman.errors import UsageError

if TYPE_CHECKING:
    from steersman.chart.repo.fetch import Access


@declare.command("package")
@declare.argument("paths", metavar="CHART_PATH...", nargs=-1, required=True)
@declare.option("-d", "--destination", default=".", help="location to write the chart")
@declare.option("--version", default="", help="set the version on the chart to this semver version")
@declare.option("--app-version", default="", help="set the appVersion on the chart to this version")
@declare.option(
    "-u", "--dependency-update", is_flag=True, help="update dependencies from Chart.yaml to charts/ before packaging"
)
@declare.option("--sign", is_flag=True, help="use a PGP private key to sign this package")
@declare.option("--key", default="", help="name of the key to use when signing")
@declare.option("--keyring", default="", help="location of a keyring with the secret key")
@declare.option(
    "--passphrase-file", type=declare.File(), help="file with the passphrase of the signing key (-: standard input)"
)
@access_options
def command(
    paths: tuple[str, ...],
    destination: str,
    version: str,
    app_version: str,
    dependency_update: bool,
    sign: bool,
    key: str,
    keyring: str,
    passphrase_file: IO[str] | None,
    access: Access,
) -> None:
    """Package charts into versioned archives, NAME-VERSION.tgz."""
    from steersman.chart.package import package
    from steersman.cli.output import warn

    if sign and not key:
        raise UsageError("--key is required for signing a package")
    if sign and not keyring:
        raise UsageError("--keyring is required for signing a package")
    passphrase = passphrase_file.readline().rstrip("\r\n") if passphrase_file is not None else ""
    for path in paths:
        if dependency_update:
            from steersman.chart.repo.dependency import DependencyManager

            DependencyManager(Path(path), home(), echo, access=access).update()
        archive = package(path, destination, version=version, app_version=app_version, warn=warn)
        if sign:
            _sign(archive, keyring, key, passphrase)
        echo(f"Successfully packaged chart and saved it to: {archive}")


def _sign(archive: Path, keyring: str, key: str, passphrase: str) -> None:
    from steersman.chart.load import load
    from steersman.chart.provenance import sign

    signed = sign(archive.read_bytes(), archive.name, load(archive).metadata, keyring, key, passphrase)
    archive.with_name(f"{archive.name}.prov").write_bytes(signed)
