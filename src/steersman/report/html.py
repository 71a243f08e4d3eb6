"""HTML by calls: every text and attribute is escaped, and there is no way round it but `Markup` itself."""

from __future__ import annotations

from html import escape

VOID = frozenset({"meta", "br", "hr"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(element: str, /, *children: str, **attributes: object) -> Markup:
    """An element. `class_` is `class`; attributes that are None or "" are left out; plain strings are escaped."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), quote=True)}"'
        for key, value in attributes.items()
        if value not in (None, "")
    )
    if element in VOID:
        return Markup(f"<{element}{given}>")
    return Markup(f"<{element}{given}>{join(*children)}</{element}>")


def join(*children: str) -> Markup:
    """Children one after the other, escaped where they are no markup."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child, quote=False) for child in children))
