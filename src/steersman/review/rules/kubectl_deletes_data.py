"""A hook that deletes objects of Kubernetes with which data goes: claims, namespaces, definitions, other releases."""

from __future__ import annotations

from collections.abc import Iterator

from steersman.review.commands import Command
from steersman.review.model import Finding, Rule, Severity
from steersman.review.rules.migration_tool_resets import brings_in, short
from steersman.review.shell import Script, scripts
from steersman.review.subject import Subject

_STORES = {
    **dict.fromkeys(("pvc", "persistentvolumeclaim", "persistentvolumeclaims"), "the volume goes with its claim"),
    **dict.fromkeys(("pv", "persistentvolume", "persistentvolumes"), "what is stored goes with the volume"),
    **dict.fromkeys(("ns", "namespace", "namespaces"), "everything in the namespace goes with it, other releases, too"),
    **dict.fromkeys(
        ("crd", "crds", "customresourcedefinition", "customresourcedefinitions"),
        "all objects of that kind go with their definition, in every namespace",
    ),
}
_SECRETS = ("secret", "secrets")
_WITH_VALUE = (
    "-n",
    "--namespace",
    "-l",
    "--selector",
    "--context",
    "--kubeconfig",
    "--timeout",
    "--grace-period",
    "-f",
)
_AT_THE_END = ("pre-delete", "post-delete")


def check(subject: Subject) -> Iterator[Finding]:
    for script in scripts(subject):
        told: set[tuple[int, str]] = set()
        for command in script.every_command:
            words = _lost(subject, script, command)
            if words and (command.line, words) not in told:
                told.add((command.line, words))
                yield script.finding(
                    f"`{short(command)}`: {words}",
                    command.line,
                    hint="Name just the objects that are the release's own and hold nothing, or leave it to a person.",
                )


def _lost(subject: Subject, script: Script, command: Command) -> str:
    if command.name == "helm" and command.words[:1] in (("uninstall",), ("delete",), ("un",)):
        return "a whole release goes with all that belongs to it" if brings_in(script.item) else ""
    if command.name not in ("kubectl", "oc") or any(word.startswith("--dry-run") for word in command.words):
        return ""
    verb, *named = operands(command.words) or [""]
    if verb != "delete" or not named:
        return ""
    kinds = [kind.partition(".")[0].lower() for kind in named[0].partition("/")[0].split(",")]
    every = command.option("--all") or "--all=true" in command.words
    chosen = command.option("-l", "--selector")
    store = next((_STORES[kind] for kind in kinds if kind in _STORES), "")
    if brings_in(script.item):
        if store:
            return store
        if kinds[0] in _SECRETS and (every or chosen):
            return "credentials that others still use go with it, and the records of releases are Secrets, too"
        if every and kinds[0] == "all":
            return "everything in the namespace goes, other releases' objects, too"
        return ""
    if not set(_AT_THE_END) & set(script.item.events):
        return ""
    if every and not chosen and (store or kinds[0] in (*_SECRETS, "all")):
        return f"what belongs to other releases goes, too: {store or 'it takes all there are in the namespace'}"
    if store is _STORES["ns"]:
        names = [name for name in (*named[1:], named[0].partition("/")[2]) if name]
        if any(not _own(subject, name) for name in names):
            return store
    return ""


def _own(subject: Subject, name: str) -> bool:
    """Whether the chart makes the namespace itself, or nobody can tell which one it is."""
    return "$" in name or any(True for _ in subject.named("Namespace", name))


def operands(words: tuple[str, ...]) -> list[str]:
    """The words of a kubectl command that are neither options nor the values of options."""
    found, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in _WITH_VALUE:
            skip = True
        elif not word.startswith("-"):
            found.append(word)
    return found


RULE = Rule("kubectl-deletes-data", "script", Severity.ERROR, "no hook deletes the objects that hold data", check)
