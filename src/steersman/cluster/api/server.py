"""The HTTPS server: who may come in, which path goes where, and how an answer is sent."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from aiohttp import web

from steersman.cluster import status
from steersman.cluster.access import impersonation
from steersman.cluster.access.attributes import attributes_of
from steersman.cluster.access.authentication import Authenticator
from steersman.cluster.access.authorizer import Authorizer
from steersman.cluster.access.escalation import Escalation
from steersman.cluster.access.identity import ANONYMOUS, User
from steersman.cluster.access.tokens import TokenIssuer
from steersman.cluster.api import discovery, negotiate, reviews
from steersman.cluster.api.encode import to_bytes
from steersman.cluster.api.openapi import OpenApi
from steersman.cluster.api.paths import Target, parse
from steersman.cluster.api.streams import sessions
from steersman.cluster.api.subresources import Subresources
from steersman.cluster.api.verbs import Answer, Call, Verbs
from steersman.cluster.cel.policies import Policies
from steersman.cluster.credentials import Credentials
from steersman.cluster.machinery import Objects, ReviewNeeded
from steersman.cluster.node import LogSource, PodAccess
from steersman.cluster.webhooks.admission import Webhooks
from steersman.errors import ApiError

LOG = logging.getLogger(__name__)
FIRST_CHUNK_SECONDS = 0.2  # how long a log may take to fail properly, as an answer and not in the stream
_TRIES = 100  # of one write: one a phase, and one for each object of a collection that is deleted
MAX_BODY = 3 * 2**20  # bytes, as the API server's limit


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request that wrote, in the order in which the writes were made."""

    method: str
    path: str
    query: str
    content_type: str
    body: bytes
    status: int


