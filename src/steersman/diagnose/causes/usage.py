"""A program that does not know the options it was given."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "usage",
    (
        r"(?:unrecognized|unknown|invalid|illegal) (?:option|flag|argument|parameter"
        r"|subcommand)s?:?[\s'\"‘-]*(?P<name>[^'\"’;]*)",
        r"option (?P<name>\S+): is unknown",
        r"error: unrecognized arguments: (?P<name>.*)",
        r"error: the following arguments are required: (?P<name>.*)",
        r"unknown (?:shorthand )?(?:flag|command):? (?P<name>.*)",
        r"invalid URI query parameter: (?P<name>.*)|invalid connection option (?P<other>.*)",
        r"[Nn]o such (?:option|command):? ?['\"]?(?P<name>[\w-]+)",
    ),
    problem="The program was called with something that it does not know: {name}{other}.",
    explanation="An option or argument is misspelt, belongs to another version of the program, or a value that the "
    "template left empty "
    "has shifted the others.",
    fix="Correct `command` and `args` in {path}; `steer template` shows what the chart makes of them.",
    verify=("steer get hooks {release}",),
)
