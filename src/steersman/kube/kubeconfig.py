"""Kubeconfig files: which there are, what they say together, and their mistakes, each told with the file and the field.

Merged like kubectl does it: the files of KUBECONFIG, of which the first that names a thing wins. What client-go refuses is
refused here as well: a flag in quotes is no flag, whatever it says.
"""

from __future__ import annotations

import os

from steersman.errors import ClusterUnreachable
from steersman.lazy import TYPE_CHECKING
from steersman.plain_json import loads
from steersman.plain_yaml import NOT_PLAIN, NotPlain, read
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any

Entry = dict[str, "Any"]

# What words mean in a file that is read as plain YAML, and those that mean something in YAML 1.1, in whatever case.
_WORDS = {"true": True, "false": False, "null": None}
_OTHER_WORDS = ("true", "false", "null", "yes", "no", "on", "off")

# What the fields that are read are; what else there is, is not ours to judge. Text may be any plain value: `password: 1234`.
_CLUSTER = {
    "server": "text",
    "tls-server-name": "text",
    "insecure-skip-tls-verify": "flag",
    "certificate-authority": "text",
    "certificate-authority-data": "text",
    "proxy-url": "text",
    "extensions": "list of mappings",
}
_USER = {
    "client-certificate": "text",
    "client-certificate-data": "text",
    "client-key": "text",
    "client-key-data": "text",
    "token": "text",
    "tokenFile": "text",
    "username": "text",
    "password": "text",
    "as": "text",
    "as-uid": "text",
    "as-groups": "list",
    "as-user-extra": "mapping of lists",
    "auth-provider": "mapping",
    "exec": "mapping",
}
_CONTEXT = {"cluster": "text", "user": "text", "namespace": "text"}
EXEC = {
    "command": "text",
    "args": "list",
    "env": "list of mappings",
    "apiVersion": "text",
    "installHint": "text",
    "interactiveMode": "text",
    "provideClusterInfo": "flag",
}
_IS = {
    "text": lambda value: not isinstance(value, list | dict),
    "flag": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "mapping": lambda value: isinstance(value, dict),
    "list of mappings": lambda value: isinstance(value, list) and all(isinstance(each, dict) for each in value),
    "mapping of lists": lambda value: isinstance(value, dict) and all(isinstance(e, list) for e in value.values()),
}
_SAID = {"flag": "is neither true nor false", "text": "is no text"}


def kubeconfig_files(explicit: str | None = None) -> list[str]:
    """The kubeconfig files that exist and would be read, in order of precedence. `explicit` is listed even if missing."""
    if explicit:
        return [os.path.expanduser(explicit)]
    paths = listed_files() or [os.path.expanduser("~/.kube/config")]
    return [path for path in paths if os.path.isfile(path)]


def listed_files() -> list[str]:
    """What KUBECONFIG names, whether it exists or not."""
    return [entry for entry in os.environ.get("KUBECONFIG", "").split(os.pathsep) if entry]


