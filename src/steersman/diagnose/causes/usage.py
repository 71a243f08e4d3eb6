"""A program that does not know the options it was given."""

from __future__ import annotations

from steersman.diagnose.log_rule import latest_of, log_rule

OPTIONS = log_rule(
    "usage",
    (
        r"(?:unrecognized|unknown|invalid|illegal) (?:option|flag|argument|parameter"
        r"|subcommand)s?:?[\s'\"‘-]*(?P<name>[^'\"’;]*)",
        r"option (?P<name>\S+): is unknown|Unrecognized (?:VM )?option:? '?(?P<other>[^\s']+)",
        r"error: unrecognized arguments: (?P<name>.*)",
        r"error: argument (?P<name>\S+: .*)",
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
TASK = log_rule(
    "task-missing",
    (
        r"Missing script: \"?(?P<name>[^\"\s]+)\"?|ERR_PNPM_NO_SCRIPT",
        r"make: \*\*\* No rule to make target ['`](?P<name>[^']+)'",
        r"Don't know how to build task '(?P<name>[^']+)'",
        r"Script \"(?P<name>[^\"]+)\" is not defined in this package|Command \"(?P<name2>[^\"]+)\" is not defined",
        r"There are no commands defined in the \"(?P<name>[^\"]+)\" namespace",
        r"^(?:CommandError: )?Unknown command: '(?P<name>[^']+)'",
        r"The task \"(?P<name>[^\"]+)\" could not be found|Task '(?P<name2>[^']+)' not found in root project",
        r"error Command \"(?P<name>[^\"]+)\" not found",
        r"Could not execute because the specified command or file was not found",
    ),
    problem="The program has no task called {name}{name2}.",
    explanation="The name is misspelt, the image is of a version without that task, the script is in another "
    "folder (workingDir), "
    "or the tool that brings it is only a development dependency and was left out of the image.",
    fix="Correct the name in `command` or `args` of {path}; see what there is (npm run, rake -T, php artisan "
    "list, mix help), or use "
    "an image that has it.",
    verify=("steer get hooks {release}",),
)

find = latest_of(OPTIONS, TASK)
