"""The rows of the failure table that concern hook Jobs, on a real Kubernetes with a node."""

from __future__ import annotations

import pytest

from steersman.lifecycle.policy import Policy

from .table import ROWS, release, run_row

pytestmark = pytest.mark.kube


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize(("event", "actions"), ROWS, ids=[row[0] for row in ROWS])
async def test_a_failing_hook(real_kubeconfig: str, policy: Policy, event: str, actions: tuple[str, ...]) -> None:
    name = f"{policy}-{event}"
    async with release(real_kubeconfig, policy, name) as client:
        await run_row(client, policy, event, actions, name)
