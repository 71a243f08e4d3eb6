"""From a request for an upgraded connection to who serves it."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from steersman.cluster import status
from steersman.cluster.api.paths import Target
from steersman.cluster.api.streams import execution, forwarding
from steersman.cluster.api.streams.channels import PROTOCOLS, Channels
from steersman.cluster.api.streams.forwarding import Forwarding
from steersman.cluster.api.subresources import container_of
from steersman.cluster.machinery import Objects
from steersman.cluster.node import LogSource, PodAccess

Json = dict[str, Any]

SUBRESOURCES = ("exec", "attach", "portforward")
_HEARTBEAT = 30.0  # seconds between pings, so that a client that has vanished is noticed


class Sessions:
    """Serves `pods/exec`, `pods/attach` and `pods/portforward`; `pods` and `logs` are None where no Pod ever runs."""

    def __init__(self, objects: Objects, pods: PodAccess | None, logs: LogSource | None) -> None:
        self.objects = objects
        self.pods = pods
        self.logs = logs
        self._open: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request, target: Target) -> web.StreamResponse:
        """Returns when the session is over. Raises ApiError where there cannot be one."""
        namespace = target.namespace or ""
        pod = self.objects.get("pods", target.name, namespace)
        if self.pods is None or self.logs is None:
            raise status.bad_request(f"no runtime on this cluster runs pod {target.name}")
        forwards = target.subresource == "portforward"
        protocols = (forwarding.TUNNEL, forwarding.CHANNELS) if forwards else PROTOCOLS
        wanted = None if forwards else self._wanted(request, target, pod)
        socket = web.WebSocketResponse(
            protocols=protocols, heartbeat=_HEARTBEAT, autoclose=True, compress=False, max_msg_size=0
        )
        found = socket.can_prepare(request)
        if not found.ok:
            raise status.bad_request("Upgrade request required: only WebSocket is spoken here")
        if not found.protocol:
            raise status.bad_request(f"unable to upgrade: none of the subprotocols {', '.join(protocols)} was offered")
        if wanted is not None:
            self.pods.check(namespace, target.name, wanted.container)
        await socket.prepare(request)
        self._open.add(socket)
        try:
            if wanted is None:
                await self._forward(socket, request, target, pod)
            elif target.subresource == "exec":
                await execution.execute(Channels(socket), wanted, self.pods)
            else:
                await execution.attach(Channels(socket), wanted, self.pods)
        except ConnectionError:
            pass  # the client has gone
        finally:
            self._open.discard(socket)
            await socket.close()
        return socket

    def _wanted(self, request: web.Request, target: Target, pod: Json) -> execution.Wanted:
        query = request.query
        container = container_of(pod, query.get("container", ""))
        command = query.getall("command", [])
        wanted = execution.wanted(target.namespace or "", target.name, container, query, command)
        if not (wanted.stdin or wanted.stdout or wanted.stderr):
            raise status.bad_request("you must specify at least 1 of stdin, stdout, stderr")
        if target.subresource == "exec" and not command:
            raise status.bad_request("you must specify at least one command for the container")
        return wanted

    async def _forward(self, socket: web.WebSocketResponse, request: web.Request, target: Target, pod: Json) -> None:
        assert self.pods is not None
        forwarding_ = Forwarding(self.pods, target.namespace or "", target.name, pod["metadata"]["uid"])
        if socket.ws_protocol == forwarding.TUNNEL:
            await forwarding_.tunnel(socket)
            return
        asked = [port for each in request.query.getall("ports", []) for port in each.split(",")]
        if not asked or not all(port.isdigit() and 0 < int(port) < 65536 for port in asked):
            await socket.close(code=1008, message=b"query parameter `ports` has to name the ports")
            return
        await forwarding_.channels(socket, [int(port) for port in asked])

    async def stop(self) -> None:
        """Hang up on everybody."""
        if self._open:
            await asyncio.gather(*(socket.close(code=1001) for socket in list(self._open)), return_exceptions=True)
