"""The Python API on the embedded cluster: what a program does with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from steersman.client import AsyncClient, Client
from steersman.client.rendering import ChartOptions
from steersman.client.values import ReuseValues, values_for_upgrade
from steersman.errors import NoMatchingKind, ReleaseExists, ReleaseFailed, ReleaseNotFound
from steersman.lifecycle.events import Event, HookFinished, ReleaseFinished
from steersman.lifecycle.plan import Options
from steersman.lifecycle.policy import Policy
from steersman.release.record import Release, Status

CHART = Path(__file__).resolve().parents[1] / "lifecycle" / "chart"


@pytest.mark.embedded
def test_a_whole_life_with_the_synchronous_client(embedded_kubeconfig: str) -> None:
    events: list[Event] = []
    with Client(kubeconfig=embedded_kubeconfig) as client:
        options = ChartOptions(labels={"team": "shop"})
        finished = client.install("life", CHART, {"message": "one"}, chart_options=options, on_event=events.append)
        assert (finished.status, finished.revision) == (Status.DEPLOYED, 1)
        assert isinstance(events[-1], ReleaseFinished)
        with pytest.raises(ReleaseExists):
            client.install("life", CHART)

        plan = client.plan_upgrade("life", CHART, {"message": "two"})
        assert plan.steps[0].id == "record/2/pending-upgrade"
        client.upgrade("life", CHART, {"message": "two"})
        assert [release.version for release in client.history("life")] == [1, 2]
        assert client.get("life").labels == {"team": "shop"}
        assert client.get_values("life") == {"message": "two"}
        assert client.get_values("life", 1) == {"message": "one"}
        assert client.get_values("life", all_values=True)["fail"] == []
        assert 'message: "two"' in client.get_manifest("life")

        client.test("life")
        tests = [info for info in client.hooks("life") if info.event == "test"]
        assert [(info.hook.name, info.last_run.result if info.last_run else "") for info in tests] == [
            ("life-test-first", "Succeeded"),
            ("life-test", "Succeeded"),
        ]

        with pytest.raises(ReleaseFailed, match="pre-upgrade hook failed") as caught:
            client.upgrade("life", CHART, {"fail": ["pre-upgrade"]})
        assert caught.value.lines == ('Release "life" rolled back',)
        assert caught.value.step == "pre-upgrade/0/life-pre-upgrade"
        status = client.status("life")
        assert (status.release.version, status.newest.version) == (2, 3)
        assert status.failed_attempt is status.newest
        for revision in (1, 2, 3):  # what was asked for stands for itself
            assert client.status("life", revision).failed_attempt is None
        assert [(r.name, r.version) for r in client.list()] == [("life", 2)]
        assert [(r.name, r.version) for r in client.list(selector="team=shop")] == [("life", 2)]
        assert client.list(selector="team=other") == []
        assert [r.version for r in client.list(statuses=frozenset({Status.FAILED}))] == [3]

        client.rollback("life")
        assert client.get_values("life") == {"message": "one"}
        client.uninstall("life")
        with pytest.raises(ReleaseNotFound):
            client.status("life")
        assert "life" not in [release.name for release in client.list(all_namespaces=True)]


@pytest.mark.embedded
async def test_events_as_they_happen_and_upgrade_install(embedded_kubeconfig: str) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig) as client:
        operation = await client.upgrade("fresh", CHART, install=True)
        hooks = [event.hook async for event in operation if isinstance(event, HookFinished)]
        assert hooks == [
            "fresh-pre-install-first",
            "fresh-pre-install",
            "fresh-post-install-first",
            "fresh-post-install",
        ]
        assert (await operation.result()).action == "install"
        operation = await client.upgrade("fresh", CHART, install=True)
        assert (await operation.result()).action == "upgrade"
        await (await client.uninstall("fresh")).result()


@pytest.mark.embedded
async def test_a_release_by_each_policy_is_the_others_too(embedded_kubeconfig: str) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig, policy=Policy.HELM) as helm:
        await (await helm.install("both", CHART)).result()
    async with AsyncClient(kubeconfig=embedded_kubeconfig) as ours:
        await (await ours.upgrade("both", CHART)).result()
    async with AsyncClient(kubeconfig=embedded_kubeconfig, policy=Policy.HELM) as helm:
        await (await helm.rollback("both", 1)).result()
        await (await helm.uninstall("both")).result()


@pytest.mark.embedded
async def test_bad_input_touches_nothing(embedded_kubeconfig: str, tmp_path: Path) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig) as client:
        chart = tmp_path / "bad"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: bad\nversion: 1.0.0\n")
        (chart / "templates" / "foo.yaml").write_text("apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: a}\n")
        with pytest.raises(NoMatchingKind, match="ensure CRDs are installed first"):
            await (await client.install("bad", chart)).result()
        with pytest.raises(ReleaseNotFound, match='"bad" has no deployed releases'):
            await (await client.upgrade("bad", CHART)).result()
        assert await client.storage.history("bad") == []
        assert (await client.kube.list("coordination.k8s.io/v1", "Lease", namespace="default")).items == []


@pytest.mark.embedded
async def test_a_namespace_is_made_where_it_is_asked_for(embedded_kubeconfig: str) -> None:
    async with AsyncClient(kubeconfig=embedded_kubeconfig, namespace="brand-new") as client:
        with pytest.raises(Exception, match=r"brand-new.* not found") as caught:
            await (await client.install("app", CHART)).result()
        assert "--create-namespace" in getattr(caught.value, "hint", "")
        operation = await client.install("app", CHART, options=Options(create_namespace=True))
        assert (await operation.result()).namespace == "brand-new"
        assert [release.name for release in await client.list()] == ["app"]
        await (await client.uninstall("app")).result()


def release(config: dict[str, object], defaults: dict[str, object]) -> Release:
    return Release("a", "b", 1, chart={"metadata": {"name": "c"}, "values": defaults}, config=config)


@pytest.mark.parametrize(
    ("how", "given", "values", "defaults"),
    [
        (ReuseValues.AUTO, {}, {"a": 1}, {"a": 0, "new": 9}),
        (ReuseValues.AUTO, {"b": 2}, {"b": 2}, {"a": 0, "new": 9}),
        (ReuseValues.RESET, {}, {}, {"a": 0, "new": 9}),
        (ReuseValues.REUSE, {"b": 2}, {"a": 1, "b": 2}, {"a": 1, "old": 7}),
        (ReuseValues.RESET_THEN_REUSE, {"b": 2}, {"a": 1, "b": 2}, {"a": 0, "new": 9}),
    ],
)
def test_which_values_an_upgrade_takes(
    how: ReuseValues, given: dict[str, object], values: dict[str, object], defaults: dict[str, object]
) -> None:
    from steersman.chart.model import Chart, Metadata

    chart = Chart(metadata=Metadata(name="c"), values={"a": 0, "new": 9})
    current = release({"a": 1}, {"a": 5, "old": 7})
    assert values_for_upgrade(chart, given, current, how) == (values, defaults)
