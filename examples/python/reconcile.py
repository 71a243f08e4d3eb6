"""The heart of an operator: bring a release to what is wanted, and do nothing where it is there already.

The cluster is asked by dry runs, so drift counts too: what somebody changed by hand is found and put back. A release that a
dead process left half way is recovered first, by the same call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from steersman.client import AsyncClient
from steersman.errors import ReleaseFailed, ReleaseNotFound


@dataclass(frozen=True)
class Wanted:
    """One release as somebody declared it."""

    name: str
    chart: Path
    values: dict[str, Any] = field(default_factory=dict)


Outcome = Literal["unchanged", "deployed", "failed"]


async def reconcile(client: AsyncClient, wanted: Wanted) -> Outcome:
    """One turn of the loop. What failed with these very values is not tried again: hooks would run each time."""
    if await tried_in_vain(client, wanted):
        return "failed"
    plan = await client.plan_upgrade(wanted.name, wanted.chart, wanted.values, install=True)
    preview = await client.preview(plan)
    if plan.current is not None and plan.current.config == wanted.values and not preview.changes_anything:
        return "unchanged"
    operation = await client.upgrade(wanted.name, wanted.chart, wanted.values, install=True)
    try:
        await operation.result()
    except ReleaseFailed:
        return "failed"
    return "deployed"


async def tried_in_vain(client: AsyncClient, wanted: Wanted) -> bool:
    try:
        attempt = (await client.status(wanted.name)).failed_attempt
    except ReleaseNotFound:
        return False
    return attempt is not None and attempt.config == wanted.values
