"""Running a plugin: its environment, its exit code, its hooks."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from steersman.errors import PluginError
from steersman.plugins.manifest import SUBPROCESS, Plugin
from steersman.plugins.platforms import words

# What a process that a signal ended counts as.
SIGNALLED = 255


def environment(plugin: Plugin, said: Mapping[str, str]) -> dict[str, str]:
    """This process's variables, those of `said` over them, and who the plugin is."""
    return {**os.environ, **said, "HELM_PLUGIN_NAME": plugin.name, "HELM_PLUGIN_DIR": plugin.folder}


def run_command(plugin: Plugin, arguments: Sequence[str], said: Mapping[str, str]) -> int:
    """Run a plugin as a command with our standard streams; the answer is its exit code.

    Signals that are to end us go to it: it decides what becomes of them. Raises PluginError if it cannot be run.
    """
    known = environment(plugin, said)
    command = prepared(plugin, lambda: words(plugin.commands, known, () if plugin.ignore_flags else arguments))
    with _signals_go_on() as to:
        process = started(plugin, command, env=known)
        to(process)
        code = process.wait()
    return SIGNALLED if code < 0 else code


def run_hook(plugin: Plugin, event: str, said: Mapping[str, str]) -> None:
    """What a plugin wants done when it is installed, updated or deleted. Raises PluginError."""
    commands = plugin.hooks.get(event)
    if not commands:
        return
    known = environment(plugin, said)
    command = words(commands, known, expand=plugin.expands_hooks)
    if started(plugin, command, env=known, stdin=subprocess.DEVNULL).wait() != 0:
        raise PluginError(
            f'plugin {event} hook for "{plugin.name}" exited with error',
            hint=f"What it printed is above. It ran: {' '.join(command)}",
        )


def prepared(plugin: Plugin, make: Callable[[], list[str]]) -> list[str]:
    """The words that `make` makes for a plugin that can be run here. Raises PluginError."""
    if plugin.runtime != SUBPROCESS:
        raise PluginError(
            f'plugin "{plugin.name}" needs the runtime {plugin.runtime} (WebAssembly), which steer does not have',
            hint="helm runs it; many such plugins also exist as programs (runtime: subprocess).",
        )
    try:
        return make()
    except PluginError as error:
        raise PluginError(f"failed to prepare plugin command: {error}", hint=error.hint) from error


def started(plugin: Plugin, command: Sequence[str], **how: Any) -> subprocess.Popen[bytes]:
    """A process of the plugin's. Raises PluginError if there can be none."""
    try:
        return subprocess.Popen(command, **how)
    except OSError as error:
        program, reason = command[0], (error.strerror or str(error)).lower()
        if isinstance(error, FileNotFoundError) and "/" not in program:
            said = f'exec: "{program}": executable file not found in $PATH'
        else:
            said = f"fork/exec {program}: {reason}"
        hint = f'The program of the plugin "{plugin.name}" is not installed, or cannot be run; the plugin is in {plugin.folder}'
        raise PluginError(said, hint=hint) from error


@contextmanager
def _signals_go_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """While the block runs, signals that would end this process go on to the one that is named, early ones as well.

    A terminal sends its Ctrl-C to it itself.
    """
    receivers: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        for process in receivers:
            process.send_signal(number)
        if not receivers:
            early.append(number)

    def to(process: subprocess.Popen[bytes]) -> None:
        receivers.append(process)
        for number in early:
            process.send_signal(number)

    if threading.current_thread() is not threading.main_thread():
        yield to
        return
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
        signal.SIGHUP: signal.signal(signal.SIGHUP, pass_on),
    }
    try:
        yield to
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