class ApiServer:
    """Serves `objects` on a loopback port.

    `request_log` is told of every write; `logs` is where `pods/log` reads, `pods` the way into Pods.
    `ready` says whether /readyz answers ok.
    `accounts` makes and knows the tokens of service accounts; None: there are none.
    """

    def __init__(
        self,
        objects: Objects,
        credentials: Credentials,
        tls: ssl.SSLContext,
        *,
        logs: LogSource | None = None,
        pods: PodAccess | None = None,
        request_log: Callable[[LoggedRequest], None] | None = None,
        accounts: TokenIssuer | None = None,
    ) -> None:
        self.objects = objects
        self.authenticator = Authenticator(credentials, accounts)
        self.authorizer = Authorizer(objects)
        objects.checks.append(Escalation(self.authorizer))
        objects.checks.append(Policies(objects))
        objects.reviewer = Webhooks(objects, pods)
        self.reviews = reviews.Reviews(self.authorizer, self.authenticator)
        self.verbs = Verbs(objects, self.authorizer)
        self.subresources = Subresources(self.verbs, logs, accounts)
        self.sessions = sessions.Sessions(objects, pods, logs)
        self.openapi = OpenApi(objects.registry)
        self.ready = True
        self._tls = tls
        self._request_log = request_log
        self._runner: web.AppRunner | None = None
        self._stopping = False
        self._streams: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    async def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; port 0 takes a free one. Raises OSError where the port is taken."""
        application = web.Application(client_max_size=MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def listen_at(self, listening: socket.socket) -> None:
        """Serve at one more socket: that of the Service `kubernetes` inside the Pods' network."""
        assert self._runner is not None
        await web.SockSite(self._runner, listening, ssl_context=self._tls).start()

    def _admitted(self, request: web.Request) -> User:
        """Who asks, once it is clear that they may. Raises Unauthorized, Forbidden."""
        header = request.headers.get("Authorization", "")
        user = self.authenticator.user_of(header) if header else ANONYMOUS
        if user is None:
            raise status.unauthorized()
        if impersonation.wanted(request.headers):
            user = impersonation.impersonate(user, request.headers, self.authorizer)
        if not user.is_master:
            wanted = attributes_of(user, request.method, request.path, request.query)
            self.authorizer.check(wanted)
            if wanted.subresource in sessions.SUBRESOURCES and wanted.resource == "pods":
                # To come in by a WebSocket is a GET, and yet no mere reading.
                self.authorizer.check(dataclasses.replace(wanted, verb="create"))
        return user

    async def stop(self) -> None:
        """End all watches and connections."""
        self._stopping = True
        for task in self._streams:
            task.cancel()
        await self.sessions.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            user = self._admitted(request)
            target = parse(request.path, self.objects.registry)
            if target is not None and target.subresource in sessions.SUBRESOURCES:
                return await self.sessions.serve(request, target)
            answer = await self._answer(request, target, user)
            if answer.stream is not None:
                return await self._send_stream(request, answer)
        except ApiError as error:
            answer = Answer(to_bytes(status.to_status(error)), error.code)
            if (seconds := (error.details or {}).get("retryAfterSeconds")) is not None:
                answer.headers.append(("Retry-After", str(seconds)))
        except web.HTTPRequestEntityTooLarge:
            message = f"Request entity too large: limit is {MAX_BODY}"
            too_large = ApiError(message, code=413, reason="RequestEntityTooLarge")
            answer = Answer(to_bytes(status.to_status(too_large)), 413)
        except Exception:
            LOG.exception("%s %s", request.method, request.path)
            failure = ApiError("Internal error occurred: see the server's log", code=500, reason="InternalError")
            answer = Answer(to_bytes(status.to_status(failure)), 500)
        return web.Response(body=answer.body, status=answer.code, headers=_headers(answer))

    async def _answer(self, request: web.Request, target: Target | None, user: User) -> Answer:
        path, method = request.path, request.method
        if target is None:
            return self._fixed(request)
        call = Call(
            method,
            target,
            request.query,
            request.headers.get("Accept", ""),
            request.headers.get("Content-Type", ""),
            request.headers.get("User-Agent", ""),
            await request.read() if request.can_read_body else b"",
            user,
        )
        if method == "GET":
            return self._carry_out(call)
        code = 500
        try:
            answer = await self._settled(call)
            code = answer.code
        except ApiError as error:
            code = error.code
            raise
        finally:
            if self._request_log is not None:
                self._request_log(LoggedRequest(method, path, request.query_string, call.content_type, call.body, code))
        return answer

    async def _settled(self, call: Call) -> Answer:
        """Carry out a write, after all webhooks were asked that have a say in it."""
        for _ in range(_TRIES):
            try:
                return self._carry_out(call)
            except ReviewNeeded as needed:
                await needed.settle()
        raise ApiError(
            "Internal error occurred: the object changes while it is reviewed", code=500, reason="InternalError"
        )

    def _carry_out(self, call: Call) -> Answer:
        if call.target.resource.name in reviews.RESOURCES:
            if call.method != "POST":
                raise status.method_not_allowed()
            kind = call.target.resource
            registry = self.objects.registry
            obj = negotiate.read_kind(call.body, call.content_type, registry, kind.api_version, kind.kind)
            return Answer(to_bytes(self.reviews.review(kind, obj, call.user, call.target.namespace or "")), 201)
        if call.target.subresource:
            return self.subresources.handle(call)
        return self.verbs.handle(call)

    def _fixed(self, request: web.Request) -> Answer:
        """The paths that name no resource."""
        path, registry = request.path.rstrip("/"), self.objects.registry
        parts = path.strip("/").split("/")
        wants_aggregated = "g=apidiscovery.k8s.io;v=v2;" in request.headers.get("Accept", "").replace(" ", "") + ";"
        found: object | None = None
        if parts[0] in ("healthz", "livez", "readyz"):
            if parts[0] == "readyz" and not self.ready:
                return Answer(b"starting", 503, "text/plain; charset=utf-8")
            text = f"[+]ping ok\n[+]etcd ok\n{parts[0]} check passed\n" if "verbose" in request.query else "ok"
            return Answer(text.encode(), 200, "text/plain; charset=utf-8")
        if path == "/version":
            found = discovery.version()
        elif path in ("/api", "/apis"):
            if wants_aggregated:
                answer = to_bytes(discovery.aggregated(registry, core=path == "/api"))
                return Answer(answer, 200, discovery.AGGREGATED)
            found = (
                discovery.api_versions(f"127.0.0.1:{self.port}") if path == "/api" else discovery.group_list(registry)
            )
        elif path == "/api/v1":
            found = discovery.resource_list(registry, "v1")
        elif parts[0] == "apis" and len(parts) == 2:
            found = discovery.group(registry, parts[1])
        elif parts[0] == "apis" and len(parts) == 3:
            found = discovery.resource_list(registry, f"{parts[1]}/{parts[2]}")
        elif parts[0] == "openapi":
            return self.openapi.answer(path, request.headers)
        elif path == "":
            found = {
                "paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/version"]
            }
        if found is None and any(path.startswith(f"{root}/") for root in registry.roots):
            raise status.no_such_path()
        if found is None:
            return Answer(b"404 page not found\n", 404, "text/plain; charset=utf-8")
        return Answer(to_bytes(found))

    async def _send_stream(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        """Send a stream as it comes; an error before its first chunk is still a proper answer."""
        assert answer.stream is not None
        response = web.StreamResponse(status=answer.code, headers=_headers(answer))
        response.enable_chunked_encoding()
        first = asyncio.ensure_future(anext(answer.stream, None))
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        try:
            # A watch on which nothing happens has to answer with its headers at once all the same.
            await asyncio.wait((first,), timeout=FIRST_CHUNK_SECONDS if answer.content_type == "text/plain" else 0)
            if first.done():
                first.result()
            await response.prepare(request)
            chunk = await first
            while chunk is not None:
                await response.write(chunk)
                chunk = await anext(answer.stream, None)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has gone
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            if response.prepared:
                await response.write_eof()
        finally:
            self._streams.discard(task)
            first.cancel()
            await asyncio.wait((first,))  # a generator that still runs cannot be closed
            if isinstance(answer.stream, AsyncGenerator):
                await answer.stream.aclose()
        return response


def _headers(answer: Answer) -> list[tuple[str, str]]:
    headers = [("Content-Type", answer.content_type), ("Cache-Control", "no-cache, private"), *answer.headers]
    for warning in answer.warnings:
        quoted = warning.replace("\\", "\\\\").replace('"', '\\"')
        headers.append(("Warning", f'299 - "{quoted}"'))
    return headers
