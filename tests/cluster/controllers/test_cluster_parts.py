"""Scheduling, volumes, Services' endpoints and addresses, quotas, service accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from steersman.cluster.controllers.cluster_addresses import ServiceAddresses
from steersman.cluster.controllers.endpoints import EndpointsController
from steersman.cluster.controllers.network_table import tables
from steersman.cluster.controllers.nodes import ensure_node
from steersman.cluster.controllers.quotas import QuotaAdmission, QuotaController
from steersman.cluster.controllers.scheduling import Scheduler
from steersman.cluster.controllers.service_accounts import PodAccounts
from steersman.cluster.controllers.volumes import VolumeController, ensure_storage_class
from steersman.errors import Forbidden, Invalid

from .world import Json, World, template, world


def pod(**spec: Any) -> Json:
    made: Json = template(**spec)["spec"]
    return made


async def test_a_pod_that_fits_is_bound() -> None:
    async with world(Scheduler) as found:
        ensure_node(found.objects, "process", version="v1.36.2")
        found.create("pods", "p", pod())
        await found.settle()
        bound = found.get("pods", "p")
        assert bound["spec"]["nodeName"] == "steersman"
        assert [(each["type"], each["status"]) for each in bound["status"]["conditions"]] == [("PodScheduled", "True")]
        (event,) = [each for each in found.objects.list("events", "default") if each["reason"] == "Scheduled"]
        assert event["message"] == "Successfully assigned default/p to steersman"
        assert event["reportingComponent"] == "default-scheduler"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, "1 node(s) didn't match Pod's node affinity/selector."),
        (
            {"containers": [{"name": "c", "image": "x", "resources": {"requests": {"memory": "1Pi"}}}]},
            "1 Insufficient memory.",
        ),
        (
            {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "missing"}}]},
            'persistentvolumeclaim "missing" not found. not found',
        ),
    ],
)
async def test_a_pod_that_fits_nowhere_is_told_why(spec: Json, words: str) -> None:
    async with world(Scheduler) as found:
        ensure_node(found.objects, "process", version="v1.36.2")
        found.create("pods", "p", pod(**spec))
        await found.settle()
        refused = found.get("pods", "p")
        (condition,) = refused["status"]["conditions"]
        assert (condition["type"], condition["status"], condition["reason"]) == (
            "PodScheduled",
            "False",
            "Unschedulable",
        )
        assert condition["message"].startswith(f"0/1 nodes are available: {words}")
        assert found.messages("FailedScheduling") == [condition["message"]]


async def test_a_node_without_a_sandbox_takes_no_pods() -> None:
    async with world(Scheduler) as found:
        node = ensure_node(found.objects, "none", version="v1.36.2", problem="no sandbox can be had")
        found.create("pods", "p", pod())
        await found.settle()
        assert "nodeName" not in found.get("pods", "p")["spec"]
        ready = next(each for each in node["status"]["conditions"] if each["type"] == "Ready")
        assert (ready["status"], ready["message"]) == ("False", "no sandbox can be had")


def fill(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "file").write_text("x")


def claim(name: str | None = None, storage: str = "1Gi") -> Json:
    spec: Json = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}}
    return spec if name is None else {**spec, "storageClassName": name}


async def test_a_claim_gets_a_folder_and_gives_it_back(tmp_path: Path) -> None:
    async with world(lambda objects: VolumeController(objects, tmp_path)) as found:
        ensure_storage_class(found.objects)
        found.create("persistentvolumeclaims", "data", claim())
        await found.settle()
        bound = found.get("persistentvolumeclaims", "data")
        assert (bound["status"]["phase"], bound["spec"]["storageClassName"]) == ("Bound", "local")
        volume = found.objects.get("persistentvolumes", bound["spec"]["volumeName"])
        assert volume["status"]["phase"] == "Bound"
        folder = Path(volume["spec"]["local"]["path"])
        fill(folder)
        found.objects.delete("persistentvolumeclaims", "data", "default")
        await found.settle()
        assert found.objects.list("persistentvolumes") == []
        assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_a_claim_in_use_waits(tmp_path: Path) -> None:
    async with world(lambda objects: VolumeController(objects, tmp_path)) as found:
        ensure_storage_class(found.objects)
        found.create("persistentvolumeclaims", "data", claim())
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        found.create("pods", "user", pod(volumes=volumes))
        await found.settle()
        found.say(found.get("pods", "user"), "Running")
        found.objects.delete("persistentvolumeclaims", "data", "default")
        await found.settle()
        assert found.get("persistentvolumeclaims", "data")["metadata"]["deletionTimestamp"]
        found.say(found.get("pods", "user"), "Succeeded")
        await found.settle()
        assert found.objects.find("persistentvolumeclaims", "data", "default") is None


async def test_a_claim_of_an_unknown_class_stays_pending(tmp_path: Path) -> None:
    async with world(lambda objects: VolumeController(objects, tmp_path)) as found:
        ensure_storage_class(found.objects)
        found.create("persistentvolumeclaims", "odd", claim("fast"))
        await found.settle()
        assert found.status("persistentvolumeclaims", "odd").get("phase", "Pending") == "Pending"
        assert found.messages("ProvisioningFailed") == ['storageclass.storage.k8s.io "fast" not found']


def web(found: World, name: str = "web", **spec: Any) -> Json:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return found.create("services", name, {"selector": {"app": "web"}, "ports": ports, **spec})


def web_pod(found: World, name: str) -> None:
    made = pod(containers=[{"name": "c", "image": "x", "ports": [{"name": "http", "containerPort": 8000}]}])
    found.create("pods", name, made, labels={"app": "web"})


async def test_ready_pods_are_endpoints() -> None:
    async with world(EndpointsController) as found:
        found.objects.admission.append(ServiceAddresses(found.objects))
        address = web(found)["spec"]["clusterIP"]
        web_pod(found, "one")
        web_pod(found, "two")
        await found.settle()
        found.say(found.get("pods", "one"), "Running")
        found.say(found.get("pods", "two"), "Pending")
        await found.settle()
        (slice_,) = found.objects.list("endpointslices.discovery.k8s.io", "default")
        assert sorted(each["conditions"]["ready"] for each in slice_["endpoints"]) == [False, True]
        assert slice_["ports"][0]["port"] == 8000
        subset = found.get("endpoints", "web")["subsets"][0]
        assert ([each["ip"] for each in subset["addresses"]], subset["ports"][0]["port"]) == (["10.244.0.9"], 8000)
        _, table, names, _, _ = tables(found.objects)
        assert table == [["TCP", address, 80, [["10.244.0.9", 8000]]]]
        assert names["web.default.svc.cluster.local"] == [address]


async def test_a_headless_service_is_its_pods() -> None:
    async with world(EndpointsController) as found:
        found.objects.admission.append(ServiceAddresses(found.objects))
        web(found, clusterIP="None")
        made = pod(hostname="web-0", subdomain="web", containers=[{"name": "c", "image": "x"}])
        found.create("pods", "web-0", made, labels={"app": "web"})
        await found.settle()
        found.say(found.get("pods", "web-0"), "Running")
        await found.settle()
        _, table, names, _, _ = tables(found.objects)
        assert table == []
        assert names["web.default.svc.cluster.local"] == names["web-0.web.default.svc.cluster.local"] == ["10.244.0.9"]


async def test_addresses_of_services() -> None:
    async with world() as found:
        found.objects.admission.append(ServiceAddresses(found.objects))
        first = web(found)["spec"]["clusterIP"]
        assert first.startswith("10.")
        with pytest.raises(Invalid, match="provided IP is already allocated"):
            web(found, "thief", clusterIP=first)
        with pytest.raises(Invalid, match="not in the valid range"):
            web(found, "far", clusterIP="192.168.1.1")
        port = web(found, "open", type="NodePort")["spec"]["ports"][0]["nodePort"]
        assert 30000 <= port <= 32767
        found.objects.delete("services", "web", "default")
        assert web(found, "heir", clusterIP=first)["spec"]["clusterIP"] == first


async def test_a_quota_refuses_what_exceeds_it() -> None:
    async with world(QuotaController) as found:
        found.objects.admission.append(QuotaAdmission(found.objects))
        found.create("resourcequotas", "few", {"hard": {"pods": "1", "requests.cpu": "1", "count/jobs.batch": "1"}})
        container = {"name": "c", "image": "x", "resources": {"requests": {"cpu": "600m"}}}
        found.create("pods", "one", pod(containers=[container]))
        await found.settle()
        assert found.status("resourcequotas", "few")["used"] == {
            "pods": "1",
            "requests.cpu": "600m",
            "count/jobs.batch": "0",
        }
        with pytest.raises(Forbidden) as caught:
            found.create("pods", "two", pod(containers=[container]))
        assert str(caught.value) == (
            'pods "two" is forbidden: exceeded quota: few, requested: pods=1,requests.cpu=600m, '
            "used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1"
        )
        with pytest.raises(Forbidden, match=r"failed quota: few: must specify requests\.cpu for: main"):
            found.create("pods", "three", pod())
        found.say(found.get("pods", "one"), "Succeeded")
        await found.settle()
        assert found.status("resourcequotas", "few")["used"]["pods"] == "0"


async def test_pods_get_an_account_and_its_token(tmp_path: Path) -> None:
    async with world() as found:
        found.objects.admission.append(PodAccounts(found.objects))
        found.objects.create(
            "serviceaccounts", {"metadata": {"name": "quiet"}, "automountServiceAccountToken": False}, "default"
        )
        made = found.create("pods", "p", pod())
        assert made["spec"]["serviceAccountName"] == "default"
        mounts = made["spec"]["containers"][0]["volumeMounts"]
        assert mounts[0]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
        quiet = found.create("pods", "q", pod(serviceAccountName="quiet"))
        assert not quiet["spec"]["containers"][0].get("volumeMounts")
        with pytest.raises(
            Forbidden, match='error looking up service account default/nobody: serviceaccount "nobody" not found'
        ):
            found.create("pods", "r", pod(serviceAccountName="nobody"))
