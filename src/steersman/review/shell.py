"""The shell scripts inside hooks, taken apart: every command with where it stands and what guards it.

Parsed by tree-sitter's bash grammar (extra `review`); without it there are no scripts to look at, which the output says.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any

from steersman.review.carriers import SHELLS, carried
from steersman.review.commands import Command, commands_of
from steersman.review.lines import Path
from steersman.review.model import Finding
from steersman.review.shapes import as_list, as_object, entries
from steersman.review.subject import Container, Item, Subject
from steersman.review.wrappers import inner_at

_VARIABLE = re.compile(r"\$\((\w+)\)")  # as Kubernetes puts variables into a command
SEARCHERS = ("grep", "egrep", "fgrep")


@dataclass(frozen=True, eq=False)
class Script:
    """A script as one container of the hook `item` runs it.

    `path` leads to its text within `holder`: the hook itself, or the ConfigMap whose file it is. `shell` is "" for a program
    that is run without one; `flags` are the shell's own options (`-ec` gives `e`).
    """

    item: Item
    container: Container
    path: Path
    text: str
    shell: str
    flags: frozenset[str] = field(default_factory=frozenset)
    file_of: Item | None = None

    @property
    def holder(self) -> Item:
        return self.file_of or self.item

    def finding(
        self, message: str, line: int, *, hint: str = "", minor: bool = False, doubtful: bool = False
    ) -> Finding:
        """A finding about a line (0-based) of the script."""
        return self.holder.finding(message, self.path, offset=line, hint=hint, minor=minor, doubtful=doubtful)

    @cached_property
    def root(self) -> Any:
        return parser().parse(self.text.encode()).root_node

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command in the order of the text."""
        return tuple(commands_of(self.root))

    @cached_property
    def every_command(self) -> tuple[Command, ...]:
        """The commands, each followed by what it makes run elsewhere (`xargs …`, `kubectl exec … -- …`)."""
        return tuple(each for command in self.commands for each in (command, *carried(command)))

    def option(self, letter: str, name: str) -> bool:
        """Whether a shell option is switched on: by the shell's flags or by `set`."""
        if letter in self.flags or name in self.flags:
            return True
        setters = (command for command in self.commands if command.name == "set")
        return any(command.option(f"-{letter}") or name in command.words for command in setters)

    def looks_at(self, command: Command) -> bool:
        """Whether what a command prints is searched or compared: in a pipe, or as a variable's value."""
        if command.piped_into.split()[:1] and command.piped_into.split()[0] in SEARCHERS:
            return True
        if not command.captured_by:
            return command.captured  # `[ "$(curl …)" = ok ]`
        used = rf"\$\{{?{re.escape(command.captured_by)}\b"
        tested = rf"(\[|\btest\b|\bcase\b|\bgrep\b)[^\n]*{used}|{used}[^\n]*\|\s*({'|'.join(SEARCHERS)})\b"
        return re.search(tested, self.text) is not None

    @property
    def statements(self) -> list[Any]:
        """The statements at the top, comments left out."""
        return [node for node in self.root.named_children if node.type not in ("comment", "heredoc_body")]


@cache
def parser() -> Any:
    """Raises ImportError where the extra is not installed."""
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


@cache
def available() -> bool:
    try:
        parser()
    except ImportError:
        return False
    return True


def scripts(subject: Subject) -> Iterator[Script]:
    """Every script of every hook; none where the parser is missing."""
    if available():
        for item in subject.running_hooks:
            yield from _scripts_of(item, subject.items)


@lru_cache(maxsize=1024)  # every rule of the group asks for the same ones, and parsing takes long
def _scripts_of(item: Item, around: tuple[Item, ...]) -> tuple[Script, ...]:
    found: list[Script] = []
    for container in item.containers:
        script = script_of(item, container)
        if script is not None:
            found.append(script)
        found += _mounted(item, container, around, script)
    return tuple(found)


