"""Slash-separated paths as Go's package path treats them. Helm's `os…` twins are the same on Linux."""

from __future__ import annotations

from steersman.template.functions.registry import function


@function("clean", "string", "string", "osClean")
def clean(path: str) -> str:
    """The shortest equal path: no `.`, no double slash, no `..` behind a name; `.` for an empty one."""
    rooted = path.startswith("/")
    names: list[str] = []
    for name in path.split("/"):
        if name in ("", "."):
            continue
        if name != "..":
            names.append(name)
        elif names and names[-1] != "..":
            names.pop()
        elif not rooted:
            names.append(name)
    return ("/" if rooted else "") + "/".join(names) or "."


@function("base", "string", "string", "osBase")
def base(path: str) -> str:
    """The last name; `.` for an empty path, `/` for slashes only."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@function("dir", "string", "string", "osDir")
def dir_(path: str) -> str:
    """All but the last name, cleaned."""
    before, slash, _ = path.rpartition("/")
    return clean(before + slash)


@function("ext", "string", "string", "osExt")
def ext(path: str) -> str:
    """What follows the last dot of the last name, with the dot."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return dot + ending if dot else ""


@function("isAbs", "string", "bool", "osIsAbs")
def is_abs(path: str) -> bool:
    return path.startswith("/")
