"""Which chart a command means: a path, or a reference that has to be fetched first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial, wraps

from steersman.chart.model import Chart
from steersman.cli import declare
from steersman.cli.home import home
from steersman.lazy import TYPE_CHECKING
from steersman.record import field_names, record

if TYPE_CHECKING:
    from typing import Any

    from steersman.chart.repo.fetch import Access
    from steersman.memo import Memo

Command = Callable[..., "Any"]

_WORDS = (
    ("--version", "version constraint for the chart: 1.1.1, ^2.0.0; the latest where none is given"),
    ("--repo", "chart repository url where to locate the requested chart"),
    ("--username", "chart repository username"),
    ("--password", "chart repository password"),
    ("--keyring", "public keys used for --verify"),
    ("--ca-file", "verify certificates of HTTPS-enabled servers using this CA bundle"),
    ("--cert-file", "identify HTTPS client using this SSL certificate file"),
    ("--key-file", "identify HTTPS client using this SSL key file"),
)
_FLAGS = (
    ("--devel", "use development versions, too. Equivalent to version '>0.0.0-0'"),
    ("--verify", "verify the package before using it"),
    ("--insecure-skip-tls-verify", "skip tls certificate checks for the chart download"),
    ("--plain-http", "use insecure HTTP connections for the chart download"),
    ("--pass-credentials", "pass credentials to all domains"),
)


@record(frozen=True, slots=True)
class ChartReference:
    """Everything that says where a chart comes from, but its name."""

    version: str = ""
    repo: str = ""
    username: str = ""
    password: str = ""
    keyring: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    devel: bool = False
    verify: bool = False
    insecure_skip_tls_verify: bool = False
    plain_http: bool = False
    pass_credentials: bool = False

    @property
    def constraint(self) -> str:
        """The version asked for; `--devel` stands for any, pre-releases included."""
        return self.version or (">0.0.0-0" if self.devel else "")

    @property
    def access(self) -> Access:
        from steersman.chart.repo.fetch import Access

        return Access(
            self.username,
            self.password,
            self.ca_file,
            self.cert_file,
            self.key_file,
            insecure=self.insecure_skip_tls_verify,
            plain_http=self.plain_http,
            pass_credentials=self.pass_credentials,
        )

    def locate(self, name: str) -> str:
        """The path of the chart on this machine, fetched if need be. Raises ChartError, RepositoryError, FetchError."""
        name = name.strip()
        here = not self.repo and os.path.exists(name)
        if here and not self.verify:
            return os.path.abspath(name)
        from steersman.chart.repo.locate import locate, locate_verified

        say = partial(print, file=sys.stderr)
        if self.verify:
            found = locate_verified(
                home(), name, self.constraint, self.keyring, repo=self.repo, access=self.access, say=say
            )
        else:
            found = locate(home(), name, self.constraint, repo=self.repo, access=self.access, say=say)
        return str(found)

    def load_installable(self, path: str, memo: Memo | None = None, *, dependency_update: bool = False) -> Chart:
        """The chart at `path`, checked to be one that can be installed, with all its subcharts.

        With `dependency_update`, those that are missing are fetched into its charts/ folder. Raises ChartError.
        """
        from steersman.cli.installable import load_installable

        fetch = self._update_dependencies if dependency_update and os.path.isdir(path) else None
        return load_installable(path, memo, fetch_missing=fetch)

    def _update_dependencies(self, path: str) -> None:
        from pathlib import Path

        from steersman.chart.repo.dependency import DependencyManager

        DependencyManager(Path(path), home(), partial(print, file=sys.stderr), access=self.access).update()


def chart_reference_options(command: Command) -> Command:
    """`--version`, `--repo` and the rest; the command gets `reference: ChartReference`."""

    @wraps(command)
    def collected(*args: Any, **given: Any) -> Any:
        reference = ChartReference(**{name: given.pop(name) for name in field_names(ChartReference)})
        return command(*args, reference=reference, **given)

    for option, text in reversed(_FLAGS):
        collected = declare.option(option, is_flag=True, help=text)(collected)
    for option, text in reversed(_WORDS):
        collected = declare.option(option, default="", help=text)(collected)
    return collected
