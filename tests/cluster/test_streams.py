"""Into running Pods with the real kubectl: exec, cp, port-forward, attach; and the channel protocol of other clients."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from steersman.cluster.local import LocalCluster, local_cluster

from .api.conftest import Tool, kubeconfig_session

pytestmark = [pytest.mark.embedded, pytest.mark.oracle, pytest.mark.asyncio(loop_scope="module")]

SERVER = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: python:3
    command: [python3, -m, http.server, "8000", --directory, /tmp]
    readinessProbe: {tcpSocket: {port: 8000}, periodSeconds: 1}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running() -> AsyncIterator[LocalCluster]:
    async with local_cluster() as made:
        if made.objects.get("nodes", "steersman")["spec"].get("taints"):
            pytest.skip("no sandbox on this machine")
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kubectl_on(running: LocalCluster, kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Tool:
    tool = Tool(kubectl, running.kubeconfig, tmp_path_factory.mktemp("home"))
    await tool("apply", "-f", "-", stdin=SERVER)
    await tool("wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
    return tool


@contextlib.asynccontextmanager
async def forwarded(tool: Tool, *arguments: str) -> AsyncIterator[int]:
    """`kubectl port-forward` for as long as the block lasts; the local port."""
    process = await asyncio.create_subprocess_exec(
        str(tool.program), "port-forward", *arguments, stdout=asyncio.subprocess.PIPE, env=tool.environment
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        found = re.match(r"Forwarding from 127\.0\.0\.1:(\d+)", line)
        assert found, line
        yield int(found.group(1))
    finally:
        process.terminate()
        await process.wait()


async def test_exec_passes_streams_and_the_exit_code(kubectl_on: Tool) -> None:
    assert await kubectl_on("exec", "web", "--", "echo", "hi there") == "hi there\n"
    assert await kubectl_on("exec", "-i", "web", "--", "cat", stdin="given\n") == "given\n"
    code, output = await kubectl_on.run("exec", "web", "--", "sh", "-c", "echo said; echo wrong >&2; exit 3")
    assert code == 3
    assert sorted(output.splitlines()) == ["command terminated with exit code 3", "said", "wrong"]


async def test_exec_carries_much_in_both_directions(kubectl_on: Tool) -> None:
    much = "".join(f"{number}\n" for number in range(200_000))
    digest = hashlib.sha256(much.encode()).hexdigest()
    assert digest in await kubectl_on("exec", "-i", "web", "--", "sha256sum", stdin=much)
    assert await kubectl_on("exec", "web", "--", "seq", "0", "199999") == much


async def test_a_terminal_is_the_commands_own(running: LocalCluster, kubectl_on: Tool) -> None:
    session, url = kubeconfig_session(running.kubeconfig)
    query = "stdin=true&stdout=true&tty=true&command=sh&command=-c&command=read+word;stty+size;echo+$word+>/dev/tty"
    async with (
        session,
        session.ws_connect(
            f"{url}/api/v1/namespaces/default/pods/web/exec?{query}", protocols=["v5.channel.k8s.io"]
        ) as socket,
    ):
        await socket.send_bytes(b"\x04" + json.dumps({"Width": 132, "Height": 43}).encode())
        await socket.send_bytes(b"\x00typed\n")
        output, outcome = b"", b""
        async for message in socket:
            if message.data[0] == 1:
                output += message.data[1:]
            elif message.data[0] == 3:
                outcome = message.data[1:]
    assert json.loads(outcome) == {"metadata": {}, "status": "Success"}
    assert b"43 132" in output
    assert output.count(b"typed") >= 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none", "--", "true"], 'pods "none" not found'),
        (["web", "-c", "none", "--", "true"], "container none is not valid for pod web"),
    ],
)
async def test_exec_says_what_is_wrong(kubectl_on: Tool, arguments: list[str], says: str) -> None:
    code, output = await kubectl_on.run("exec", *arguments)
    assert code != 0
    assert says in output


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("no-such-program", 'exec: "no-such-program": executable file not found in $PATH'),
        ("/etc/passwd", 'exec: "/etc/passwd": permission denied'),
        ("./x", 'exec: "./x": stat ./x: no such file or directory'),
        ("/usr/bin", 'exec: "/usr/bin": is a directory'),
    ],
)
async def test_exec_of_what_cannot_be_started(kubectl_on: Tool, program: str, why: str) -> None:
    """As a kubelet with containerd and runc, but for the id of the exec."""
    code, output = await kubectl_on.run("exec", "web", "--", program)
    assert code == 1
    assert re.sub("[0-9a-f]{64}", "ID", output) == (
        "error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "
        f'"ID": OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown\n'
    )


@pytest.mark.parametrize("code", [126, 127])
async def test_a_command_may_end_like_one_that_was_not_found(kubectl_on: Tool, code: int) -> None:
    assert await kubectl_on.run("exec", "web", "--", "sh", "-c", f"exit {code}") == (
        code, f"command terminated with exit code {code}\n",
    )  # fmt: skip


async def test_cp_there_and_back(kubectl_on: Tool, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(bytes(range(256)) * 500)
    await kubectl_on("cp", str(tmp_path / "folder"), "web:/tmp/copied")
    await kubectl_on("cp", "web:/tmp/copied/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "folder" / "file").read_bytes()


async def test_cp_of_folders_with_links(kubectl_on: Tool, tmp_path: Path) -> None:
    """kubectl follows links of this side and leaves out those of the other."""
    (tmp_path / "tree" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "er" / "file").write_text("here\n")
    (tmp_path / "tree" / "link").symlink_to("deep/er/file")
    await kubectl_on("cp", str(tmp_path / "tree"), "web:/tmp/tree")
    assert await kubectl_on("exec", "web", "--", "cat", "/tmp/tree/deep/er/file", "/tmp/tree/link") == "here\nhere\n"
    await kubectl_on("exec", "web", "--", "ln", "-s", "file", "/tmp/tree/deep/er/other")
    assert "skipping symlink" in await kubectl_on("cp", "web:/tmp/tree", str(tmp_path / "back"))
    assert (tmp_path / "back" / "deep" / "er" / "file").read_text() == "here\n"
    assert not (tmp_path / "back" / "deep" / "er" / "other").exists()


async def test_port_forward_carries_many_connections(kubectl_on: Tool) -> None:
    await kubectl_on("exec", "web", "--", "sh", "-c", "seq 1 100000 > /tmp/numbers")
    wanted = "".join(f"{number}\n" for number in range(1, 100_001))
    async with forwarded(kubectl_on, "pod/web", ":8000") as port, aiohttp.ClientSession() as session:

        async def fetch() -> str:
            async with session.get(f"http://127.0.0.1:{port}/numbers") as response:
                return await response.text()

        assert await asyncio.gather(*(fetch() for _ in range(4))) == [wanted] * 4


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_port_forward_reaches_who_listens_at_the_pods_own_loopback(
    running: LocalCluster, kubectl_on: Tool, address: str
) -> None:
    serve = f"python3 -m http.server 8001 --bind {address} --directory /usr"
    ready = f'import socket; socket.create_connection(("{address}", 8001))'
    name = "inner" if ":" in address else "loopback"
    await kubectl_on("run", name, "--image=python:3", "--restart=Never", "--", "sh", "-c", serve)
    await kubectl_on("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    await kubectl_on("exec", name, "--", "sh", "-c", f"until python3 -c '{ready}' 2>/dev/null; do sleep 0.05; done")
    async with (
        forwarded(kubectl_on, f"pod/{name}", ":8001") as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/") as response,
    ):
        assert "bin/" in await response.text()
    await kubectl_on("delete", "pod", name, "--now", "--wait=false")


async def test_port_forward_by_channels(running: LocalCluster, kubectl_on: Tool) -> None:
    """As the Python client does it."""
    session, url = kubeconfig_session(running.kubeconfig)
    address = f"{url}/api/v1/namespaces/default/pods/web/portforward?ports=8000,9"
    async with session, session.ws_connect(address, protocols=["v4.channel.k8s.io"]) as socket:
        await socket.send_bytes(b"\x00GET /none HTTP/1.0\r\n\r\n")
        await socket.send_bytes(b"\x02into nothing")
        said: dict[int, bytes] = {}
        while b"</html>" not in said.get(0, b"") or len(said.get(3, b"")) < 3:
            message = await asyncio.wait_for(socket.receive_bytes(), 60)
            said[message[0]] = said.get(message[0], b"") + message[1:]
    assert said[0].startswith(b"\x40\x1fHTTP/1.0 404")
    assert said[3][2:].startswith(b"error forwarding port 9 to pod web")


async def test_attach_shows_what_comes_and_the_end(kubectl_on: Tool) -> None:
    script = "until [ -e /tmp/go ]; do echo tick; sleep 0.05; done"
    await kubectl_on("run", "slow", "--image=busybox", "--restart=Never", "--", "sh", "-c", script)
    await kubectl_on("wait", "--for=condition=Ready", "pod/slow", "--timeout=60s")
    process = await asyncio.create_subprocess_exec(
        str(kubectl_on.program), "attach", "slow", stdout=asyncio.subprocess.PIPE, env=kubectl_on.environment
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"tick\n"
    await kubectl_on("exec", "slow", "--", "touch", "/tmp/go")
    assert set((await asyncio.wait_for(process.stdout.read(), 60)).splitlines()) <= {b"tick"}
    assert await process.wait() == 0


ECHOES = """
apiVersion: v1
kind: Pod
metadata: {name: echoes}
spec:
  terminationGracePeriodSeconds: 0
  restartPolicy: Never
  containers:
  - name: main
    image: busybox
    stdin: true
    command: [sh, -c, "while read x; do echo got $x; echo not $x >&2; done; echo end; exit 5"]
