r"""Where the validator that is used here understands a schema otherwise than Helm's, and what it is given instead.

Regular expressions: Helm's reads them as Go does, this one as JavaScript does. What both read alike, nearly all that is written,
is left as it is. The rest is either refused by Go, and the schema with it, or spelled so that JavaScript means the same:
`[\w-.]` as `[\w\-.]`.

`additionalProperties: false` without `properties`: this one reports a value, Helm's the names.
"""

from __future__ import annotations

from typing import Any

from steersman.lazy import pattern

_LITERAL = r"[\w /:,@%#=<>!~`'\"&;-]"
_IN_CLASS = r"(?:[A-Za-z0-9]-[A-Za-z0-9]|[\w /:,@%#=<>!`'\";*+?(){}|$.]|\\[dDwWsSnrt./\\+*?()^$\[\]-])"
_CLASS = rf"\[\^?-?{_IN_CLASS}(?:{_IN_CLASS}|\^)*-?\]"
_ATOM = rf"(?:{_LITERAL}|\.|\\[dDwWsSbnrt./\\+*?()^$\[\]{{}}|-]|{_CLASS})"
_COUNT = r"(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?"
_ALIKE = pattern(rf"(?a:(?:\(\?:|\(|\){_COUNT}|[|^$]|{_ATOM}{_COUNT})*)")

_PIECE = pattern(
    r"(?s)\\Q(.*?)(?:\\E|\Z)|(\\p\{[^}]*\}|\\x\{[^}]*\}|\\.)"
    r"|(\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\])|(\{\d+(?:,\d*)?\})|(.)"
)
_MEMBER = pattern(r"(?s)\[:(\^?)(\w+):\]|(\\[dDwWsS]|\\pL|\\p\{[^}]*\}|\\x\{[^}]*\}|\\.)|(.)")
_SPECIAL = frozenset("\\.+*?()|[]{}^$/-")

# POSIX' classes of ASCII by their names, as members of a class.
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-\/:-@\[-`\{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
# Their values are data in which `pattern` is no keyword.
_DATA = frozenset(("const", "enum", "default", "examples"))
_NAMED = frozenset(("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"))


def unlike(document: Any, *, of_names: bool = False) -> set[str]:
    """The expressions of a schema, wherever they stand in it, that Go and JavaScript may read differently.

    `of_names`: its keys are names and no keywords.
    """
    if isinstance(document, list):
        return set().union(*map(unlike, document))
    found: set[str] = set()
    if isinstance(document, dict):
        for key, value in document.items():
            if of_names:
                found |= unlike(value)
                continue
            written = [value] if key == "pattern" else value if key == "patternProperties" else ()
            if isinstance(written, list | dict):
                found.update(each for each in written if isinstance(each, str) and not _ALIKE.fullmatch(each))
            if key not in _DATA:
                found |= unlike(value, of_names=key in _NAMED)
    return found


def adapted(document: Any, spelling: dict[str, str], *, of_names: bool = False) -> Any:
    """The schema as the validator is to be given it. `of_names`: its keys are names and no keywords."""
    if isinstance(document, list):
        return [adapted(item, spelling) for item in document]
    if not isinstance(document, dict):
        return document
    changed = {
        key: value
        if key in _DATA and not of_names
        else adapted(value, spelling, of_names=not of_names and key in _NAMED)
        for key, value in document.items()
    }
    if of_names:
        return changed
    if isinstance(changed.get("pattern"), str):
        changed["pattern"] = spelling.get(changed["pattern"], changed["pattern"])
    if isinstance(properties := changed.get("patternProperties"), dict):
        changed["patternProperties"] = {spelling.get(key, key): value for key, value in properties.items()}
    elif changed.get("additionalProperties") is False:
        changed.setdefault("properties", {})
    return changed


def is_expression(text: str) -> bool:
    """Whether Go takes it for a regular expression."""
    from steersman.template.functions.regex_syntax import BadSyntax, read

    try:
        read(text)
    except BadSyntax:
        return False
    return True


def spelled(expression: str) -> str:
    """What Go takes, spelled so that JavaScript means the same."""
    pieces = []
    for match in _PIECE.finditer(expression):
        quoted, escaped, members, count, sign = match.groups()
        if quoted is not None:
            pieces.append("".join(f"\\{each}" if each in _SPECIAL else each for each in quoted))
        elif members is not None:
            pieces.append(_class(members))
        else:
            pieces.append(escaped or count or ("\\{" if sign == "{" else "\\}" if sign == "}" else sign))
    return "".join(pieces)


def _class(text: str) -> str:
    """A class of signs. A hyphen beside a class of its own stands for itself, as does each bracket."""
    start = 2 if text.startswith("[^") else 1
    members = list(_MEMBER.finditer(text[start:-1]))
    pieces = []
    for number, match in enumerate(members):
        negated, name, escaped, sign = match.groups()
        if name is not None:
            # what a negated class of ASCII leaves has no short name in JavaScript
            pieces.append(_POSIX.get(name, "") if not negated else match[0])
        elif escaped is not None:
            pieces.append(escaped)
        elif sign == "-" and number and number < len(members) - 1 and _is_set(members[number - 1]):
            pieces.append("\\-")
        else:
            pieces.append(f"\\{sign}" if sign in "[]&~" else sign)
    return f"{text[:start]}{''.join(pieces)}]"


def _is_set(member: Any) -> bool:
    return member[2] is not None or (member[3] is not None and (member[3][1] in "dDwWsSpP"))
