"""A loopback proxy before an API server that misbehaves by seed.

What happens to a request depends on the seed, on its method and path and on how many of that kind came before, not on the order
in which different requests happen to arrive, nor on the name of the namespace: so a seed replays.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

SHARE = 0.12  # of the requests that meet a fault
# In the words of the API: an answer that the server gives without having done anything.
REFUSALS = {
    409: "Conflict",
    410: "Expired",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}
_NAMESPACE = re.compile(r"/namespaces/[^/]+")
FAULTS = ("drop", "drop-answer", "cut-answer", "delay", *map(str, REFUSALS))


@dataclass(slots=True)
class Proxy:
    """`told` is every fault so far, for whoever has to understand a failing seed."""

    seed: int
    upstream: str
    tls: ssl.SSLContext
    session: aiohttp.ClientSession
    told: list[str] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault(request)
        if fault == "drop":
            return self._hang_up(request)
        if fault == "delay":
            await asyncio.sleep(0.2)
        if fault.isdigit():
            return self._refuse(int(fault))
        body = await request.read()
        headers = {key: value for key, value in request.headers.items() if key not in ("Host", "Content-Length")}
        url = self.upstream + request.raw_path
        async with self.session.request(request.method, url, data=body, headers=headers, ssl=self.tls) as answer:
            if request.query.get("watch"):
                return await self._watch(request, answer, cut=fault.startswith(("drop", "cut")))
            content = await answer.read()
            if fault == "drop-answer":
                return self._hang_up(request)
            kept = {key: value for key, value in answer.headers.items() if key in ("Content-Type", "Retry-After")}
            if fault != "cut-answer" or not content:
                return web.Response(status=answer.status, headers=kept, body=content)
            response = web.StreamResponse(status=answer.status, headers={**kept, "Content-Length": str(len(content))})
            await response.prepare(request)
            await response.write(content[: len(content) // 2])
            self._hang_up(request)
            return response

    async def _watch(self, request: web.Request, answer: aiohttp.ClientResponse, *, cut: bool) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
        with suppress(ConnectionResetError):  # the client went away
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                if cut:  # in the middle of a line
                    await response.write(piece[: len(piece) // 2])
                    self._hang_up(request)
                    break
                await response.write(piece)
        return response

    def _fault(self, request: web.Request) -> str:
        kind = f"{request.method} {_NAMESPACE.sub('/namespaces/*', request.path)}"
        number = self._seen[kind]
        self._seen[kind] += 1
        chance = random.Random(f"{self.seed} {kind} {number}")
        if chance.random() >= SHARE:
            return ""
        fault = chance.choice(FAULTS)
        reading = request.method == "GET"
        if (fault == "409" and reading) or (fault == "410" and not reading):
            return ""
        self.told.append(f"{fault}: {kind}, number {number}")
        return fault

    def _hang_up(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _refuse(self, code: int) -> web.Response:
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "message": "the proxy says so",
            "reason": REFUSALS[code],
            "code": code,
        }
        headers = {"Retry-After": "0"} if code == 429 else {}
        return web.json_response(status, status=code, headers=headers)


@asynccontextmanager
async def faulty(kubeconfig: str, seed: int, folder: Path) -> AsyncIterator[tuple[str, Proxy]]:
    """(a kubeconfig that leads through the proxy, the proxy)"""
    config: dict[str, Any] = yaml.safe_load(await asyncio.to_thread(Path(kubeconfig).read_text, encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    tls = _trust(cluster)
    async with aiohttp.ClientSession(auto_decompress=True) as session:
        proxy = Proxy(seed, cluster["server"], tls, session)
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{port}"}
            path = folder / f"seed-{seed}"
            await asyncio.to_thread(path.write_text, json.dumps(config), encoding="utf-8")
            yield str(path), proxy
        finally:
            await runner.cleanup()


def _trust(cluster: dict[str, Any]) -> ssl.SSLContext:
    if authority := cluster.get("certificate-authority-data"):
        return ssl.create_default_context(cadata=base64.b64decode(authority).decode())
    tls = ssl.create_default_context(cafile=cluster.get("certificate-authority"))
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls
