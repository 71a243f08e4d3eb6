"""`postStart` and `preStop`.

As the kubelet does, nothing that a hook said is told to anybody but its exit: events are read by more people than secrets are.
"""

from __future__ import annotations

import asyncio

from steersman.cluster.kubelet import probes
from steersman.cluster.machinery import Json


async def run(hook: Json, target: probes.Target, *, timeout: float | None = None) -> bool:
    """Whether it succeeded. One that takes longer than `timeout` seconds is left behind, which is no failure of it."""
    try:
        async with asyncio.timeout(timeout):
            if "sleep" in hook:
                await asyncio.sleep(float(hook["sleep"]["seconds"]))
                return True
            return await probes.check({**hook, "timeoutSeconds": timeout or _LONGEST}, target) is None
    except TimeoutError:
        return True
    except probes.ProbeError:
        return False


_LONGEST = 24 * 3600.0
"""Seconds; a kubelet waits for `postStart` as long as it takes."""
