"""The chart inside a record: the same as helm's, for charts of all ages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from steersman.chart.load import load
from steersman.chart.render import prepare
from steersman.release.chart_record import chart_record

SHARED_CHARTS = Path(__file__).resolve().parents[3] / "shared" / "charts"
CHARTS = [
    "helm-stable__influxdb",
    "helm-stable__dex",
    "prometheus-community-charts__alertmanager",
    "helm-incubator__vaultingkube",
    "prometheus-community-charts__prometheus",
]


@pytest.mark.oracle
@pytest.mark.parametrize("name", CHARTS)
def test_as_helm_writes_it(helm: Path, tmp_path: Path, name: str) -> None:
    path = SHARED_CHARTS / f"{name}.tgz"
    if not path.exists():
        pytest.skip("the shared charts are not here")
    environment = {"HELM_CACHE_HOME": str(tmp_path), "HELM_CONFIG_HOME": str(tmp_path), "HELM_DATA_HOME": str(tmp_path)}
    command = [str(helm), "install", "x", str(path), "--dry-run=client", "-o", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    theirs = json.loads(done.stdout)["chart"]
    ours = json.loads(json.dumps(chart_record(prepare(load(path), {}).chart)))
    # Sub-second times of an archive's members are not read.
    for record in (theirs, ours):
        for file in [record, *record["templates"], *record["files"]]:
            file["modtime"] = file["modtime"].partition(".")[0].removesuffix("Z")
    assert ours == theirs
