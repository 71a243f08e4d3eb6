"""What only seems to run is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.cli.simulated import tell_simulated
from steersman.client import AsyncClient
from steersman.create.chart import create_chart
from steersman.lifecycle.plan import Options

IMAGE = "nginxinc/nginx-unprivileged:1.27-alpine"


@pytest.mark.embedded
async def test_images_without_a_program_are_named(
    embedded_kubeconfig: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = create_chart(tmp_path / "web")
    async with AsyncClient(kubeconfig=embedded_kubeconfig, namespace="seems") as client:
        options = Options(create_namespace=True)
        await (await client.install("web", chart, {"image": IMAGE}, options=options)).result()
        await tell_simulated(client.kube, "seems")
        told = capsys.readouterr().err
        assert told.startswith("Simulated, for no program of this machine stands for the image:\n")
        assert f"  {IMAGE} (web-" in told

        pods = await client.kube.list("v1", "Pod", namespace="seems")
        await (await client.uninstall("web", options=Options(cascade="foreground", wait="watcher"))).result()
        assert len(pods.items) == 1
        await tell_simulated(client.kube, "seems")
        assert "web" not in capsys.readouterr().err
