"""Commands that only run another one: `timeout 60 psql …`, `bundle exec rake …`, `tini -- sh -c …`.

What matters to a review is the command inside. Only what is told by the wrapper's own grammar is taken off.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

# Wrappers, each with those of its options that take a value of their own, and how many words stand before the command.
_PLAIN: dict[str, tuple[tuple[str, ...], int]] = {
    "env": (("-u", "--unset", "-C", "--chdir"), 0),
    "nice": (("-n", "--adjustment"), 0),
    "ionice": (("-c", "-n", "--class", "--classdata"), 0),
    "nohup": ((), 0),
    "setsid": ((), 0),
    "time": (("-f", "-o"), 0),
    "exec": (("-a",), 0),
    "sudo": (("-u", "-g", "--user", "--group"), 0),
    "doas": (("-u",), 0),
    "su-exec": ((), 1),
    "gosu": ((), 1),
    "setpriv": ((), 0),
    "stdbuf": (("-i", "-o", "-e"), 0),
    "tini": (("-e", "-p"), 0),
    "dumb-init": (("-r", "--rewrite"), 0),
    "catatonit": ((), 0),
    "timeout": (("-s", "-k", "--signal", "--kill-after"), 1),
}
# Wrappers that are so only with a word of their own: `bundle exec`. With () the word may be left out.
_WITH_WORD: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "bundle": (("exec",), ("--gemfile",), ()),
    "poetry": (("run",), ("-C", "-P", "--directory", "--project"), ()),
    "uv": (("run",), ("--with", "--project", "--directory", "--python", "-p", "--env-file", "--extra", "--group"), ()),
    "pipenv": (("run",), (), ()),
    "pdm": (("run",), ("-p", "--project"), ()),
    "hatch": (("run",), ("-e", "--env"), ()),
    "rye": (("run",), (), ()),
    "pnpm": (("exec", "dlx", "run"), ("--filter", "-F", "-C", "--dir"), ("install", "i", "add", "remove", "ci", "deploy")),
    "yarn": (("exec", "run", "dlx"), ("--cwd",), ("install", "add", "remove", "workspace", "workspaces", "cache", "global")),
    "npm": (("exec", "x"), ("--prefix", "-w", "--workspace"), ()),
    "dotenv": (("run",), ("-f", "-e", "--file"), ("list", "set", "get")),
    "dotenvx": (("run",), ("-f", "-fk"), ()),
    "doppler": (("run",), ("--project", "--config", "-p", "-c"), ()),
}  # fmt: skip
_MAY_LACK_WORD = ("yarn", "pnpm", "dotenv")
_NPX = {"npx": ("-p", "--package"), "bunx": (), "pnpx": ()}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def inner_at(words: Sequence[str]) -> int:
    """Where among the words the command stands that is really run; 0 for a command without a wrapper."""
    start = 0
    while start < len(words):
        step = _one(words[start:])
        if step == 0 or start + step >= len(words):
            return start
        start += step
    return start


def _one(words: Sequence[str]) -> int:
    name = os.path.basename(words[0])
    if name in _PLAIN:
        options, positional = _PLAIN[name]
        at = _past_options(words, 1, options)
        if name in ("env", "sudo"):
            while at < len(words) and _ASSIGNMENT.match(words[at]):
                at += 1
        return at + positional
    if name in _NPX:
        return _past_options(words, 1, _NPX[name])
    if name in _WITH_WORD:
        own, options, others = _WITH_WORD[name]
        at = _past_options(words, 1, options)
        if at < len(words) and words[at] in own:
            return _past_options(words, at + 1, options)
        if name in _MAY_LACK_WORD and at < len(words) and words[at] not in others:
            return at
    return 0


def _past_options(words: Sequence[str], at: int, with_value: tuple[str, ...]) -> int:
    """The place of the first word that is no option."""
    while at < len(words) and words[at].startswith("-") and words[at] != "-":
        if words[at] == "--":
            return at + 1
        at += 2 if words[at] in with_value else 1
    return at
