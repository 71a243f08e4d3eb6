"""Random templates and values, of which most run without an error."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_WORDS = ["a", "b", "name", "image", "port", "labels", "é", "on-off", "X", ""]
_KEYS = ["a", "b", "name", "image", "port", "labels", "items"]
_TEXTS = [" ", "\n", "  ", "x: ", "- ", "\n\n", "é", "{", "}", "text\n", "\t", "#", "'"]

_LITERALS = [
    '""', '"a"', '"b c"', '"é"', '"name"', '"1.5"', "`raw\\`", "0", "1", "-3", "12", "1.0", "2.5", "1e6", "0x1F", "'x'",
    "true", "false",
]  # fmt: skip

# Function → the kinds of its arguments: a(ny), s(tring), n(umber literal or int), l(ist), m(ap), b(ool).
_CALLS = {
    "default": "aa", "quote": "a", "squote": "a", "upper": "s", "lower": "s", "title": "s", "trunc": "ns", "trim": "s",
    "print": "aa", "println": "a", "toString": "a", "eq": "aa", "ne": "aa", "lt": "nn", "ge": "nn", "and": "aa",
    "or": "aaa", "not": "a", "len": "l", "empty": "a", "coalesce": "aaa", "ternary": "aab", "list": "aaa", "first": "l",
    "last": "l", "rest": "l", "append": "la", "reverse": "l", "uniq": "l", "has": "al", "join": "sl", "add": "nn",
    "mul": "nn", "sub": "nn", "max": "nn", "int": "n", "int64": "n", "float64": "n", "kindOf": "a", "typeOf": "a",
    "hasKey": "ms", "get": "ms", "dict": "sasa", "omit": "ms", "pick": "ms", "indent": "ns",
    "nindent": "ns", "replace": "sss", "contains": "ss", "hasPrefix": "ss", "trimSuffix": "ss", "splitList": "ss",
    "toYaml": "a", "toJson": "a", "b64enc": "s", "html": "a", "js": "a", "urlquery": "a", "index": "ln",
    "sha256sum": "s", "toStrings": "l", "kindIs": "sa", "fromJson": "j", "fromYaml": "j", "substr": "nns",
    "plural": "ssn", "snakecase": "s", "camelcase": "s", "compact": "l", "without": "la", "concat": "ll", "deepCopy": "a",
    "prepend": "la", "semverCompare": "vv", "cat": "aa", "abbrev": "ns", "nospace": "s", "toPrettyJson": "a",
    "floor": "n", "round": "nn", "dig": "ssam", "slice": "ln", "regexMatch": "ss", "regexReplaceAll": "sss",
}  # fmt: skip


def random_values(random: Random) -> dict[str, Any]:
    """A values tree with every kind of value; helm drops nulls in maps, so only lists have some."""

    def value(depth: int) -> Any:
        kind = random.randrange(9 if depth else 6)
        if kind == 0:
            return random.choice(_WORDS)
        if kind == 1:
            return float(random.randrange(-5, 70000))
        if kind == 2:
            return random.choice([0.5, -1.25, 1e21, 1e-7, 3.14159, 0.0])
        if kind == 3:
            return random.choice([True, False])
        if kind == 4:
            return random.choice(["", "v1.2.3", "multi\nline", "a,b,c", "{{ .Values.a }}", "yes", "0123"])
        if kind == 5:
            return random.choice(_WORDS) * 2
        if kind in (6, 7):
            return {key: value(depth - 1) for key in random.sample(_KEYS, random.randrange(4))}
        return [random.choice([value(depth - 1), None]) for _ in range(random.randrange(4))]

    return {
        **{key: value(3) for key in _KEYS},
        "s": "text",
        "n": 7.0,
        "l": [1.0, "a", "b", None, True],
        "ls": ["x", "y", "z"],
        "m": {"a": 1.0, "b": "two", "c": {"d": [1.0, 2.0]}},
        "j": json.dumps({"a": [1, "x", None, {"b": 1.5}]}),
        "flag": True,
    }


class TemplateGenerator:
    """Writes one template. What it writes always parses; it may fail when it runs."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.variables = ["$v"]

    def template(self) -> str:
        body = self.block(3)
        # dot is the values, for the root of all holds what differs from run to run
        return f"{{{{ with .Values }}}}{{{{ $v := {self.argument('a', 1)} }}}}{body}{{{{ end }}}}"

    def block(self, depth: int) -> str:
        known = len(self.variables)
        text = "".join(self.statement(depth) for _ in range(self.random.randrange(1, 4)))
        del self.variables[known:]
        return text

    def statement(self, depth: int) -> str:
        choose = self.random.random()
        if choose < 0.25:
            return self.random.choice(_TEXTS)
        if choose < 0.6 or not depth:
            return self.action(self.pipeline(2))
        if choose < 0.68:
            name = f"$v{len(self.variables)}"
            text = self.action(f"{name} := {self.pipeline(2)}")
            self.variables.append(name)
            return text
        if choose < 0.72 and self.variables:
            return self.action(f"{self.random.choice(self.variables)} = {self.pipeline(2)}")
        if choose < 0.82:
            return self.condition(depth)
        if choose < 0.88:
            return f"{self.action('with ' + self.pipeline(1))}{self.block(depth - 1)}{self.otherwise(depth)}"
        if choose < 0.96:
            return self.loop(depth)
        return self.definition(depth)

    def action(self, inside: str) -> str:
        left = self.random.choice(["{{ ", "{{", "{{- ", "{{ "])
        right = self.random.choice([" }}", "}}", " -}}", " }}"])
        comment = "{{/* } */}}" if self.random.random() < 0.03 else ""
        return f"{left}{inside}{right}{comment}"

    def condition(self, depth: int) -> str:
        text = self.action("if " + self.pipeline(2)) + self.block(depth - 1)
        while self.random.random() < 0.3:
            text += self.action("else if " + self.pipeline(1)) + self.block(depth - 1)
        return text + self.otherwise(depth)

    def otherwise(self, depth: int) -> str:
        text = self.action("else") + self.block(depth - 1) if self.random.random() < 0.5 else ""
        return text + self.action("end")

    def loop(self, depth: int) -> str:
        known = len(self.variables)
        over = self.random.choice([self.argument("l", 1), self.argument("m", 1), "3", "(until 2)"])
        form = self.random.randrange(3)
        if over == "3":
            form = min(form, 1)
        names = [f"$v{known + number}" for number in range(form)]
        head = f"range {', '.join(names)} := {over}" if names else f"range {over}"
        self.variables.extend(names)
        body = self.block(depth - 1)
        if self.random.random() < 0.2:
            stop = self.random.choice(["break", "continue"])
            body += self.action("if " + self.pipeline(1)) + self.action(stop) + self.action("end") + self.block(0)
        text = self.action(head) + body + self.otherwise(depth)
        del self.variables[known:]
        return text

    def definition(self, depth: int) -> str:
        name = f'"block {self.random.getrandbits(48)}"'  # all templates of a batch share one space of names
        argument = self.argument("a", 1)
        if self.random.random() < 0.3:
            return f"{{{{ block {name} {argument} }}}}{self.inner_block(depth)}{{{{ end }}}}"
        call = self.action(
            self.random.choice([f"template {name} {argument}", f"include {name} {argument} | indent 2 | quote"])
        )
        if self.random.random() < 0.5:
            quoted = json.dumps(f"{{{{ .a }}}}{{{{ .s | upper }}}}{self.random.choice(_TEXTS)}")
            return self.action(f'tpl {quoted} (dict "a" {argument} "s" "q")')
        return f"{{{{ block {name} {argument} }}}}{self.inner_block(depth)}{{{{ end }}}}{call}"

    def inner_block(self, depth: int) -> str:
        known, self.variables = self.variables, []
        text = self.block(depth - 1)
        self.variables = known
        return text

    def pipeline(self, depth: int) -> str:
        if not depth or self.random.random() < 0.35:
            return self.argument("a", 0)
        text = self.call(depth)
        if self.random.random() < 0.3:
            text += " | " + self.random.choice(
                ["quote", "toString", "print", "default 3", "not", "toJson", "list", "len"]
            )
        return text

    def call(self, depth: int) -> str:
        name, kinds = self.random.choice(list(_CALLS.items()))
        return " ".join([name, *(self.argument(kind, depth - 1) for kind in kinds)])

    def argument(self, kind: str, depth: int) -> str:
        random = self.random
        if kind == "v":
            return random.choice(['"1.2.3"', '">=1.0.0"', '"v2"', '"^1.2"'])
        if kind == "j":
            return random.choice([".Values.j", '"{}"', "$.Values.j"])
        if random.random() < 0.3:
            return random.choice([".", *self.variables, self.path(), self.path()])
        if depth > 0 and random.random() < 0.4:
            return f"({self.call(depth)})"
        if kind == "s":
            return random.choice([*_LITERALS[:7], "$.Values.s", "$.Release.Name", "(print 1 2)"])
        if kind == "n":
            return random.choice([*_LITERALS[7:12], "(len $.Values.l)", "(int $.Values.n)"])
        if kind == "l":
            return random.choice(
                ["$.Values.l", "$.Values.ls", '(list 1 "a" nil)', "(until 3)", '(splitList "," "a,b")', "list"]
            )
        if kind == "m":
            return random.choice(["$.Values.m", '(dict "a" 1)', "dict", '(dict "b" (list 1) "name" "x")'])
        if kind == "b":
            return random.choice(["true", "false", "(eq 1 1)"])
        return random.choice([*_LITERALS, "nil", self.path(), "$.Values.m.c", "$.Values.missing"])

    def path(self) -> str:
        base = self.random.choice(["$.Values", "$.Values", ".m", "$.Values.m", "."])
        names = self.random.choices(_KEYS, k=self.random.choice([1, 1, 1, 2]))
        text = (base if base != "." else "") + "".join(f".{name}" for name in names)
        return f"({text})" if self.random.random() < 0.1 else text


_VERBS = "vvTtbcdoOqxXUeEfFgGszw%"


def random_printf(random: Random, operands: list[str]) -> str:
    """One call of printf with a format that may be nonsense."""
    form = ""
    for _ in range(random.randrange(1, 4)):
        flags = "".join(random.choices("+-# 0", k=random.randrange(4)))
        width = random.choice(["", "", str(random.randrange(13)), "*", "[1]*"])
        precision = random.choice(["", "", ".", f".{random.randrange(9)}", ".*"])
        index = random.choice(["", "", "", "", "[1]", "[2]", "[9]"])
        form += f"%{flags}{width}{precision}{index}{random.choice(_VERBS)}{random.choice(['', 'a', 'é'])}"
    chosen = [
        random.choice(
            [
                random.choice(operands),
                f"({random.randrange(-(2**63), 2**63)})",
                f"({random.choice([random.uniform(-1e9, 1e9), random.expovariate(1e-300), random.random() / 1e9])!r})",
            ]
        )
        for _ in range(random.randrange(4))
    ]
    return f'{{{{ printf "{form}" {" ".join(chosen)} }}}}'
