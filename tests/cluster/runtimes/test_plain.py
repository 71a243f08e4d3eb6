"""`--no-sandbox`: plain processes of the user, Services at loopback addresses."""

from __future__ import annotations

import socket

import pytest

from steersman.cluster.network.addresses import plain

from ..workloads import cluster, is_ready, job  # noqa: TID252

pytestmark = pytest.mark.embedded


async def test_services_stand_at_loopback_addresses_and_volumes_are_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    async with cluster(sandbox=False) as made:
        made.service("web", "web", 8080, target=port)
        command = ["python3", "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        made.run("web", command, image="python:3", readinessProbe={"tcpSocket": {"port": port}})
        await made.until("pods", "web", is_ready)
        await made.endpoints_of("web", ready=1)
        volume = {"volumes": [{"name": "v", "emptyDir": {}}]}
        script = 'curl -sS -o /dev/null -w "%{http_code} " "http://$WEB_SERVICE_HOST:$WEB_SERVICE_PORT"; echo "$STEERSMAN_MOUNTS"'
        container = {"volumeMounts": [{"name": "v", "mountPath": "/v"}]}
        made.create("jobs.batch", job("ask", ["sh", "-c", script], image="curl", pod=volume, container=container))
        assert (await made.finished("ask"))["type"] == "Complete"
        answer = await made.log_of("ask")
        assert answer.startswith("200 ")
        assert "/v=" in answer


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("tcp://10.96.0.2:8080", "tcp://127.96.0.2:8080"),
        ("10.244.0.2", "10.244.0.2"),
        ("10.111.255.1", "127.111.255.1"),
        ("110.96.0.2", "110.96.0.2"),
    ],
)
def test_only_cluster_addresses_change(text: str, changed: str) -> None:
    assert plain(text) == changed
