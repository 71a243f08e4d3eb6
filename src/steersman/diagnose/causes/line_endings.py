"""A script with the line ends of Windows (CR LF)."""

from __future__ import annotations

import re
from dataclasses import replace

from steersman.diagnose.diagnosis import Confidence, Diagnosis, Evidence
from steersman.diagnose.facts import Facts, containers_of
from steersman.diagnose.log_rule import log_rule

_RULE = log_rule(
    "line-endings",
    (
        r"\$'[^']*\\r'",
        r"['‘][\w./-]+(?:\\r|\r)['’]: No such file",
        r"\^M\b|bad interpreter: .*\^M",
        r"\r.*(?:not found|No such file|invalid option|[Ii]llegal option)",
        r"set: [Ii]llegal option -\s*$|set: line \d+: illegal option -\s*$|: set: -\s*$",
        r'syntax error (?:near unexpected token|in conditional expression).*\\r|word unexpected \(expecting "(?:do|then|in)\r',
    ),
    problem="The hook's script has Windows line ends (CR LF): the shell takes the invisible CR for a part of each line.",
    explanation="The file was saved or checked out with CR LF (an editor, git's core.autocrlf) before the chart or "
    "image was made.",
    fix="Save the script with LF alone (dos2unix, `*.sh text eol=lf` in .gitattributes) and package the chart or "
    "build the image again.",
    verify=("steer get hooks {release} | grep -c $'\\r'",),
)
_SYMPTOM = re.compile(r"not found|No such file|required file|[Ii]llegal option|syntax error|unexpected")


def find(facts: Facts) -> Diagnosis | None:
    if (found := _RULE(facts)) is not None:
        return found
    scripts = [
        str(part)
        for each in containers_of(facts.hook.spec)
        for field in ("command", "args")
        for part in each.get(field) or []
    ]
    last = next((line for line in reversed(facts.logs) if _SYMPTOM.search(line)), "")
    if not last or not any("\r\n" in script for script in scripts):
        return None
    line = facts.logs.index(last)
    shown = _RULE(replace(facts, logs=("^M",)))
    return shown and replace(
        shown,
        confidence=Confidence.HIGH,
        line=line,
        evidence=(Evidence("log", last.strip()), Evidence("the hook's script", "… CR LF …")),
    )