"""


async def test_attach_gives_a_container_its_stdin(running: LocalCluster, kubectl_on: Tool) -> None:
    """One that takes it from many, one after the other: the end of the first is not the end of its stdin."""
    await kubectl_on("apply", "-f", "-", stdin=ECHOES)
    await kubectl_on("wait", "--for=condition=Ready", "pod/echoes", "--timeout=60s")
    session, url = kubeconfig_session(running.kubeconfig)
    address = f"{url}/api/v1/namespaces/default/pods/echoes/attach?stdin=true&stdout=true&stderr=true"
    async with session:
        for word in (b"one", b"two"):
            async with session.ws_connect(address, protocols=["v5.channel.k8s.io"]) as socket:
                await socket.send_bytes(b"\x00" + word + b"\n")
                await socket.send_bytes(b"\xff\x00")
                said: dict[int, bytes] = {1: b"", 2: b""}
                while not said[1] or not said[2]:
                    message = await asyncio.wait_for(socket.receive_bytes(), 60)
                    said[message[0]] += message[1:]
                assert said == {1: b"got " + word + b"\n", 2: b"not " + word + b"\n"}
    log = (await kubectl_on("logs", "echoes")).splitlines()
    assert sorted(log) == ["got one", "got two", "not one", "not two"]
    await kubectl_on("delete", "pod", "echoes", "--now", "--wait=false")


async def test_run_with_stdin_is_a_command_of_its_own(kubectl_on: Tool) -> None:
    """`kubectl run -i`: what is piped in is read to its end, what comes of it is shown, and the exit code is the container's."""
    much = "".join(f"{number}\n" for number in range(50_000))
    once = ("--image=busybox", "--restart=Never", "-i", "--quiet")
    digest = hashlib.sha256(much.encode()).hexdigest()
    assert digest in await kubectl_on("run", "piped", "--rm", *once, "--", "sha256sum", stdin=much)
    code, output = await kubectl_on.run("run", "shell", *once, "--", "sh", stdin="echo hello; exit 3\n")
    assert (code, output.splitlines()[0]) == (3, "hello")
    await kubectl_on("delete", "pod", "shell", "--now", "--wait=false")


