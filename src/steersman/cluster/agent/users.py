"""The user namespace of all containers, where the cluster runs as root: their root is nobody on this machine."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from steersman.cluster.network import namespaces

_BASE, _SIZE = 0x70000000, 0x10000
"""Far above the ids that machines give to people, services and the subordinate ids of /etc/subuid."""
_NOBODY = 65532
"""Where that many ids cannot be had (this is a container itself): one id, which belongs to nobody in particular."""


@dataclass(frozen=True, slots=True)
class Users:
    """Ids from 0 to `size` in `namespace` (a descriptor) are those from `base` of this machine."""

    namespace: int
    base: int
    size: int


def container_users() -> Users | None:
    """None where not even one id can be had: containers then never are root."""
    for base, size in ((_BASE, _SIZE), (_NOBODY, 1)):
        with contextlib.suppress(OSError):
            return Users(namespaces.new_user_namespace(base, size), base, size)
    return None
