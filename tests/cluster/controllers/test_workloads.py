"""ReplicaSets, Deployments, StatefulSets and DaemonSets."""

from __future__ import annotations

from typing import Any

import pytest

from steersman.cluster.controllers.daemonsets import DaemonSetController
from steersman.cluster.controllers.deployment_numbers import limits, whole
from steersman.cluster.controllers.deployments import DeploymentController
from steersman.cluster.controllers.nodes import ensure_node
from steersman.cluster.controllers.replicasets import ReplicaSetController
from steersman.cluster.controllers.statefulsets import StatefulSetController

from .world import Json, World, template, world

LABELS = {"app": "web"}


def spec(image: str = "busybox:1", **more: Any) -> Json:
    made = template(LABELS)
    made["spec"]["containers"][0]["image"] = image
    return {"selector": {"matchLabels": LABELS}, "template": made, **more}


def ready(found: World) -> None:
    """All Pods that are there are up."""
    for pod in found.pods():
        if not pod["metadata"].get("deletionTimestamp"):
            found.say(pod, "Running")


def reap(found: World) -> None:
    """The kubelet has ended what was to end."""
    for pod in found.pods():
        if pod["metadata"].get("deletionTimestamp"):
            found.objects.delete("pods", pod["metadata"]["name"], "default", grace=0)


async def test_a_replicaset_keeps_its_number() -> None:
    async with world(ReplicaSetController) as found:
        found.create("replicasets.apps", "web", spec(replicas=3))
        await found.settle()
        assert len(found.pods()) == 3
        ready(found)
        await found.settle()
        assert found.status("replicasets.apps", "web")["availableReplicas"] == 3
        found.objects.delete("pods", found.pods()[0]["metadata"]["name"], "default", grace=0)
        await found.settle()
        assert len(found.pods()) == 3
        found.objects.patch("replicasets.apps", "web", {"spec": {"replicas": 1}}, "default")
        await found.settle()
        reap(found)
        # Not the two that were ready go, but the one that is not, then one of these.
        assert [pod["status"]["phase"] for pod in found.pods()] == ["Running"]


async def test_a_replicaset_adopts_what_it_selects() -> None:
    async with world(ReplicaSetController) as found:
        found.create("pods", "orphan", template()["spec"], labels=LABELS)
        found.create("replicasets.apps", "web", spec(replicas=1))
        await found.settle()
        (pod,) = found.pods()
        assert pod["metadata"]["ownerReferences"][0]["name"] == "web"


async def test_a_deployment_rolls_and_never_has_too_few() -> None:
    async with world(DeploymentController, ReplicaSetController) as found:
        found.create("deployments.apps", "web", spec(replicas=4))
        await found.settle()
        assert (
            found.get("deployments.apps", "web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
        )
        assert found.condition("deployments.apps", "web", "Available") is None
        ready(found)
        await found.settle()
        progressing = found.condition("deployments.apps", "web", "Progressing")
        assert progressing is not None
        assert progressing["reason"] == "NewReplicaSetAvailable"
        change = {"spec": {"template": spec("busybox:2")["template"]}}
        found.objects.patch("deployments.apps", "web", change, "default")
        for _ in range(10):
            await found.settle()
            live = [pod for pod in found.pods() if not pod["metadata"].get("deletionTimestamp")]
            up = [pod for pod in live if (pod.get("status") or {}).get("phase") == "Running"]
            assert len(up) >= 3
            assert len(live) <= 5
            reap(found)
            ready(found)
        images = {pod["spec"]["containers"][0]["image"] for pod in found.pods()}
        assert images == {"busybox:2"}
        status = found.status("deployments.apps", "web")
        assert (status["updatedReplicas"], status["availableReplicas"], status["replicas"]) == (4, 4, 4)
        revisions = {
            each["spec"]["replicas"]: each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
            for each in found.objects.list("replicasets.apps", "default")
        }
        assert revisions == {0: "1", 4: "2"}


async def test_going_back_uses_the_old_replicaset_with_a_new_revision() -> None:
    async with world(DeploymentController, ReplicaSetController) as found:
        found.create("deployments.apps", "web", spec("busybox:1", replicas=1))
        await found.settle()
        ready(found)
        for image in ("busybox:2", "busybox:1"):
            found.objects.patch("deployments.apps", "web", {"spec": {"template": spec(image)["template"]}}, "default")
            await found.settle()
            ready(found)
            await found.settle()
            reap(found)
        await found.settle()
        assert len(found.objects.list("replicasets.apps", "default")) == 2
        assert (
            found.get("deployments.apps", "web")["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
        )


async def test_recreate_ends_the_old_before_it_begins_the_new() -> None:
    async with world(DeploymentController, ReplicaSetController) as found:
        found.create("deployments.apps", "web", spec(replicas=2, strategy={"type": "Recreate"}))
        await found.settle()
        ready(found)
        await found.settle()
        found.objects.patch("deployments.apps", "web", {"spec": {"template": spec("busybox:2")["template"]}}, "default")
        await found.settle()
        assert all(pod["metadata"].get("deletionTimestamp") for pod in found.pods())
        reap(found)
        await found.settle()
        assert [pod["spec"]["containers"][0]["image"] for pod in found.pods()] == ["busybox:2"] * 2


async def test_a_roll_out_that_goes_nowhere_says_so() -> None:
    async with world(DeploymentController, ReplicaSetController) as found:
        found.create("deployments.apps", "web", spec(replicas=1, progressDeadlineSeconds=1, minReadySeconds=0))

        def exceeded() -> bool:
            conditions = found.status("deployments.apps", "web").get("conditions") or ()
            return any(
                each["reason"] == "ProgressDeadlineExceeded" and each["status"] == "False" for each in conditions
            )

        await found.until(exceeded)


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "wanted"),
    [
        (4, "25%", "25%", (1, 1)),
        (1, "25%", "25%", (1, 0)),
        (10, 2, "30%", (2, 3)),
        (1, 0, "25%", (0, 1)),
        (3, "0%", "0%", (0, 1)),
    ],
)
def test_limits_of_a_roll(replicas: int, surge: int | str, unavailable: int | str, wanted: tuple[int, int]) -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    assert limits({"spec": {"replicas": replicas, "strategy": rolling}}) == wanted


