"""Who we are, as request headers and client certificates: tokens, token files, basic auth, exec plugins, impersonation.

A token file is read again when a minute has passed or the server said 401; an exec plugin runs again when its credential
expired or was refused, and a little before it expires, while the old one is still good.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from steersman.errors import ClusterUnreachable, Unauthorized
from steersman.kube.config import Connection, ExecPlugin
from steersman.kube.network import Network
from steersman.kube.slow import SLOW_SECONDS
from steersman.kube.trouble import AGAIN_SECONDS, Trouble
from steersman.kube.urls import quote
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from steersman.kube.exec_plugin import PluginRun

TOKEN_FILE_SECONDS = 60.0
# How long before its end a plugin's credential is renewed, so that nobody has to wait for the plugin: not the lease, above all.
EARLY_SECONDS = 60.0


class Authenticator:
    """Holds the present credential of one connection. It changes: `ready` before each request."""

    def __init__(self, connection: Connection, network: Network, trouble: Trouble | None = None) -> None:
        self._connection = connection
        self._network = network
        self._trouble = trouble
        self._fixed = _impersonation_headers(connection)
        self._token = connection.credentials.token
        self._expires = float("inf")  # time.time() after which _token is to be fetched anew
        self._certificate = (connection.tls.certificate, connection.tls.key)
        self._fetched = False
        self._renew_early = False
        credentials = connection.credentials
        self._plugin = None if credentials.token or credentials.token_file else credentials.exec

    async def ready(self) -> bool:
        """Fetch a credential where there is none that is good, and return whether that took its time.

        Raises ClusterUnreachable where a plugin or token file fails, Unauthorized where a plugin brings nothing.
        """
        if self._plugin is not None:
            if self._is_stale():
                async with self._network.alone():
                    if self._is_stale():  # nobody else has fetched one meanwhile
                        await self._run(self._plugin)
                return True
            if self._renew_early and time.time() >= self._expires - EARLY_SECONDS:
                self._renew_early = False
                self._network.spawn(self._renew(self._plugin))
        elif self._connection.credentials.token_file and self._is_stale():
            self._token = _read_token(self._connection.credentials.token_file)
            self._expires = time.time() + TOKEN_FILE_SECONDS
            self._fetched = True
        return False

    def headers(self) -> list[tuple[str, str]]:
        """The headers to add to a request."""
        credentials = self._connection.credentials
        if self._token:
            return [("Authorization", f"Bearer {self._token}"), *self._fixed]
        if credentials.username:
            import base64

            pair = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
            return [("Authorization", f"Basic {pair}"), *self._fixed]
        return self._fixed

    def certificate(self) -> tuple[bytes, bytes]:
        """Client certificate and key as PEM, or two empty strings; may come from an exec plugin."""
        return self._certificate

    def refused(self) -> bool:
        """Tell that the server said 401. Returns whether a new credential may help."""
        if self._plugin is None and not self._connection.credentials.token_file:
            return False
        self._fetched = False
        return True

    def _is_stale(self) -> bool:
        return not self._fetched or time.time() >= self._expires

    async def _renew(self, plugin: ExecPlugin) -> None:
        """Renew what is still good: a failure will be told when it is not good any more."""
        async with self._network.alone():
            with suppress(ClusterUnreachable, Unauthorized):
                await self._run(plugin, quietly=True)

    async def _run(self, plugin: ExecPlugin, *, quietly: bool = False) -> None:
        from steersman.kube.exec_plugin import PluginRun

        run = PluginRun(plugin, self._connection)
        stop = (
            _nothing if quietly or self._trouble is None else self._tell_when_slow(self._trouble, plugin.command, run)
        )
        try:
            with run.ending_with_us():
                status = await self._network.aside(run.status, run.end)
        finally:
            stop()
        self._take(status, plugin.command)
        self._fetched = True

    def _tell_when_slow(self, trouble: Trouble, plugin: str, run: PluginRun) -> Callable[[], None]:
        until = time.monotonic() + run.seconds
        return self._network.remind(
            SLOW_SECONDS, AGAIN_SECONDS, lambda: trouble.plugin_is_slow(plugin, until - time.monotonic())
        )

    def _take(self, status: dict[str, Any], command: str) -> None:
        token = str(status.get("token") or "")
        certificate, key = status.get("clientCertificateData") or "", status.get("clientKeyData") or ""
        if not token and not (certificate and key):
            raise Unauthorized(
                f"exec plugin {command} returned neither a token nor a certificate",
                code=401,
                hint="Log in with that program again, or see what it prints when you run it yourself.",
            )
        self._token = token
        if certificate and key:
            self._certificate = (str(certificate).encode(), str(key).encode())
        expires = status.get("expirationTimestamp")
        self._expires = _seconds(str(expires)) if expires else float("inf")
        self._renew_early = self._expires - time.time() > EARLY_SECONDS


def _nothing() -> None:
    return


def _impersonation_headers(connection: Connection) -> list[tuple[str, str]]:
    wanted = connection.impersonation
    headers = [("Impersonate-User", wanted.user)] if wanted.user else []
    headers += [("Impersonate-Group", group) for group in wanted.groups]
    headers += [("Impersonate-Uid", wanted.uid)] if wanted.uid else []
    for key, values in wanted.extra:
        headers += [(f"Impersonate-Extra-{quote(key)}", value) for value in values]
    return headers


def _seconds(timestamp: str) -> float:
    from datetime import datetime

    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("inf")


def _read_token(path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ClusterUnreachable(
            f"cannot read token file {path}: {error.strerror}",
            hint="Correct the kubeconfig's tokenFile, or log in again.",
        ) from error
    try:
        token = content.decode("ascii").strip()
    except UnicodeDecodeError:
        token = ""
    if not token or not token.isprintable():
        why = "it is empty" if not content.strip() else "it holds what no token is made of"
        raise ClusterUnreachable(
            f"cannot use token file {path}: {why}", hint="Log in again, so that it is written anew."
        )
    return token