@record(slots=True)
class Merged:
    """Several kubeconfig files as one; each named entry remembers its file, for relative paths and messages."""

    files: list[str]
    current_context: str
    clusters: dict[str, tuple[Entry, str]]
    users: dict[str, tuple[Entry, str]]
    contexts: dict[str, tuple[Entry, str]]

    @classmethod
    def of(cls, files: list[str]) -> Merged:
        merged = cls(files, "", {}, {}, {})
        for path in files:
            document = _read(path)
            merged.current_context = merged.current_context or str(document.get("current-context") or "")
            for key, inner, target, fields in (
                ("clusters", "cluster", merged.clusters, _CLUSTER),
                ("users", "user", merged.users, _USER),
                ("contexts", "context", merged.contexts, _CONTEXT),
            ):
                entries = document.get(key) or []
                if not isinstance(entries, list):
                    raise bad(path, f"`{key}` is not a list")
                for entry in entries:
                    if not isinstance(entry, dict) or "name" not in entry:
                        raise bad(path, f"an entry of `{key}` has no name")
                    if not isinstance(entry.get(inner) or {}, dict):
                        raise bad(path, f'`{inner}` of "{entry["name"]}" is not a mapping')
                    check(entry.get(inner) or {}, fields, path, f'{inner} "{entry["name"]}"')
                    target.setdefault(str(entry["name"]), (entry.get(inner) or {}, path))
        return merged

    def source(self) -> str:
        return os.pathsep.join(self.files)


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise ClusterUnreachable(
            f"cannot read kubeconfig {path}: {error.strerror}", hint="Check --kubeconfig or KUBECONFIG."
        ) from error
    except UnicodeDecodeError as error:
        raise bad(path, "it is not UTF-8 text") from error
    if text.lstrip().startswith("{"):  # JSON is valid YAML and ten times quicker to read
        try:
            document = loads(text)
        except ValueError as error:
            raise bad(path, str(error)) from error
    elif (document := read(text, _scalar)) is NOT_PLAIN:
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            document = yaml.load(text, Loader=loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
            raise bad(path, place + (getattr(error, "problem", "") or " ".join(str(error).split()))) from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise bad(path, "it is not a mapping")
    return document


def _scalar(text: str) -> Any:
    """What an unquoted scalar of a kubeconfig means, where that is plain."""
    if text in _WORDS:
        return _WORDS[text]
    if not (text[0].isalpha() or text[0] == "/") or text.lower() in _OTHER_WORDS:
        raise NotPlain
    return text


def check(entry: Entry, fields: dict[str, str], path: str, owner: str) -> None:
    """Raises ClusterUnreachable for a field that is not what it should be; `owner` is whose it is, for the message."""
    for name, kind in fields.items():
        value = entry.get(name)
        if value is not None and not _IS[kind](value):
            raise bad(path, f"`{name}` of {owner} {_SAID.get(kind, f'is no {kind}')}")


def bad(path: str, why: str) -> ClusterUnreachable:
    return ClusterUnreachable(
        f"{path} is not a usable kubeconfig: {why}", hint="`kubectl config view` shows how it is read."
    )


def named(
    entries: dict[str, tuple[Entry, str]], name: str | None, what: str, merged: Merged, context: str
) -> tuple[Entry, str]:
    """The entry that a context names, and its file. Raises ClusterUnreachable."""
    if not name:
        return {}, merged.files[0]
    if name not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise ClusterUnreachable(
            f'{what} "{name}", which context "{context}" names, does not exist in {merged.source()}',
            hint=f"Correct the context; of that kind there are: {known}.",
        )
    return entries[name]


def material(entry: Entry, key: str, file: str, owner: str) -> bytes:
    """PEM bytes of `key-data` (base64) or of the file that `key` names, relative to its kubeconfig."""
    if data := entry.get(f"{key}-data"):
        import binascii

        field = f"`{key}-data` of {owner}"
        try:
            content = binascii.a2b_base64("".join(str(data).split()), strict_mode=True)
        except ValueError as error:  # binascii.Error, and what is not ASCII
            raise bad(file, f"{field} is not base64") from error
    elif path := entry.get(key):
        path = beside(file, str(path))
        content = file_bytes(path, f"{key} of {owner}")
        field = f"{path}, the `{key}` of {owner},"
    else:
        return b""
    if b"-----BEGIN " not in content:
        raise bad(file, f"{field} is not PEM: it has no line `-----BEGIN …-----`")
    return content


def beside(file: str, path: str) -> str:
    """A path that stands in a file: relative ones begin where the file is."""
    return os.path.join(os.path.dirname(file), path.removeprefix("./"))


def file_bytes(path: str, what: str) -> bytes:
    """The content of a file that somebody named. Raises ClusterUnreachable."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ClusterUnreachable(
            f"unable to read {what}: {path}: {error.strerror}",
            hint="Correct the path, or log in again to have the file made.",
        ) from error
