"""A script whose first line names a program that is not there."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import quoted, search, search_said

_LOG = (
    re.compile(r"(?P<name>/\S+): cannot execute: required file not found"),
    re.compile(r"(?P<name>/\S+): (?P<program>\S+): bad interpreter: No such file"),
    re.compile(r"exec (?P<name>/\S+\.(?:sh|bash|py|rb|pl)): no such file or directory"),
)
_SAID = re.compile(r'exec:? "?(?P<name>/[^":]+\.(?:sh|bash|py|rb|pl))"?: no such file or directory')


def find(facts: Facts) -> Diagnosis | None:
    said, found = search_said(facts, _SAID), search(facts, *_LOG)
    if said is not None:
        name, program, line, confidence, evidence = said[0]["name"], "", -1, Confidence.MEDIUM, said[1]
    elif found is not None:
        name, program = found.group("name"), found.group("program")
        line, confidence, evidence = found.number, found.confidence, quoted(found)
    else:
        return None
    which = f"{program}, " if program else ""
    return Diagnosis(
        cause="interpreter-missing",
        confidence=confidence,
        problem=f"{name} could not be started: {which}the program that its first line (#!…) names is not in the image.",
        explanation="Either the image does not contain that interpreter (Alpine has no bash, slim images no "
        "python), or the script has "
        "Windows line ends (CR LF) and an invisible CR belongs to the interpreter's name; of a binary, its loader "
        "is missing (glibc on Alpine).",
        evidence=(evidence,),
        fix="Start it with a shell that is there (`command: [sh, /path/script.sh]`), use an image that has the "
        "interpreter, and save the "
        "script with LF line ends.",
        verify=(f"kubectl -n {facts.namespace} get {facts.hook.kind.lower()} {facts.hook.name} -o yaml", *again(facts)),
        line=line,
    )
