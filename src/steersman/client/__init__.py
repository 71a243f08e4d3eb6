"""The Python API: what `steer` does, for programs.

    async with AsyncClient(namespace="shop") as client:
        operation = await client.upgrade("my-app", "./chart", {"image": {"tag": "2.0"}})
        async for event in operation:
            print(to_json(event))
        finished = await operation.result()

`Client` is the same without `await`. Importing this loads nothing that a cluster needs; that happens when a client is used.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from steersman.client.async_client import AsyncClient
    from steersman.client.sync_client import Client

__all__ = ["AsyncClient", "Client"]


def __getattr__(name: str) -> Any:
    if name == "AsyncClient":
        from steersman.client.async_client import AsyncClient

        return AsyncClient
    if name == "Client":
        from steersman.client.sync_client import Client

        return Client
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
