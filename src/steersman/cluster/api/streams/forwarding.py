"""`port-forward`: connections to a Pod's ports through the API server.

kubectl sends SPDY through a WebSocket (KEP-4006, subprotocol `SPDY/3.1+portforward.k8s.io`): for each connection a pair of
streams, one for data and one for errors, with the same `requestid`. Other clients use channels, two for each port.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import WSMsgType, web

from steersman.cluster.api.streams.channels import Channels
from steersman.cluster.api.streams.spdy import Session, SpdyError, Stream
from steersman.cluster.node import PodAccess
from steersman.errors import SteersmanError

TUNNEL = "SPDY/3.1+portforward.k8s.io"
CHANNELS = "v4.channel.k8s.io"
_CHUNK = 32 * 1024


class Forwarding:
    """Forwards to one Pod."""

    def __init__(self, pods: PodAccess, namespace: str, pod: str, uid: str) -> None:
        self._pods = pods
        self._namespace = namespace
        self._pod = pod
        self._uid = uid
        self._tasks: set[asyncio.Task[None]] = set()

    async def tunnel(self, socket: web.WebSocketResponse) -> None:
        """Serve a client that speaks SPDY in the WebSocket, until it hangs up."""
        waiting: dict[str, dict[str, Stream]] = {}

        def opened(stream: Stream) -> None:
            pair = waiting.setdefault(stream.headers.get("requestid", ""), {})
            pair[stream.headers.get("streamtype", "")] = stream
            if "data" in pair and "error" in pair:
                del waiting[stream.headers.get("requestid", "")]
                self._spawn(self._serve_pair(session, pair["data"], pair["error"]))

        session = Session(socket.send_bytes, opened)
        try:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    await session.feed(message.data)
        except SpdyError:
            await socket.close(code=1002)
        finally:
            session.close()
            await self._end()

    async def _serve_pair(self, session: Session, data: Stream, error: Stream) -> None:
        port = int(data.headers.get("port", "0") or 0)
        problem = await self._connect(port, data.received(), data.write, data.close)
        with contextlib.suppress(ConnectionError):
            if problem:
                await error.write(problem.encode())
                await data.close()
            await error.close()
        session.forget(data)
        session.forget(error)

    async def channels(self, socket: web.WebSocketResponse, ports: list[int]) -> None:
        """Serve a client that has two channels for each port: 2n for data, 2n+1 for an error."""
        channels = Channels(socket)
        queues: dict[int, asyncio.Queue[bytes | None]] = {}
        for number, port in enumerate(ports):
            for channel in (2 * number, 2 * number + 1):
                await channels.send(channel, struct.pack("<H", port))
            queue = queues[2 * number] = asyncio.Queue()
            self._spawn(self._serve_channel(channels, number, port, queue))
        try:
            async for channel, data in channels.received():
                if channel in queues:
                    queues[channel].put_nowait(data)
        finally:
            await self._end()

    async def _serve_channel(
        self, channels: Channels, number: int, port: int, queue: asyncio.Queue[bytes | None]
    ) -> None:
        async def received() -> AsyncIterator[bytes]:
            while (data := await queue.get()) is not None:
                yield data

        async def write(data: bytes) -> None:
            await channels.send(2 * number, data)

        async def close() -> None:
            pass  # a channel cannot be half-closed

        problem = await self._connect(port, received(), write, close)
        if problem:
            with contextlib.suppress(ConnectionError):
                await channels.send(2 * number + 1, problem.encode())

    async def _connect(
        self,
        port: int,
        incoming: AsyncIterator[bytes],
        write: Callable[[bytes], Awaitable[None]],
        close: Callable[[], Awaitable[None]],
    ) -> str:
        """Carry one connection to its end; the words for the client where it could not be made."""
        try:
            connection = await self._pods.dial(self._namespace, self._pod, port)
            reader, writer = await asyncio.open_connection(sock=connection)
        except (OSError, TimeoutError, SteersmanError) as error:
            subject = f"error forwarding port {port} to pod {self._pod}, uid {self._uid}"
            return f"{subject}: failed to connect to localhost:{port} inside namespace: {error}"

        async def upstream() -> None:
            async for data in incoming:
                writer.write(data)
                await writer.drain()
            with contextlib.suppress(OSError):
                writer.write_eof()

        sending = asyncio.ensure_future(upstream())
        try:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(_CHUNK):
                    await write(data)
                await close()
        finally:
            sending.cancel()
            await asyncio.wait((sending,))
            writer.close()
        return ""

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
