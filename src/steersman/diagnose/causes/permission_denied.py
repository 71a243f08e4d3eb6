"""A file that the container's user may not read, write or run."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Confidence, Diagnosis
from steersman.diagnose.facts import Facts, containers_of
from steersman.diagnose.reading import quoted, search, search_said

_LOG = (
    re.compile(r"Permission denied: '(?P<name>[^']+)'"),
    re.compile(r"EACCES: permission denied, \w+ '(?P<name>[^']+)'"),
    re.compile(
        r"can(?:not|'t) (?:open|create|touch|access|remove|create directory|stat) ['‘]?(?P<name>[^'’:]+)['’]?: "
        r"Permission denied"
    ),
    re.compile(r"(?P<name>/[\w./-]+)\S*: Permission denied$"),
    re.compile(r"(?:^|: )(?P<name>[\w./-]+): Permission denied$"),
    re.compile(r"AccessDeniedException: (?P<name>\S+)"),
    re.compile(
        r"Failed to open (?P<name>apk database): Permission denied|mkstemp \"(?P<name2>[^\"]+)\" failed: Permission denied"
    ),
    re.compile(r"file \"(?P<name>[^\"]+)\" could not be opened in append mode: .*Permission denied"),
    re.compile(
        r"(?:open|mkdir|unlink|rename|chmod) (?P<name>/[^\s:]+): permission denied|Permission denied \(os error 13\)"
    ),
    re.compile(r"could not open (?:lock )?file \"?(?P<name>/[^\":]+)\"?: Permission denied"),
    re.compile(r"npm (?:ERR!|error) code EACCES|fatal: detected dubious ownership in repository at '(?P<name>[^']+)'"),
    re.compile(r"(?:Operation not permitted|EPERM)"),
)
_SAID = re.compile(r'exec:? "?(?P<name>[^":]+)"?: permission denied')


def find(facts: Facts) -> Diagnosis | None:
    said, found = search_said(facts, _SAID), search(facts, *_LOG)
    if said is not None:
        name, line, confidence, evidence = said[0]["name"], -1, Confidence.HIGH, said[1]
    elif found is not None:
        name, line, confidence, evidence = found.group("name", "name2"), found.number, found.confidence, quoted(found)
    else:
        return None
    user = _user(facts)
    return Diagnosis(
        cause="permission-denied",
        confidence=confidence,
        problem=f"The hook's user{user} may not use {name or 'a file'}.",
        explanation="The file or folder belongs to somebody else, the script has no execute bit, or the container's "
        "securityContext takes a right away.",
        evidence=(evidence,),
        fix="For a volume: set fsGroup in the Pod's securityContext. For a script from a ConfigMap: defaultMode: "
        "0755, or run it "
        "as `sh /path/script.sh`. For a path of the image: write to an emptyDir instead, or set runAsUser to its owner.",
        verify=(f"kubectl -n {facts.namespace} get {facts.hook.kind.lower()} {facts.hook.name} -o yaml", *again(facts)),
        line=line,
    )


def _user(facts: Facts) -> str:
    contexts = [
        facts.hook.spec.get("securityContext"),
        *(each.get("securityContext") for each in containers_of(facts.hook.spec)),
    ]
    users = [context["runAsUser"] for context in contexts if context and "runAsUser" in context]
    return f" (runAsUser {users[-1]})" if users else ""
