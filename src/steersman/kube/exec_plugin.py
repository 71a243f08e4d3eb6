"""Exec plugins: programs of the kubeconfig that print a credential (client.authentication.k8s.io in the docs of Kubernetes).

A run may take as long as a person takes to log in, and may have to be ended: with its children, where that is possible.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import TYPE_CHECKING, Any, TextIO

from steersman.errors import ClusterUnreachable
from steersman.kube.config import Connection, ExecPlugin

if TYPE_CHECKING:
    from subprocess import Popen
    from types import FrameType

# For a plugin that nobody can answer: long enough for any that asks a server, which kubectl would let hang for ever.
PLUGIN_SECONDS = 60.0
EXEC_VERSIONS = tuple(f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1"))


class PluginRun:
    """One run of a plugin. `status` waits for it; `end` may be called from another thread meanwhile, or before.

    Where nobody is there to answer it (neither standard input nor standard error is a terminal), it has limited time, and a
    session of its own, so that what it has started ends with it. At a terminal it shares ours: Ctrl-C is for all of us.
    """

    def __init__(self, plugin: ExecPlugin, connection: Connection) -> None:
        self._plugin = plugin
        self._connection = connection
        self._process: Popen[bytes] | None = None
        self._ended = False
        self.attended = _is_terminal(sys.stdin) or _is_terminal(sys.stderr)
        self.seconds = inf if self.attended else PLUGIN_SECONDS  # that it is given

    def status(self) -> dict[str, Any]:
        """The answer's `status`. Raises ClusterUnreachable with what the plugin said."""
        plugin = self._plugin
        code, printed = self._run()
        look = f"Run it yourself to see more: {_shell(plugin)}"
        if code != 0:
            how = f"failed with exit code {code}" if code > 0 else f"was ended by {_signal_name(-code)}"
            raise ClusterUnreachable(f"exec plugin {plugin.command} {how}", hint=plugin.install_hint or look)
        try:
            answer = json.loads(printed)
        except ValueError as error:
            raise ClusterUnreachable(
                f"exec plugin {plugin.command} did not print an ExecCredential", hint=look
            ) from error
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

    def end(self) -> None:
        """Kill it; where nobody attends to it, with its children, which may live longer than it and hold its output."""
        self._ended = True
        if (process := self._process) is None:
            return
        if self.attended:
            process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    @contextmanager
    def ending_with_us(self) -> Iterator[None]:
        """Within this block, a SIGTERM that would simply end this process ends the plugin first, in its session of its own."""

        def end(number: int, _: FrameType | None) -> None:
            self.end()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

        if self.attended or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            yield
            return
        with suppress(ValueError):  # only the main thread takes signals
            signal.signal(signal.SIGTERM, end)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGTERM) is end:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _run(self) -> tuple[int, bytes]:
        """Exit code and output."""
        import subprocess

        plugin = self._plugin
        interactive = self._interactive()
        environment = {
            **os.environ,
            **dict(plugin.env),
            "KUBERNETES_EXEC_INFO": _exec_info(plugin, self._connection, interactive),
        }
        try:
            process = subprocess.Popen(
                [plugin.command, *plugin.args],
                env=environment,
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # its stderr goes to the person: it may ask for something
                start_new_session=not self.attended,
            )
        except OSError as error:
            hint = plugin.install_hint or "Install the plugin that the kubeconfig names, or correct its path."
            raise ClusterUnreachable(f"exec plugin {plugin.command}: {error.strerror}", hint=hint) from error
        with process:
            self._process = process
            try:
                if self._ended:
                    self.end()
                printed, _ = process.communicate(timeout=None if self.attended else self.seconds)
            except BaseException as error:
                self.end()
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                raise ClusterUnreachable(
                    f"exec plugin {plugin.command} gave no answer within {self.seconds:g} s, and was ended",
                    hint=f"Run it yourself to see what it waits for: {_shell(plugin)}",
                ) from error
        return process.returncode, printed

    def _interactive(self) -> bool:
        """Whether it may read from standard input. Raises ClusterUnreachable for what cannot be run at all."""
        plugin = self._plugin
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
        return interactive


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


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
