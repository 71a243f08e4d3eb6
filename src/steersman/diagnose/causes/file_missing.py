"""A file that the hook reads is not there, or the folder of one that it writes."""

from __future__ import annotations

import re

from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.log_rule import latest_of, log_rule
from steersman.diagnose.reading import search
from steersman.diagnose.script import redirections

_read = log_rule(
    "file-missing",
    (
        r"(?P<name>/[/\w.@-]+): No such file or directory",
        r"(?:cannot|can't) open '?(?P<name>[^':]+)'?: No such file",
        r"No such file or directory: '(?P<name>[^']+)'",
        r"ENOENT: no such file or directory, \w+ '(?P<name>[^']+)'",
        r"can't open file '(?P<name>[^']+)': \[Errno 2\]",
        r"(?:^|\s)(?P<name>(?!failed:)\S+): No such file or directory$",
        r"curl: Can't open '(?P<name>[^']+)'|curl: \(26\)|Could not open input file: (?P<other>\S+)",
        r"(?P<name>/\S+): (?:file not found|not found)$|stat (?P<third>\S+): no such file",
        r"Unable to access jarfile (?P<name>\S+)",
        r"\b(?:open|stat|lstat|chdir|fork/exec) (?P<name>[^\s:\"]+): no such file or directory"
        r"|No such file or directory \(os error 2\)",
        r"error: the path \"(?P<name>[^\"]+)\" does not exist"
        r"|must build at directory: not a valid directory: .*'(?P<other>[^']+)'",
        r"unable to find one of 'kustomization\.yaml'.* in directory '(?P<name>[^']+)'",
        r"enoent Could not read package\.json: .*open '(?P<name>[^']+)'|No config file '(?P<other>[^']+)' found",
        r"the playbook: (?P<name>\S+) could not be found|Fatal: (?P<other>/\S+) does not exist",
        r"NoSuchFileException: (?P<name>\S+)|FileNotFoundException: (?P<other>\S+) \(No such file",
        r"could not find file '(?P<name>[^']+)'|No Rakefile found|Failed to open stream: No such file",
    ),
    problem="The file {name}{other}{third} is not there.",
    explanation=(
        "The image does not contain it, or the volume that should bring it is not mounted (or mounted elsewhere)."
    ),
    fix="Check volumeMounts (mountPath, subPath) and the keys of the ConfigMap, or the path in the command.",
)

_folder = log_rule(
    "file-missing",
    (
        r"(?:cannot|can't) create (?P<name>/\S+): (?i:directory nonexistent|nonexistent directory)",
        r"(?:sh|bash): (?:line \d+: )?(?P<name>/\S+): No such file or directory",
    ),
    problem="The hook cannot write {name}: its folder is not there.",
    explanation="The image has no such folder, or the volume that should be there is not mounted (or mounted elsewhere).",
    fix="Mount a volume there (a claim, if what is written is to be kept), or let the script make the folder (mkdir -p).",
)
# bash says the same of a file to be read and of a program; what the script does with the name tells them apart.
_BASH = re.compile(r"(?:sh|bash): (?:line \d+: )?(?P<name>/\S+): No such file or directory")


def _written(facts: Facts) -> Diagnosis | None:
    said = search(facts, _BASH)
    if said is not None and said.group("name") not in redirections(facts):
        return None
    return _folder(facts)


find = latest_of(_written, _read)
