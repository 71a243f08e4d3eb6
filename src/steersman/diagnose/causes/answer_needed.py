"""A program that asks a question, where nobody can answer."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "answer-needed",
    (
        r"(?:WARN\s+|^\s*)Command cancell?ed\b|(?P<name>APPLICATION IN PRODUCTION)",
        r"EOFError: (?P<name>EOF when reading a line)|^(?P<name2>Aborted!)$",
        r"(?P<name>the input device is not a TTY|[Ss]tdin is not a (?:terminal|tty)|environment is non-interactive.*)",
        r"(?P<name>Do you want to continue\? \[Y/n\]) Abort|(?P<name2>must be run (?:from|in) a(?:n interactive)? terminal)",
        r"(?P<name>Error asking for (?:approval|input).*|Prompts can not be meaningfully answered in non-TTY environments)",
    ),
    problem="The program asks a question, and nobody is there to answer it: {name}{name2}",
    explanation="A Pod has no terminal. The program takes that for a no, or for the end of its input.",
    fix="Tell it beforehand (--force, --yes, -y, --no-input, --noinput, -auto-approve, CI=true, "
    "DEBIAN_FRONTEND=noninteractive) in "
    "`command` or `env` of {path}.",
    verify=("steer get hooks {release}",),
)
