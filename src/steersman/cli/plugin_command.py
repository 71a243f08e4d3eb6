"""`steer NAME …` where NAME is a plugin's: its words found and given to it, as helm gives them.

What is a command of ours never comes here, so it never looks for plugins.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from steersman.cli.commands import ALIASES, COMMANDS
from steersman.cli.declare import Parameter, with_settings
from steersman.cli.global_options import GLOBAL
from steersman.cli.output import complain, warn
from steersman.cli.plugin_home import LIMITS, folders, variables
from steersman.cli.settings import Settings
from steersman.errors import PluginError, UsageError
from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from steersman.plugins.manifest import Plugin

# The global flags that helm takes out of a plugin's words, wherever they stand; all the others are the plugin's.
_WORDS = (
    "-n --namespace --kubeconfig --kube-context --kube-apiserver --kube-token --kube-as-user --kube-as-group --kube-ca-file "
    "--kube-insecure-skip-tls-verify --kube-tls-server-name --registry-config --repository-cache --repository-config --debug"
)
_TAKEN = frozenset(_WORDS.split())
_NONE = -1
_BY_FLAG = {flag: parameter for parameter in GLOBAL for flag in parameter.flags}


def run(words: Sequence[str]) -> int | None:
    """Run the plugin that the first word names, global flags apart; None where there is none of that name."""
    from steersman.cli.guard import guarded

    at = _position(words)
    if at is None:
        return None
    code = guarded(lambda: _run(words[at], words[:at], words[at + 1 :]))
    return None if code == _NONE else code


def _run(name: str, before: Sequence[str], after: Sequence[str]) -> int:
    from steersman.plugins.running import run_command

    first, _ = split(before)
    plugin = with_settings(settings_of(first), lambda: plugin_named(name))
    if plugin is None:
        return _NONE
    known, own = split(after)
    given = first | known
    settings = settings_of(given)
    said = with_settings(settings, lambda: variables(settings, given))
    code = run_command(plugin, own, said)
    if code:
        complain(f'plugin "{plugin.name}" exited with error')
    return code


def settings_of(given: dict[str, Any]) -> Settings:
    """The settings that global options make, besides those of the environment."""
    return Settings.from_options({field: value for field, value in given.items() if field not in LIMITS})


def plugins(*, quietly: bool = False) -> list[Plugin]:
    """The plugins that are commands and can be run by their word; a broken one is told of, unless `quietly`.

    Plugins of the legacy kind may be both getter and command, as helm 3 had it; to helm 4 they are getters alone. Raises
    PluginError.
    """
    from steersman.plugins.finding import find
    from steersman.plugins.manifest import CLI, LEGACY

    if os.environ.get("HELM_NO_PLUGINS") == "1":
        return []
    found = find(folders(), (lambda _: None) if quietly else warn)
    commands = [one for one in found if one.type == CLI or (one.api_version == LEGACY and one.commands)]
    return [one for one in commands if not is_ours(one.command)]


def plugin_named(word: str) -> Plugin | None:
    """The plugin that this word runs. Raises PluginError where there is one of that name that is no command."""
    found = next((plugin for plugin in plugins() if plugin.command == word), None)
    if found is None and os.environ.get("HELM_NO_PLUGINS") != "1":
        _explain(word)
    return found


def is_ours(word: str) -> bool:
    return word in COMMANDS or word in ALIASES


def _explain(word: str) -> None:
    from steersman.plugins.finding import find
    from steersman.plugins.manifest import GETTER

    for plugin in find(folders(), lambda _: None, name=word):
        uses = "with --post-renderer"
        if plugin.type == GETTER:
            uses = "for addresses of " + ", ".join(f"{one}://" for one in plugin.protocols)
        if plugin.command != word:
            uses = f"as `steer {plugin.command}`"
        raise PluginError(
            f'unknown command "{word}" for "steer"',
            hint=f'There is a plugin "{word}", of type {plugin.type}: it is used {uses}.',
        )


def _position(words: Sequence[str]) -> int | None:
    """Where the first word stands that is no global flag and no value of one; None if it is not for a plugin."""
    at = 0
    while at < len(words):
        word = words[at]
        if not word.startswith("-"):
            return None if is_ours(word) else at
        flag, separator, _ = word.partition("=")
        parameter = _BY_FLAG.get(flag)
        if parameter is None:
            return None
        at += 1 if separator or parameter.attributes.get("is_flag") else 2
    return None


def split(words: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """The global options among the words, by field, and the words that are the plugin's. Raises UsageError."""
    given: dict[str, Any] = {}
    left: list[str] = []
    rest = iter(words)
    for word in rest:
        flag, separator, value = word.partition("=")
        attached = word.startswith("-n") and flag != "-n"  # -nNAMESPACE
        if attached:
            flag, separator, value = "-n", "=", word[2:]
        parameter = _BY_FLAG.get(flag)
        passed = [word]
        if parameter is not None and parameter.attributes.get("is_flag"):
            _put(given, parameter, value.lower() in ("true", "t", "1") if separator else True)
        elif parameter is not None:
            if not separator:
                following = next(rest, None)
                if following is None:
                    raise UsageError(f"flag needs an argument: {flag}")
                value = following
                passed.append(value)
            _put(given, parameter, value)
        if flag not in _TAKEN or attached or word.startswith("--debug="):
            left += passed
    return given, left


def _put(given: dict[str, Any], parameter: Parameter, value: Any) -> None:
    if parameter.attributes.get("multiple"):
        given[parameter.field] = (*given.get(parameter.field, ()), value)
    else:
        given[parameter.field] = value
