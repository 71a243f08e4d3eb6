"""The simple commands of a shell script, each with where it stands and what guards it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from steersman.review.wrappers import inner_at


@dataclass(frozen=True, eq=False)
class Heredoc:
    """Text given to a command; `line` is where it starts (0-based in the script), `quoted` that nothing in it is expanded."""

    text: str
    line: int
    quoted: bool


@dataclass(frozen=True, eq=False)
class Command:
    """One simple command. `words` are its arguments without quotes; `line` is 0-based in the script.

    Of `timeout 60 psql -c …` it is `psql`; `wrappers` are the names of what stands before it, outermost first, and `path` is its
    name as it is written, with the folder.

    `checked`: something looks at its exit code (`||`, `if`, `while`, `!`); `loop`: the kind of loop that it is in, or "".
    `captured`: its output goes into `$(…)`; `captured_by` is the variable that holds it, or "". `fed_by` is the text of the
    command that is piped into it.
    """

    name: str
    words: tuple[str, ...]
    raw: str
    line: int
    checked: bool
    loop: str
    piped_into: str = ""
    fallback: str = ""
    redirects: tuple[tuple[str, str], ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    assignments: tuple[tuple[str, str], ...] = ()
    node: Any = None
    captured: bool = False
    captured_by: str = ""
    fed_by: str = ""
    path: str = ""
    wrappers: tuple[str, ...] = ()

    @property
    def in_background(self) -> bool:
        """Whether the script goes on beside it: `cmd &`, alone, in a pipeline or in a list."""
        return self.node is not None and in_background(self.node)

    @property
    def pipeline(self) -> tuple[str, ...]:
        """The text of each command of its pipeline, its own among them; () outside of one."""
        parent = self.node.parent if self.node is not None else None
        if parent is not None and parent.type == "redirected_statement":
            parent = parent.parent
        return tuple(map(text_of, parent.named_children)) if parent is not None and parent.type == "pipeline" else ()

    @property
    def conditional(self) -> bool:
        """Whether something decides if it runs: a branch, or a command before its `&&` or `||`."""
        child, parent = self.node, self.node.parent if self.node is not None else None
        while parent is not None:
            if parent.type in ("if_statement", "elif_clause", "else_clause", "case_item"):
                if child not in parent.children_by_field_name("condition"):
                    return True
            elif parent.type == "list" and parent.children[0] != child:
                return True
            child, parent = parent, parent.parent
        return False

    def option(self, *names: str) -> bool:
        """Whether one of these options is given: `--fail`, or a letter (`-f`) alone or among others (`-fsS`)."""
        for word in self.words:
            for name in names:
                if word == name or (name.startswith("--") and word.startswith(f"{name}=")):
                    return True
                if len(name) == 2 and word.startswith("-") and not word.startswith("--") and name[1] in word[1:]:
                    return True
        return False


def commands_of(root: Any) -> Iterator[Command]:
    """Every simple command below a node of the grammar, in the order of the text."""
    for node in _walk(root):
        if node.type == "command":
            yield _command(node)


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for child in node.named_children:
        yield from _walk(child)


def _command(node: Any) -> Command:
    name = node.child_by_field_name("name")
    written = [
        plain(word) for word in (*((name,) if name is not None else ()), *node.children_by_field_name("argument"))
    ]
    start = inner_at(written) if name is not None else 0
    path, words = (written[start], written[start + 1 :]) if name is not None else ("", written)
    assignments = tuple(_assignment(child) for child in node.named_children if child.type == "variable_assignment")
    redirected = node.parent if node.parent is not None and node.parent.type == "redirected_statement" else None
    redirects: list[tuple[str, str]] = []
    heredocs: list[Heredoc] = []
    for child in (redirected or _redirected_pipeline(node) or node).named_children:
        if child.type == "file_redirect":
            target = child.child_by_field_name("destination")
            operator = next((part.type for part in child.children if not part.is_named), ">")
            redirects.append((operator, plain(target) if target is not None else ""))
        elif child.type == "heredoc_redirect":
            heredocs += _heredocs(child)
        elif child.type == "herestring_redirect":
            heredocs.append(Heredoc(plain(child.named_children[-1]), child.start_point[0], False))
    checked, loop, into, fallback = _surroundings(redirected or node)
    captured, variable = _capture(node)
    return Command(
        name=os.path.basename(path),
        words=tuple(words),
        raw=text_of(node),
        line=node.start_point[0],
        checked=checked,
        loop=loop,
        piped_into=into,
        fallback=fallback,
        redirects=tuple(redirects),
        heredocs=tuple(heredocs),
        assignments=assignments,
        node=node,
        captured=captured,
        captured_by=variable,
        fed_by=_feeder(redirected or node),
        path=path,
        wrappers=tuple(os.path.basename(word) for word in written[:start]),
    )


def _redirected_pipeline(node: Any) -> Any:
    """The statement that sends a pipeline's output somewhere, for the pipeline's last command; None for others."""
    pipeline = node.parent
    if pipeline is None or pipeline.type != "pipeline" or pipeline.named_children[-1] != node:
        return None
    return pipeline.parent if pipeline.parent is not None and pipeline.parent.type == "redirected_statement" else None


def _capture(node: Any) -> tuple[bool, str]:
    """Whether it stands in `$(…)`, and the variable that takes what it prints."""
    parent = node.parent
    while parent is not None and parent.type != "command_substitution":
        parent = parent.parent
    if parent is None:
        return False, ""
    while parent is not None and parent.type != "variable_assignment":
        parent = parent.parent
    return True, text_of(parent).partition("=")[0] if parent is not None else ""


def _feeder(node: Any) -> str:
    """The command before it in its pipeline; "" for none."""
    parent = node.parent
    if parent is None or parent.type != "pipeline":
        return ""
    place = parent.named_children.index(node)
    return text_of(parent.named_children[place - 1]) if place else ""


def _heredocs(redirect: Any) -> Iterator[Heredoc]:
    start = next((child for child in redirect.children if child.type == "heredoc_start"), None)
    body = next((child for child in redirect.children if child.type == "heredoc_body"), None)
    if body is not None:
        quoted = start is not None and text_of(start)[:1] in ("'", '"', "\\")
        yield Heredoc(text_of(body), body.start_point[0], quoted)


def _assignment(node: Any) -> tuple[str, str]:
    name, _, value = text_of(node).partition("=")
    return name, unquoted(value)


def _surroundings(node: Any) -> tuple[bool, str, str, str]:
    """(its exit code is looked at, the loop it is in, what it is piped into, what stands behind its `||`)."""
    checked, loop, into, fallback = False, "", "", ""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type == "list":
            operator = next((part.type for part in parent.children if part.type in ("&&", "||")), "")
            if operator == "||" and parent.children[0] == child:
                checked, fallback = True, fallback or text_of(parent.named_children[-1])
        elif parent.type == "pipeline" and parent.named_children[-1] != child:
            place = parent.named_children.index(child)
            into = into or text_of(parent.named_children[place + 1])
        elif parent.type == "negated_command":
            checked = True
        elif parent.type in ("if_statement", "elif_clause", "while_statement"):
            condition = parent.children_by_field_name("condition")
            if child in condition or (parent.type == "elif_clause" and parent.named_children[0] == child):
                checked = True
            if parent.type == "while_statement":
                loop = loop or parent.children[0].type  # `while` or `until`
        elif parent.type in ("for_statement", "c_style_for_statement"):
            loop = loop or "for"
        child, parent = parent, parent.parent
    return checked, loop, into, fallback


def in_background(node: Any) -> bool:
    """Whether `&` stands behind a node, or behind what it is a part of."""
    while node is not None and node.type not in ("program", "function_definition"):
        if node.next_sibling is not None and node.next_sibling.type == "&":
            return True
        node = node.parent
    return False


def text_of(node: Any) -> str:
    text: bytes = node.text or b""
    return text.decode("utf-8", "replace")


def plain(node: Any) -> str:
    """A word as the command gets it: without quotes and what they escape; variables stay as they are written."""
    if node.type == "concatenation":
        return "".join(plain(part) for part in node.children)
    text = text_of(node)
    if node.type == "string" and "\\" in text:
        return re.sub(r'\\(["`\\])', r"\1", unquoted(text))
    return unquoted(text)


def unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text