def _words(container: Container) -> list[tuple[Path, str]]:
    return [
        ((*container.path, key, index), str(word))
        for key in ("command", "args")
        for index, word in enumerate(as_list(container.spec.get(key)))
    ]


def _mounted(item: Item, container: Container, around: tuple[Item, ...], script: Script | None) -> Iterator[Script]:
    """The scripts in the chart's ConfigMaps that a container runs: by its command, or from its own script."""
    files = dict(mounted_files(item, container, around))
    if not files:
        return
    words = [word for _, word in _words(container)]
    calls = [(os.path.basename(words[0]), words)] if words else []
    if script is not None:
        calls = [(command.name, [command.path, *command.words]) for command in script.commands]
    told: set[str] = set()
    for name, called in calls:
        shell = name if name in SHELLS else ""
        options = [word for word in called[1:] if word.startswith("-")] if shell else []
        file = next((word for word in called[bool(shell or name in (".", "source")) :] if not word.startswith("-")), "")
        if file not in files or file in told:
            continue
        told.add(file)
        holder, path, text = files[file]
        first = text.partition("\n")[0].split() if text.startswith("#!") else []
        shell = shell or next((os.path.basename(w) for w in first if os.path.basename(w) in SHELLS), "")
        shell = shell or (script.shell if script is not None and name in (".", "source") else "")
        if not shell:
            continue  # a program in another language
        flags = {letter for word in (*options, *first) if word.startswith("-") for letter in word[1:]}
        flags |= script.flags if script is not None and name in (".", "source") else frozenset()
        yield Script(item, container, path, text, shell, frozenset(flags), holder)


def mounted_files(
    item: Item, container: Container, around: tuple[Item, ...]
) -> Iterator[tuple[str, tuple[Item, Path, str]]]:
    """The files that a container gets from the chart's ConfigMaps: the path in the container, and what it holds from where."""
    volumes = {str(volume.get("name")): volume["configMap"] for _, volume in entries(item.pod_spec.get("volumes"))
               if isinstance(volume.get("configMap"), dict)}  # fmt: skip
    for _, mount in entries(container.spec.get("volumeMounts")):
        source = as_object(volumes.get(str(mount.get("name"))))
        folder, part = str(mount.get("mountPath") or "").rstrip("/"), str(mount.get("subPath") or "")
        paths = {str(entry.get("key")): str(entry.get("path")) for _, entry in entries(source.get("items"))}
        for holder in around:
            if holder.kind != "ConfigMap" or holder.name != str(source.get("name")):
                continue
            for key, text in as_object(holder.object.get("data")).items():
                name = paths.get(key, "" if paths else key)
                if isinstance(text, str) and name and part in ("", name):
                    yield (folder if part else f"{folder}/{name}"), (holder, ("data", key), text)


def script_of(item: Item, container: Container) -> Script | None:
    """The script that a container's command gives to a shell by `-c`; a program run directly is a script of one line."""
    words = _words(container)
    if not words:
        return None
    inner = words[inner_at([word for _, word in words]) :]
    words = inner if os.path.basename(inner[0][1]) in SHELLS else words  # tini -- sh -c …
    if os.path.basename(words[0][1]) not in SHELLS:
        text = shlex.join(word for _, word in words)
        text = _VARIABLE.sub(r"${\1}", text)
        return Script(item, container, words[0][0], text, "")
    flags: set[str] = set()
    takes_name = False
    for position, (_, word) in enumerate(words[1:], 1):
        if takes_name:
            flags.add(word)
            takes_name = False
        elif word.startswith("-"):
            flags |= set(word[1:])
            takes_name = word.endswith("o")
            if "c" in word[1:]:
                rest = words[position + 1 :]
                while takes_name and len(rest) > 1:  # bash -euo pipefail -c, or -ceuo pipefail
                    flags.add(rest[0][1])
                    rest, takes_name = rest[1:], False
                if not rest:
                    return None
                path, text = rest[0]
                return Script(item, container, path, text, os.path.basename(words[0][1]), frozenset(flags))
        else:
            return None
    return None