async def test_debug_runs_a_container_in_a_pod_that_runs(kubectl_on: Tool) -> None:
    fetch = "curl -sS -o /dev/null -w '%{http_code} ' http://127.0.0.1:8000/; hostname; sleep 1000"
    code, output = await kubectl_on.run(
        "debug", "web", "--image=curlimages/curl:8", "-c", "looks", "--", "sh", "-c", fetch
    )
    assert code == 0, output
    assert "targetContainerName" not in output
    running = 'jsonpath={.status.ephemeralContainerStatuses[?(@.name=="looks")].state.running}'
    await kubectl_on("wait", f"--for={running}", "pod/web", "--timeout=60s")
    assert await kubectl_on("exec", "web", "-c", "looks", "--", "hostname") == "web\n"
    process = await asyncio.create_subprocess_exec(
        str(kubectl_on.program),
        "logs",
        "-f",
        "web",
        "-c",
        "looks",
        stdout=asyncio.subprocess.PIPE,
        env=kubectl_on.environment,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"200 web\n"
    process.kill()
    await process.wait()
    code, output = await kubectl_on.run("debug", "web", "--image=busybox", "--target=main", "--", "true")
    assert code == 0
    assert (
        "Warning: spec.ephemeralContainers[1].targetContainerName: each container sees its own processes only" in output
    )
    code, output = await kubectl_on.run("debug", "web", "--image=busybox", "--target=none", "--", "true")
    assert code == 1
    assert 'spec.ephemeralContainers[2].targetContainerName: Not found: "none"' in output


async def test_ephemeral_containers_only_come(kubectl_on: Tool) -> None:
    path = "/api/v1/namespaces/default/pods/still/ephemeralcontainers"
    await kubectl_on("run", "still", "--image=pause")
    pod = json.loads(await kubectl_on("get", "pod", "still", "-o", "json"))
    pod["metadata"]["resourceVersion"] = ""  # it is being started: its status may change at any moment
    added = {"name": "one", "image": "busybox", "command": ["sleep", "1000"]}
    spec = pod["spec"] | {"ephemeralContainers": [added], "priority": 7}
    changed = json.loads(await kubectl_on("replace", "--raw", path, "-f", "-", stdin=json.dumps(pod | {"spec": spec})))
    assert (changed["metadata"]["generation"], changed["spec"]["priority"]) == (2, 0)
    (one,) = changed["spec"]["ephemeralContainers"]
    assert one["terminationMessagePolicy"] == "File"
    for containers, words in (
        ([], 'existing ephemeral containers "one" may not be removed'),
        ([{**one, "image": "debian"}], 'existing ephemeral containers "one" may not be changed'),
        (
            [one, {**added, "name": "web"} | {"ports": [{"containerPort": 1}]}],
            "cannot be set for an Ephemeral Container",
        ),
    ):
        changed["metadata"]["resourceVersion"] = ""
        changed["spec"]["ephemeralContainers"] = containers
        code, output = await kubectl_on.run("replace", "--raw", path, "-f", "-", stdin=json.dumps(changed))
        assert code == 1
        assert words in output
    pod["spec"]["ephemeralContainers"] = [added]
    pod["metadata"] = {"name": "other"}
    code, output = await kubectl_on.run("create", "-f", "-", stdin=json.dumps(pod))
    assert code == 1
    assert "spec.ephemeralContainers: Forbidden: cannot be set on create" in output
    await kubectl_on("delete", "pod", "still", "--now", "--wait=false")


async def test_a_containers_own_terminal(running: LocalCluster, kubectl_on: Tool) -> None:
    script = "trap 'echo interrupted' INT; read word; stty size; cat >/dev/tty; echo over; exit 7"
    container = {"name": "main", "image": "debian", "stdin": True, "tty": True, "command": ["sh", "-c", script]}
    override = json.dumps({"spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}})
    await kubectl_on("run", "terminal", "--image=debian", "--restart=Never", f"--overrides={override}")
    await kubectl_on("wait", "--for=condition=Ready", "pod/terminal", "--timeout=60s")
    session, url = kubeconfig_session(running.kubeconfig)
    address = f"{url}/api/v1/namespaces/default/pods/terminal/attach?stdin=true&stdout=true&tty=true"
    async with session, session.ws_connect(address, protocols=["v5.channel.k8s.io"]) as socket, asyncio.timeout(60):
        output, outcome = b"", b""

        async def until(words: bytes) -> None:
            nonlocal output
            while words not in output:
                output += (await socket.receive_bytes())[1:]

        await socket.send_bytes(b"\x04" + json.dumps({"Width": 101, "Height": 37}).encode())
        await socket.send_bytes(b"\x00go\n")
        await until(b"37 101\r\n")
        await socket.send_bytes(b"\x00typed\n")
        await until(b"typed\r\ntyped\r\n")  # once by the terminal, once by cat
        await socket.send_bytes(b"\x00\x03")  # ^C reaches all who are in the foreground
        async for message in socket:
            output += message.data[1:] if message.data[0] == 1 else b""
            outcome += message.data[1:] if message.data[0] == 3 else b""
    assert output.endswith(b"^Cinterrupted\r\nover\r\n")
    assert json.loads(outcome)["status"] == "Success"
    ended = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
    await kubectl_on("wait", "--for=jsonpath={.status.phase}=Failed", "pod/terminal", "--timeout=60s")
    assert await kubectl_on("get", "pod", "terminal", "-o", ended) == "7"
    assert "over\r\n" in await kubectl_on("logs", "terminal")


async def test_only_an_upgrade_is_answered(running: LocalCluster, kubectl_on: Tool) -> None:
    session, url = kubeconfig_session(running.kubeconfig)
    async with session:
        for path in ("exec?command=true&stdout=true", "portforward"):
            async with session.post(f"{url}/api/v1/namespaces/default/pods/web/{path}") as response:
                assert response.status == 400
                assert "Upgrade request required" in (await response.json())["message"]
