"""Why this machine permits no sandbox, and what would change that."""

from __future__ import annotations

from pathlib import Path

_ANYWAY = "`--no-sandbox` runs Pods as plain processes, with all of your rights."
_UNCOVERED = (
    "`--security-opt systempaths=unconfined` of docker, `--security-opt unmask=ALL` of podman or `procMount: Unmasked` of a Pod "
    "permits"
)
# What forbids it: the file of /proc/sys that says so, its value, what to tell.
_FORBIDDEN = (
    (
        "kernel/apparmor_restrict_unprivileged_userns", "1",
        "AppArmor keeps programs without a profile from using user namespaces (Ubuntu 23.10 and newer). An administrator permits "
        "them with `sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
    (
        "kernel/unprivileged_userns_clone", "0",
        "The kernel keeps them for root. An administrator permits them with `sysctl kernel.unprivileged_userns_clone=1`",
    ),
    (
        "user/max_user_namespaces", "0",
        "The kernel is set to permit none. An administrator permits them with `sysctl user.max_user_namespaces=10000`",
    ),
)  # fmt: skip


def hint(settings: Path = Path("/proc/sys"), marks: tuple[str, ...] = ("/.dockerenv", "/run/.containerenv")) -> str:
    """One paragraph: what is in the way as far as can be seen, the way out, and the way round."""
    for name, value, words in _FORBIDDEN:
        try:
            found = (settings / name).read_text().strip()
        except OSError:
            continue
        if found == value:
            return f"Pods need user namespaces. {words}. {_ANYWAY}"
    if any(Path(mark).exists() for mark in marks):
        way = (
            "This is a container itself, whose runtime may forbid them: `--security-opt seccomp=unconfined` of docker or podman "
            f"permits them, and {_UNCOVERED} a /proc in them"
        )
        return f"Pods need user namespaces. {way}. {_ANYWAY}"
    return f"Pods need user namespaces. {_ANYWAY}"


def proc_hint() -> str:
    """The same where namespaces can be had and only /proc is in the way."""
    covered = "This is a container itself, and parts of its /proc are covered, so that Pods cannot have one"
    return f"{covered}: {_UNCOVERED} it. {_ANYWAY}"
