"""What `status` prints, made comparable: helm keeps the kinds below RESOURCES in no order."""

from __future__ import annotations

import re

_AGE = re.compile(r"( +)\d+[smhd]\d*[smhd]?$", re.MULTILINE)


def resources_in_order(text: str) -> str:
    """The text with the kinds below RESOURCES sorted and ages masked; each kind without the headers that helm leaves out where
    the kind before, by chance, has the same."""
    before, marker, rest = text.partition("RESOURCES:\n")
    if not marker:
        return text
    tables, _, after = rest.partition("\n\n\n")
    sections = sorted(_without_headers(section) for section in tables.split("\n\n"))
    return _AGE.sub(r"\1AGE", f"{before}{marker}" + "\n\n".join(sections) + f"\n\n\n{after}")


def _without_headers(section: str) -> str:
    title, *lines = section.split("\n")
    return "\n".join([title, *(line for line in lines if not line.startswith("NAME "))])
