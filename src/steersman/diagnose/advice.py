"""The words of fixes: which value to change, which template to edit, which command shows that it helped."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from steersman.diagnose.facts import Facts, ServiceFacts, containers_of

_SURE_ENOUGH = 0.72
PSQL = "run psql-check"
# A word that stands in more values than this is a common one, and says nothing.
_NAMED_OFTEN = 3


def log_command(facts: Facts) -> str:
    return f"steer -n {facts.namespace} logs {facts.release} {facts.hook.name}"


def describe_command(facts: Facts) -> str:
    return f"kubectl -n {facts.namespace} describe {facts.hook.kind.lower()}/{facts.hook.name}"


def again(facts: Facts) -> tuple[str, ...]:
    """The last steps of every fix: do it again, and see how the hook went."""
    action = {
        "pre-delete": "uninstall", "post-delete": "uninstall", "test": "test",
        "pre-rollback": "rollback", "post-rollback": "rollback",
    }.get(facts.hook.event)  # fmt: skip
    values = "" if action else " CHART -f values.yaml"
    return (
        f"steer -n {facts.namespace} {action or 'upgrade --install'} {facts.release}{values}",
        f"steer -n {facts.namespace} hooks {facts.release}",
    )


def psql(sql: str) -> str:
    """A command (with `{namespace}`) that asks the database from inside the cluster; the reader fills HOST and USER in."""
    pod = f"kubectl -n {{namespace}} {PSQL} --rm -it --restart=Never --image=postgres:15"
    return f'{pod} -- psql -h HOST -U USER -c "{sql}"'


def values_naming(facts: Facts, word: str) -> list[str]:
    """The values (dotted paths) that are `word`, or a URL or host:port with it; the ones that are it exactly first."""
    inside = re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)")
    exact = [path for path, value in facts.values.items() if value == word]
    return exact + [path for path, value in facts.values.items() if value != word and inside.search(value)]


def from_values(facts: Facts, *words: str) -> str:
    """Where the values say one of these words, as a line to go below a fix; "" where none does."""
    for word in words:
        paths = values_naming(facts, word) if len(word) > 1 else []
        if paths and len(paths) <= _NAMED_OFTEN:
            told = "; ".join(f"{path}: {facts.values[path]}" for path in paths[:2])
            return f"\nIt comes from your values ({told}): --set {paths[0]}=…"
    return ""


def image_values(facts: Facts) -> str:
    """The values from which the image's name and tag come."""
    found: dict[str, str] = {}
    for image in facts.images:
        name, _, tag = image.partition("@")[0].rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "")
        for word in (image, name, tag):
            paths = [path for path, value in facts.values.items() if word and value == word]
            # "1" may be the value of anything; a tag stands beside the repository, or is called one.
            for path in (
                paths if word != tag else [path for path in paths if "tag" in path.lower() or "version" in path.lower()]
            ):
                found.setdefault(path, word)
    if not found:
        return ""
    told = " ".join(f"--set {path}={word}" for path, word in list(found.items())[:3])
    return f"\nIt comes from your values, now: {told}"


def change(facts: Facts, old: str, new: str) -> str:
    """How to replace a word in what the hook was given: by a value where one holds it, else in the template."""
    paths = values_naming(facts, old)
    if not paths:
        if (place := place_of(facts, old)) is not None:
            template = facts.hook.path or "the template"
            return f"In {template}, {place}: write {new} instead of {old} (better: take it from a value)."
        return f"Where the hook ({facts.hook.path or facts.hook.name}) gets the name {old} from, give it {new}."
    path = paths[0]
    value = facts.values[path]
    replaced = re.sub(rf"(?<![\w.-]){re.escape(old)}(?![\w-]|\.\w)", new, value)
    return f"In your values:\n{as_yaml(path, replaced)}\nor on the command line: --set {path}={replaced}"


def as_yaml(path: str, value: str) -> str:
    """A dotted path as nested YAML, four blanks in."""
    lines = []
    parts = path.split(".")
    for depth, part in enumerate(parts):
        end = f" {value}" if depth == len(parts) - 1 else ""
        lines.append(f"    {'  ' * depth}{part}:{end}")
    return "\n".join(lines)


def place_of(facts: Facts, word: str) -> str | None:
    """Where the hook's Pod names a word: `env DB_HOST of container migrate`, or its command."""
    for container in containers_of(facts.hook.spec):
        name = container.get("name")
        for variable in container.get("env") or []:
            if word in str(variable.get("value") or ""):
                return f"env {variable.get('name')} of container {name}"
        for field in ("command", "args"):
            if any(word in str(part) for part in container.get(field) or []):
                return f"the {field} of container {name}"
    return None


def closest_service(facts: Facts, host: str) -> ServiceFacts | None:
    """The existing Service, of any namespace, that a name most likely means; None where none is like it."""
    wanted = host.rstrip(".").split(".")[0].lower()
    space = host.partition(".")[2].partition(".")[0]
    ranked = sorted(
        ((_likeness(wanted, each.name), each) for each in facts.services if each.name != "kubernetes"),
        key=lambda pair: (pair[0], pair[1].namespace == (space or facts.namespace), -len(pair[1].name)),
        reverse=True,
    )
    if not ranked or ranked[0][0] < _SURE_ENOUGH or ranked[0][1].host == host:
        return None
    return ranked[0][1]


def closest(wanted: str, names: tuple[str, ...]) -> str:
    """The most similar name, "" where none is like it."""
    ranked = sorted(((_likeness(wanted.lower(), name), name) for name in names), reverse=True)
    return ranked[0][1] if ranked and ranked[0][0] >= _SURE_ENOUGH else ""


def _likeness(wanted: str, name: str) -> float:
    """From 0 to 1; a name that is the other with parts before or behind it is nearly the same."""
    name = name.lower()
    if wanted == name:
        return 1.0
    parts, wanted_parts = name.split("-"), wanted.split("-")
    if set(wanted_parts) <= set(parts) or set(parts) <= set(wanted_parts):
        return 0.9
    return SequenceMatcher(None, wanted, name).ratio()
