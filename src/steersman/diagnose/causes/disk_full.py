"""No room on a disk (SQLSTATE 53100, ENOSPC)."""

from __future__ import annotations

from steersman.diagnose.log_rule import log_rule

find = log_rule(
    "disk-full",
    (
        r"(?i)No space left on device",
        r"\bENOSPC\b",
        r"Disk quota exceeded",
        r"curl: \(23\)",
        r"OOM command not allowed when used memory",
    ),
    sqlstates=("53100",),
    mysql=(1021, 1114),
    problem="There is no space left where the hook, or its server, writes.",
    explanation="A volume, an emptyDir with a sizeLimit or the server's own disk is full.",
    fix=(
        "Make the volume larger (resources.requests.storage of the claim, or the emptyDir's sizeLimit), or "
        "remove what is old before writing (backups!)."
    ),
    verify=(
        "kubectl -n {namespace} get pvc",
        "kubectl -n {namespace} exec POD -- df -h",
    ),
)
