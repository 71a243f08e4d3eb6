"""A program that is not in the image."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import quoted, search, search_said
from steersman.diagnose.script import redirections

_LOG = (
    re.compile(r"(?:^|: )(?P<name>[\w./+-]+): (?:command )?not found$"),
    re.compile(r"(?:sh|bash): (?:line \d+: )?(?P<name>[\w./+-]+): No such file or directory$"),
    re.compile(r"\benv: can't execute '(?P<name>[\w./+-]+)': No such file or directory$"),
    re.compile(r"\bmake: (?P<name>[\w./+-]+): No such file or directory$"),
    re.compile(r"\benv: ['‘]?(?P<name>[\w./+-]+)['’]?: No such file or directory$"),
    re.compile(r"command not found: (?P<name>\S+)"),
    re.compile(r"spawn (?P<name>\S+) ENOENT"),
    re.compile(r"exec: \"(?P<name>[^\"]+)\": executable file not found in \$PATH"),
)
# Python says the same of a program and of a file; a program was meant where subprocess looked for it.
_PYTHON = re.compile(r"FileNotFoundError: .*No such file or directory: '(?P<name>[\w./+-]+)'$")
_SAID = re.compile(
    r'exec: "(?P<name>[^"]+)": (?:executable file not found|stat \S+: no such file|no such file)'
    r"|exec (?P<other>\S+): no such file or directory|no such (?:program|command) [\"']?(?P<third>[\w./-]+)"
    r"|(?P<fourth>[\w./-]+): (?:executable file )?not found in (?:\$PATH|the image)"
)


def find(facts: Facts) -> Diagnosis | None:
    images = ", ".join(dict.fromkeys(facts.images)) or "?"
    python = (_PYTHON,) if any("subprocess.py" in line for line in facts.logs) else ()
    said, found = search_said(facts, _SAID), search(facts, *_LOG, *python)
    if said is not None:
        match, evidence = said
        name, line, confidence = next((each for each in match.groups() if each), "it"), -1, Confidence.HIGH
    elif found is not None:
        name, line, confidence, evidence = found.group("name"), found.number, found.confidence, quoted(found)
        if name in redirections(facts):
            return None  # a file to be written, of which bash says the same
    else:
        return None
    advice = "mount the volume that brings it (volumeMounts)" if "/" in name else "give its full path in `command`"
    return Diagnosis(
        cause="command-not-found",
        confidence=confidence,
        problem=f"There is no program {name} in the hook's image ({images}).",
        explanation="The image does not contain it, it is not in PATH, or the name has a typing error."
        if "/" not in name
        else "The image has no such file, the volume that should bring it is not mounted there, or the file's first line (#!) "
        "names an interpreter that the image lacks.",
        evidence=(evidence,),
        fix=f"Use an image that has {name}, {advice}, or correct the name in {facts.hook.path}.",
        verify=(
            f"kubectl -n {facts.namespace} run image-check --rm -it --restart=Never --image={images.partition(',')[0]} "
            f"--command -- sh -c 'command -v {name}'",
            *again(facts),
        ),
        line=line,
    )
