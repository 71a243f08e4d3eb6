"""A file that the hook reads is not there."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "file-missing",
    (
        r"(?P<name>/[/\w.@-]+): No such file or directory",
        r"(?:cannot|can't) open '?(?P<name>[^':]+)'?: No such file",
        r"No such file or directory: '(?P<name>[^']+)'",
        r"ENOENT: no such file or directory, \w+ '(?P<name>[^']+)'",
        r"can't open file '(?P<name>[^']+)': \[Errno 2\]",
        r"(?P<name>\S+): No such file or directory$",
        r"curl: Can't open '(?P<name>[^']+)'|curl: \(26\)|Could not open input file: (?P<other>\S+)",
        r"(?P<name>/\S+): (?:file not found|not found)$|stat (?P<third>\S+): no such file",
        r"Unable to access jarfile (?P<name>\S+)",
    ),
    problem="The file {name}{other}{third} is not there.",
    explanation=(
        "The image does not contain it, or the volume that should bring it is not mounted (or mounted elsewhere)."
    ),
    fix="Check volumeMounts (mountPath, subPath) and the keys of the ConfigMap, or the path in the command.",
)
