"""A script that its shell or interpreter cannot parse."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "script-syntax",
    (
        r"(?:sh|bash|ash)\S*: (?:line \d+: |\d+: )?(?:-c: )?(?:line \d+: )?(?P<name>[Ss]yntax error.*)",
        r"^(?P<name>SyntaxError: (?!.*JSON).*)",
        r"(?:sh|bash): (?:line \d+: )?(?P<name>\[\[?: (?:.*: )?(?:too many arguments|unary operator expected"
        r"|binary operator expected|integer expression expected))",
        r"jq: error: (?P<name>syntax error, .*|\S+ is not defined at .*)",
        r"awk: (?:cmd\. line:\d+: )?.*(?P<name>syntax error).*|sed: -e expression #\d+, char \d+: (?P<name2>.*)",
        r"(?P<name>[Ii]llegal option -o pipefail|\[\[: not found|Bad substitution|bad substitution|source: not found)",
        r"^(?P<name>IndentationError: .*)",
        r"(?P<name>unexpected EOF while looking for matching.*)",
    ),
    problem="The hook's script cannot be parsed: {name}{name2}.",
    explanation=(
        "It is not valid in the shell or interpreter that runs it (bash syntax under sh, an older Node or "
        "Python, a quote that the "
        "template lost, wrong indentation)."
    ),
    fix="See what the chart renders (`steer template`), and correct the script in {path}.",
    verify=("steer get hooks {release}",),
)
