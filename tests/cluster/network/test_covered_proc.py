"""Whether Pods can have a /proc of their own, which a container's masked one forbids."""

from __future__ import annotations

import ctypes
import os

import pytest

from steersman.cluster.network import namespaces
from steersman.cluster.network.namespaces import ProcCovered, check_proc

_COVERED, _FREE, _NO_NAMESPACES = 10, 11, 12


def _try_it(cover: bool) -> int:
    """In a process of its own: a namespace with all of /proc or a masked one, and in it, as in a container, another one."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        namespaces.enter_user_and_network_namespace()
        namespaces.unshare(namespaces.CLONE_NEWNS)
        if cover and ctypes.CDLL(None).mount(b"none", b"/proc/sys", b"tmpfs", 0, None) != 0:
            os._exit(_NO_NAMESPACES)
        namespaces.enter_user_and_network_namespace()
        namespaces.unshare(namespaces.CLONE_NEWNS)
    except OSError:
        os._exit(_NO_NAMESPACES)
    try:
        check_proc()
    except ProcCovered:
        os._exit(_COVERED)
    os._exit(_FREE)


@pytest.mark.parametrize(("cover", "found"), [(True, _COVERED), (False, _FREE)])
def test_a_covered_proc_is_found_before_any_pod_is_started(cover: bool, found: int) -> None:
    seen = _try_it(cover)
    if _try_it(False) != _FREE:
        pytest.skip("no namespaces on this machine, or its own /proc is covered")
    assert seen == found
