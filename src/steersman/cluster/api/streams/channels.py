"""The channel protocol: several byte streams in one WebSocket, the first byte of each message naming the stream.

Source: KEP-4006 and apimachinery's `remotecommand` constants. Version 4 tells the outcome as a Status on channel 3; version 5
adds the closing of one channel (255, then the channel's number), which is how a client says that its stdin has ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import WSMsgType, web

from steersman.cluster.api.encode import to_bytes

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


class Channels:
    """One client's WebSocket, taken apart."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, channel: int, data: bytes) -> None:
        """Raises ConnectionError where the client has gone."""
        await self._socket.send_bytes(bytes((channel,)) + data)

    async def outcome(self, status: dict[str, Any]) -> None:
        """Tell how it ended, a Status, and hang up."""
        await self.send(ERROR, to_bytes({"metadata": {}, **status}))
        await self._socket.close()

    async def received(self) -> AsyncIterator[tuple[int, bytes]]:
        """(channel, data) until the client hangs up; (CLOSE, channel) for a channel that it has closed."""
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY or not message.data:
                continue
            yield message.data[0], message.data[1:]
