"""Who we are, as request headers and client certificates: tokens, token files, basic auth, exec plugins, impersonation.

A token file is read again when a minute has passed or the server said 401; an exec plugin runs again when its credential
expired or was refused. Source of the exec protocol: Kubernetes' documentation of client.authentication.k8s.io v1/v1beta1.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TextIO
from urllib.parse import quote

from steersman.errors import ClusterUnreachable, Unauthorized
from steersman.kube.config import Connection, ExecPlugin

TOKEN_FILE_SECONDS = 60.0
# For a plugin that nobody can answer: long enough for any that asks a server, which kubectl would let hang for ever.
PLUGIN_SECONDS = 60.0
EXEC_VERSIONS = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))


class Authenticator:
    """Holds the present credential of one connection. Its answers change; ask before each request."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._fixed = _impersonation_headers(connection)
        self._token = connection.credentials.token
        self._expires = float("inf")  # time.time() after which _token is to be fetched anew
        self._certificate = (connection.tls.certificate, connection.tls.key)
        self._fetched = False

    def headers(self) -> list[tuple[str, str]]:
        """The headers to add to a request. Raises ClusterUnreachable where a plugin or token file fails."""
        credentials = self._connection.credentials
        if self._is_dynamic() and (not self._fetched or time.time() >= self._expires):
            self._fetch()
        if self._token:
            return [("Authorization", f"Bearer {self._token}"), *self._fixed]
        if credentials.username:
            import base64

            pair = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
            return [("Authorization", f"Basic {pair}"), *self._fixed]
        return self._fixed

    def certificate(self) -> tuple[bytes, bytes]:
        """Client certificate and key as PEM, or two empty strings; may come from an exec plugin."""
        if self._connection.credentials.exec and not self._fetched:
            self._fetch()
        return self._certificate

    def refused(self) -> bool:
        """Tell that the server said 401. Returns whether a new credential may help."""
        if not self._is_dynamic():
            return False
        self._fetched = False
        return True

    def _is_dynamic(self) -> bool:
        credentials = self._connection.credentials
        return bool(credentials.token_file) or (credentials.exec is not None and not credentials.token)

    def _fetch(self) -> None:
        credentials = self._connection.credentials
        if credentials.token_file:
            self._token = _read_token(credentials.token_file)
            self._expires = time.time() + TOKEN_FILE_SECONDS
        elif credentials.exec:
            self._take(_run_plugin(credentials.exec, self._connection), credentials.exec.command)
        self._fetched = True

    def _take(self, status: dict[str, Any], command: str) -> None:
        self._token = str(status.get("token") or "")
        certificate, key = status.get("clientCertificateData") or "", status.get("clientKeyData") or ""
        if certificate and key:
            self._certificate = (str(certificate).encode(), str(key).encode())
        elif not self._token:
            raise Unauthorized(
                f"exec plugin {command} returned neither a token nor a certificate",
                code=401,
                hint="Log in with that program again, or see what it prints when you run it yourself.",
            )
        expires = status.get("expirationTimestamp")
        self._expires = _seconds(str(expires)) if expires else float("inf")


def _impersonation_headers(connection: Connection) -> list[tuple[str, str]]:
    wanted = connection.impersonation
    headers = [("Impersonate-User", wanted.user)] if wanted.user else []
    headers += [("Impersonate-Group", group) for group in wanted.groups]
    headers += [("Impersonate-Uid", wanted.uid)] if wanted.uid else []
    for key, values in wanted.extra:
        headers += [(f"Impersonate-Extra-{quote(key, safe='')}", value) for value in values]
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


def _run_plugin(plugin: ExecPlugin, connection: Connection) -> dict[str, Any]:
    """Run the plugin and return its answer's `status`. Raises ClusterUnreachable with what the plugin said.

    Where nobody is there to answer it (neither standard input nor standard error is a terminal), it has limited time.
    """
    import subprocess

    if plugin.api_version not in EXEC_VERSIONS:
        raise ClusterUnreachable(
            f"exec plugin {plugin.command}: unknown apiVersion {plugin.api_version}",
            hint=f"Known: {', '.join(EXEC_VERSIONS)}.",
        )
    interactive = plugin.interactive_mode != "Never" and _is_terminal(sys.stdin)
    if plugin.interactive_mode == "Always" and not interactive:
        raise ClusterUnreachable(
            f"exec plugin {plugin.command} needs a terminal, and standard input is none",
            hint="Run the command in a terminal, or use credentials that need nobody (a service account's token).",
        )
    environment = {
        **os.environ,
        **dict(plugin.env),
        "KUBERNETES_EXEC_INFO": _exec_info(plugin, connection, interactive),
    }
    try:
        done = subprocess.run(
            [plugin.command, *plugin.args],
            env=environment,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # its stderr goes to the person: it may ask for something
            check=False,
            timeout=None if _is_terminal(sys.stdin) or _is_terminal(sys.stderr) else PLUGIN_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ClusterUnreachable(
            f"exec plugin {plugin.command} gave no answer within {PLUGIN_SECONDS:g} s, and was ended",
            hint=f"Run it yourself to see what it waits for: {_shell(plugin)}",
        ) from error
    except OSError as error:
        hint = plugin.install_hint or "Install the plugin that the kubeconfig names, or correct its path."
        raise ClusterUnreachable(f"exec plugin {plugin.command}: {error.strerror}", hint=hint) from error
    look = f"Run it yourself to see more: {_shell(plugin)}"
    if done.returncode != 0:
        raise ClusterUnreachable(
            f"exec plugin {plugin.command} failed with exit code {done.returncode}", hint=plugin.install_hint or look
        )
    try:
        answer = json.loads(done.stdout)
    except ValueError as error:
        raise ClusterUnreachable(f"exec plugin {plugin.command} did not print an ExecCredential", hint=look) from error
    if (
        not isinstance(answer, dict)
        or answer.get("kind") != "ExecCredential"
        or not isinstance(answer.get("status"), dict)
    ):
        raise ClusterUnreachable(
            f"exec plugin {plugin.command} did not print an ExecCredential with a status", hint=look
        )
    if answer.get("apiVersion") != plugin.api_version:
        raise ClusterUnreachable(
            f"exec plugin {plugin.command} answers in {answer.get('apiVersion')}, and was asked for {plugin.api_version}",
            hint="Name the apiVersion in the kubeconfig that it speaks.",
        )
    status: dict[str, Any] = answer["status"]
    return status


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _shell(plugin: ExecPlugin) -> str:
    """The plugin's command for a shell."""
    import shlex

    return shlex.join([plugin.command, *plugin.args])


def _exec_info(plugin: ExecPlugin, connection: Connection, interactive: bool) -> str:
    spec: dict[str, Any] = {"interactive": interactive}
    if plugin.provide_cluster_info:
        cluster: dict[str, Any] = {"server": connection.server}
        if connection.tls.ca:
            import base64

            cluster["certificate-authority-data"] = base64.b64encode(connection.tls.ca).decode()
        if connection.tls.insecure:
            cluster["insecure-skip-tls-verify"] = True
        if connection.tls.server_name:
            cluster["tls-server-name"] = connection.tls.server_name
        if connection.proxy_url:
            cluster["proxy-url"] = connection.proxy_url
        if plugin.cluster_config is not None:
            cluster["config"] = plugin.cluster_config
        spec["cluster"] = cluster
    return json.dumps({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec})