def test_a_share_is_rounded_as_asked() -> None:
    assert whole("25%", 5, up=True) == 2
    assert whole("25%", 5, up=False) == 1


async def test_a_statefulset_goes_in_order_and_keeps_its_claims() -> None:
    async with world(StatefulSetController) as found:
        claims = [
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        ]
        found.create("statefulsets.apps", "db", spec(replicas=2, serviceName="db", volumeClaimTemplates=claims))
        await found.settle()
        assert [pod["metadata"]["name"] for pod in found.pods()] == ["db-0"]
        ready(found)
        await found.settle()
        assert [pod["metadata"]["name"] for pod in found.pods("app=web")] != ["db-0"]
        ready(found)
        await found.settle()
        status = found.status("statefulsets.apps", "db")
        assert (status["readyReplicas"], status["updatedReplicas"], status["availableReplicas"]) == (2, 2, 2)
        assert status["currentRevision"] == status["updateRevision"]
        pod = found.objects.get("pods", "db-1", "default")
        assert pod["spec"]["hostname"] == "db-1"
        assert pod["spec"]["subdomain"] == "db"
        volume = next(each for each in pod["spec"]["volumes"] if each["name"] == "data")
        assert volume["persistentVolumeClaim"]["claimName"] == "data-db-1"
        found.objects.patch("statefulsets.apps", "db", {"spec": {"replicas": 0}}, "default")
        for _ in range(4):
            await found.settle()
            reap(found)
        assert found.pods() == []
        assert [each["metadata"]["name"] for each in found.objects.list("persistentvolumeclaims", "default")] == [
            "data-db-0",
            "data-db-1",
        ]


async def test_a_statefulset_updates_from_the_last_to_the_first() -> None:
    async with world(StatefulSetController) as found:
        found.create("statefulsets.apps", "db", spec("busybox:1", replicas=2, serviceName="db"))
        for _ in range(3):
            await found.settle()
            ready(found)
        found.objects.patch("statefulsets.apps", "db", {"spec": {"template": spec("busybox:2")["template"]}}, "default")
        await found.settle()
        going = [pod["metadata"]["name"] for pod in found.pods() if pod["metadata"].get("deletionTimestamp")]
        assert going == ["db-1"]
        for _ in range(6):
            await found.settle()
            reap(found)
            await found.settle()
            ready(found)
        await found.settle()
        assert {pod["spec"]["containers"][0]["image"] for pod in found.pods()} == {"busybox:2"}
        status = found.status("statefulsets.apps", "db")
        assert status["currentRevision"] == status["updateRevision"]


async def test_a_daemonset_has_one_pod_where_it_fits() -> None:
    async with world(DaemonSetController) as found:
        ensure_node(found.objects, "process", version="v1.36.2")
        found.create("daemonsets.apps", "here", spec())
        elsewhere = spec()
        elsewhere["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
        found.create("daemonsets.apps", "nowhere", elsewhere)
        await found.settle()
        assert len(found.pods()) == 1
        ready(found)
        await found.settle()
        assert found.status("daemonsets.apps", "here")["numberReady"] == 1
        assert found.status("daemonsets.apps", "nowhere")["desiredNumberScheduled"] == 0
