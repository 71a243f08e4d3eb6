"""Real containers of a real image (made here), in the cluster's own network. Needs podman, a static busybox, and root or
subordinate ids (see test_podman_rootless)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from steersman.cluster.local import local_cluster
from steersman.cluster.runtimes.podman.client import base_command
from steersman.cluster.runtimes.podman.unshare import unshare_command

from ..test_sessions import EXAMPLE, Session  # noqa: TID252
from ..workloads import Cluster, cluster, is_ready, is_running, job  # noqa: TID252
from . import lesson_images

IMAGE = "localhost/steersman-test:1"
COMMAND = base_command()

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.xdist_group("podman"),  # all share the images that are made and removed here
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(COMMAND is None, reason="needs podman"),
    pytest.mark.skipif(os.geteuid() != 0 and not unshare_command(), reason="needs newuidmap and subordinate ids"),
]


@pytest.fixture(scope="module", autouse=True)
def images_of_our_own() -> Iterator[None]:
    """A place of its own for images and containers: another run of these tests makes and removes the same ones."""
    if COMMAND is None:
        pytest.skip("needs podman")
    driver = subprocess.run(
        [*COMMAND, "info", "--format", "{{.Store.GraphDriverName}}"], capture_output=True, text=True, check=False
    )
    if driver.returncode:
        pytest.skip(f"podman does not work here: {driver.stderr[-200:]}")
    # Below pytest's own folder paths get too long for conmon's sockets, and podman waits 20 s for the end of each container.
    place = Path(tempfile.mkdtemp(prefix="podman-"))
    settings = place / "storage.conf"
    settings.write_text(
        f'[storage]\ndriver = "{driver.stdout.strip()}"\ngraphroot = "{place}/graph"\nrunroot = "{place}/run"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_STORAGE_CONF", str(settings))
        yield
        for action in (["rm", "--all", "--force", "--time", "0"], ["rmi", "--all", "--force"]):
            subprocess.run([*COMMAND, *action], capture_output=True, check=False)
        if os.geteuid() == 0:
            subprocess.run(["umount", f"{place}/graph/overlay"], capture_output=True, check=False)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def image(images_of_our_own: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    busybox = shutil.which("busybox")
    if busybox is None or COMMAND is None:
        pytest.skip("no busybox to make an image of")
    root: Path = tmp_path_factory.mktemp("image")
    (root / "bin").mkdir()
    for folder in ("etc", "tmp", "proc", "sys", "dev"):
        (root / folder).mkdir()
    shutil.copy(busybox, root / "bin" / "busybox")
    for applet in ("sh", "cat", "sleep", "id", "head", "tr", "hostname"):
        (root / "bin" / applet).symlink_to("busybox")
    (root / "marker").write_text("of the image\n")
    archive = root.parent / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, ".")
    made = subprocess.run(
        [*COMMAND, "import", "--change", 'CMD ["cat", "/marker"]', str(archive), IMAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"podman does not work here: {made.stderr[-200:]}")
    return IMAGE


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(image: str) -> AsyncIterator[Cluster]:
    async with cluster() as made:
        if made.workloads.problem:
            pytest.skip(made.workloads.problem)
        yield made


def containers_of(image: str) -> str:
    assert COMMAND is not None
    command = [*COMMAND, "ps", "--all", "--quiet", "--filter", f"ancestor={image}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


async def test_the_images_own_command_runs(running: Cluster) -> None:
    made = job("own", [], image=IMAGE)
    del made["spec"]["template"]["spec"]["containers"][0]["command"]
    running.create("jobs.batch", made)
    assert (await running.finished("own"))["type"] == "Complete"
    assert await running.log_of("own") == "of the image\n"
    assert running.pods_of("own")[0]["status"]["containerStatuses"][0]["imageID"].startswith("podman:")


async def test_variables_volumes_and_network_are_the_clusters(running: Cluster) -> None:
    running.create("configmaps", {"metadata": {"name": "c"}, "data": {"x": "from the config map"}})
    container = {"env": [{"name": "X", "value": "a b"}], "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    pod = {"volumes": [{"name": "v", "configMap": {"name": "c"}}]}
    script = "echo $X; cat /v/x; echo; cat /etc/resolv.conf; hostname; exit 4"
    running.create("jobs.batch", job("view", ["sh", "-c", script], image=IMAGE, container=container, pod=pod))
    assert (await running.finished("view"))["type"] == "Failed"
    log = (await running.log_of("view")).splitlines()
    assert log[:2] == ["a b", "from the config map"]
    assert "nameserver 10.96.0.10" in log
    assert log[-1].startswith("view-")


@pytest.mark.parametrize("mounted", [True, False])
async def test_the_accounts_token_is_there_unless_it_is_not_wanted(running: Cluster, mounted: bool) -> None:
    name, place = f"account-{mounted}".lower(), "/var/run/secrets/kubernetes.io/serviceaccount"
    pod = {} if mounted else {"automountServiceAccountToken": False}
    script = f"cd {place} && cat namespace; echo; cat ca.crt; echo; head -c 3 token"
    running.create("jobs.batch", job(name, ["sh", "-c", script], image=IMAGE, pod=pod))
    assert (await running.finished(name))["type"] == ("Complete" if mounted else "Failed")
    if mounted:
        assert (await running.log_of(name)).splitlines() == ["default", "CA", "eyJ"]


@pytest.mark.parametrize(
    ("name", "command", "memory", "code", "reason"),
    [
        ("missing", ["/no/such"], None, 128, "StartError"),
        ("greedy", ["sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' a); echo $?"], "32Mi", 137, "OOMKilled"),
    ],
)
async def test_ends(
    running: Cluster, name: str, command: list[str], memory: str | None, code: int, reason: str
) -> None:
    container = {"resources": {"limits": {"memory": memory}}} if memory else None
    running.create("jobs.batch", job(name, command, image=IMAGE, container=container))
    await running.finished(name)
    state = running.pods_of(name)[0]["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (state["exitCode"], state["reason"]) == (code, reason)


async def test_a_container_reads_what_it_is_given(running: Cluster) -> None:
    running.create("jobs.batch", job("reads", ["cat"], image=IMAGE, container={"stdin": True, "stdinOnce": True}))
    pod = await running.pod_of("reads", is_running)
    reading, writing = os.pipe()
    null = os.open(os.devnull, os.O_WRONLY)
    os.write(writing, b"given\n")
    os.close(writing)
    await running.kubelet.attach("default", pod["metadata"]["name"], "main", [reading, null, null], stdin=True)
    os.close(reading)
    os.close(null)
    assert (await running.finished("reads"))["type"] == "Complete"
    assert await running.log_of("reads") == "given\n"


async def test_nothing_is_left(image: str) -> None:
    async with cluster() as made:
        made.run("long", ["sleep", "1000"], image=image, readinessProbe={"exec": {"command": ["cat", "/marker"]}})
        await made.until("pods", "long", is_ready)
    assert containers_of(image) == ""


@pytest.fixture
def images_of_the_lesson(image: str, tmp_path: Path) -> None:
    assert COMMAND is not None
    try:
        lesson_images.make(COMMAND, tmp_path)
    except LookupError as error:
        pytest.skip(str(error))


@pytest.mark.oracle
async def test_helm_runs_the_lesson(images_of_the_lesson: None, oracle: Path, tmp_path: Path) -> None:
    """PostgreSQL, Redis, the API and all hooks in real containers, each of its own image."""
    async with local_cluster(runtime="podman") as made:
        session = Session(made.kubeconfig, oracle, tmp_path)
        await session.run(f"helm install my-app {EXAMPLE} --wait --timeout 100s")
        assert "Schema initialized successfully." in await session.run("kubectl logs job/my-app-db-init")
        assert "Phase:          Succeeded" in await session.run("helm test my-app")
        await session.run(f"helm upgrade my-app {EXAMPLE} --set version=2.0.0 --wait --timeout 100s")
        pods = made.objects.list("pods")
        assert {each["status"]["containerStatuses"][0]["imageID"].partition(":")[0] for each in pods} == {"podman"}
        await session.run("helm uninstall my-app --timeout 100s")
