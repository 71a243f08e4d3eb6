"""Kubernetes label queries (`a=b,c!=d,e in (f,g),!h`) where no API server is there to answer them.

Source: the label selectors of the Kubernetes API conventions.
"""

from __future__ import annotations

import re

from steersman.errors import UsageError

_TERM = re.compile(
    r"""\s*(?:
        (?P<absent>!)?\s*(?P<key>[\w./-]+)\s*
        (?: (?P<op>==|=|!=)\s*(?P<value>[\w.-]*) | (?P<word>in|notin)\s*\((?P<values>[^)]*)\) )?
    )\s*(?:,|$)""",
    re.VERBOSE,
)


def matches(selector: str, labels: dict[str, str]) -> bool:
    """Whether `labels` fulfil every term of `selector` ("" is fulfilled by all). Raises UsageError."""
    position = 0
    while position < len(selector):
        term = _TERM.match(selector, position)
        if term is None:
            raise UsageError(
                f"invalid label selector {selector!r}", hint="terms are key=value, key!=value, key in (a,b), key, !key"
            )
        position = term.end()
        if not _fulfilled(term, labels):
            return False
    return True


def _fulfilled(term: re.Match[str], labels: dict[str, str]) -> bool:
    key = term["key"]
    if term["absent"]:
        return key not in labels
    if term["op"]:
        equal = labels.get(key) == term["value"]
        return not equal if term["op"] == "!=" else equal
    if term["word"]:
        among = labels.get(key) in {value.strip() for value in term["values"].split(",")}
        return among if term["word"] == "in" else not among
    return key in labels
