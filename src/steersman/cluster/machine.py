"""The machine under the cluster: the node agent, started again should it die, and the runtime that works with it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from steersman.cluster.agent.begin import Begun
from steersman.cluster.agent.link import Link, SandboxUnavailable
from steersman.cluster.choice import Choice
from steersman.cluster.network.addresses import API_SERVER
from steersman.cluster.runtimes.images import ImageTable
from steersman.cluster.runtimes.podman.unshare import agent_within
from steersman.cluster.runtimes.process.runtime import ProcessRuntime

log = logging.getLogger("steersman.cluster")

_RETRY = 1.0
ServeApi = Callable[[socket.socket], Awaitable[None]]


class Machine:
    """`lost` is called when all containers are gone with the agent, after a new one is there."""

    def __init__(self, link: Link, images: ImageTable, folder: Path, *, way_out: bool, choice: Choice = "auto") -> None:
        self.link = link
        self.runtime = ProcessRuntime(link, images, folder, choice)
        self._choice: Choice = choice
        self.lost: list[Callable[[], None]] = []
        self._sandbox = link.mode != "plain"
        self._way_out = way_out
        self._serve_api: ServeApi | None = None
        self._reviving: asyncio.Task[None] | None = None
        link.on_lost = self._agent_died

    @classmethod
    async def start(
        cls,
        images: ImageTable,
        folder: Path,
        *,
        sandbox: bool,
        way_out: bool,
        choice: Choice = "auto",
        begun: Begun | None = None,
    ) -> Machine:
        """With a `way_out`, Pods may reach addresses outside the cluster. Raises SandboxUnavailable."""
        link = await Link.start(sandbox=sandbox, way_out=way_out, within=agent_within(choice), begun=begun)
        return cls(link, images, folder, way_out=way_out, choice=choice)

    async def serve_api(self, serve: ServeApi) -> None:
        """`serve` gets a socket that listens where Pods find the API server (the Service `kubernetes`)."""
        self._serve_api = serve
        if self._sandbox:
            await self.link.ask("services", addresses=[API_SERVER], table=[])
            await serve(await self.link.open_socket(listen=(API_SERVER, 443)))

    def _agent_died(self) -> None:
        log.error("the node agent is gone, and all containers with it; starting another one")
        self._reviving = asyncio.ensure_future(self._revive())

    async def _revive(self) -> None:
        while True:
            try:
                link = await Link.start(sandbox=self._sandbox, way_out=self._way_out, within=agent_within(self._choice))
                break
            except (SandboxUnavailable, OSError) as error:
                log.error("no node agent: %s", error)
                await asyncio.sleep(_RETRY)
        self.link = link
        link.on_lost = self._agent_died
        self.runtime.work_with(link)
        if self._serve_api is not None:
            await self.serve_api(self._serve_api)
        for tell in self.lost:
            tell()

    async def close(self) -> None:
        """Returns when no process of any Pod is left."""
        if self._reviving is not None:
            self._reviving.cancel()
            await asyncio.gather(self._reviving, return_exceptions=True)
        await self.link.close()
        self.runtime.close()
