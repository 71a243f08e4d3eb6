"""How root, who makes a container's view, becomes the container's own user (where the cluster runs as root)."""

from __future__ import annotations

from typing import Any

from steersman.cluster.runtimes import capabilities
from steersman.cluster.runtimes.interface import Identity, Ids

NOBODY = 65532
"""Who root is where containers have no user namespace: nobody in particular, and nobody else on the machine."""


def _mapped(who: Identity, ids: Ids | None) -> bool:
    """Whether these are ids of the containers' user namespace, where root is nobody on this machine."""
    return ids is not None and max(who.user, who.group, *who.groups) < ids.size


def _unmapped(who: Identity) -> tuple[int, int]:
    return who.user or NOBODY, who.group or who.user or NOBODY


def kept_at_first(who: Identity, ids: Ids | None) -> list[str]:
    """bubblewrap's options for what root still may when it has made the view, which is to become another user."""
    kept = () if _mapped(who, ids) else ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")
    return ["--cap-drop", "ALL", *(part for name in kept for part in ("--cap-add", name))]


def become(who: Identity, ids: Ids | None) -> list[str]:
    """The programs that turn root into the container's user. `{users}` is for the agent to fill in: the user namespace."""
    enter: list[str] = []
    kept: frozenset[str] = frozenset()
    user, group = _unmapped(who)
    if _mapped(who, ids):
        enter = ["/usr/bin/nsenter", "--user=/proc/self/fd/{users}", "-S", "0", "-G", "0", "--"]
        user, group, kept = who.user, who.group, capabilities.effective(who.added, who.dropped)
    bounds = ",".join(["-all", *(f"+{name.lower()}" for name in sorted(kept))])
    groups = f"--groups={','.join(map(str, who.groups))}" if who.groups else "--clear-groups"
    return [*enter, "/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}", groups, "--inh-caps=-all",
            f"--bounding-set={bounds}", "--no-new-privs", "--"]  # fmt: skip


def inside(who: Identity, ids: Ids | None, *, root: bool) -> dict[str, Any]:
    """Who a command becomes that is run in a container later: the same, in the words of `Processes.execute`."""
    if not root:
        return {"user": who.user, "group": who.group, "groups": [], "capabilities": []}
    if not _mapped(who, ids):
        user, group = _unmapped(who)
        return {"user": user, "group": group, "groups": list(who.groups), "capabilities": []}
    kept = capabilities.effective(who.added, who.dropped)
    numbers = [capabilities.NUMBERS[name] for name in kept]
    return {"user": who.user, "group": who.group, "groups": list(who.groups), "capabilities": numbers}
