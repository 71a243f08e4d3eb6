"""A write to a file system that is mounted read-only."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "read-only-file-system",
    (
        r"(?P<name>/[/\w.-]+)\S*: Read-only file system",
        r"Read-only file system: '(?P<name>[^']+)'",
        r"(?i)Read-only file system",
        r"\bEROFS\b",
    ),
    problem="The hook writes to {name} on a file system that is mounted read-only.",
    explanation=(
        "The container has readOnlyRootFilesystem: true, or the volume is mounted readOnly (Secrets and "
        "ConfigMaps always are)."
    ),
    fix=(
        "Mount an emptyDir where the program writes:     volumeMounts: [{{name: scratch, mountPath: /tmp}}]"
        "     volumes: [{{name: scratch, emptyDir: {{}}}}] or let it write to /tmp."
    ),
    verify=("kubectl -n {namespace} get job {hook} -o yaml",),
)
