"""Requests to one API server: connections kept and reused, credentials added, retries made by the rules of `retry`."""

from __future__ import annotations

import json
import ssl
import time
import urllib.parse
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

from steersman.errors import ApiError, ClusterUnreachable, OutcomeUnknown
from steersman.kube.config import Connection
from steersman.kube.credentials import Authenticator
from steersman.kube.http1 import Exchange, Head
from steersman.kube.interface import Object
from steersman.kube.network import (
    ANSWER_SECONDS,
    ConnectFailed,
    ConnectionLost,
    Network,
    Stream,
    endpoint_of,
    tls_context,
)
from steersman.kube.retry import Repeat, Verdict, delay, judge_answer, latest, retry_after_seconds
from steersman.kube.status import error_from_answer
from steersman.record import record

# How often what never answered yet is tried when it takes the connection and then drops it: it may be no API server at all.
ATTEMPTS_AT_A_STRANGER = 4
# Idle connections kept for the next request; an API server closes them after minutes.
KEPT = 16

T = TypeVar("T")
Query = dict[str, str] | list[tuple[str, str]]


@record(slots=True)
class Request:
    """One request; `path` begins with / and carries no query."""

    method: str
    path: str
    query: Query | None = None
    body: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    repeat: Repeat = Repeat.SAFE
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@record(slots=True)
class Answer:
    """A whole answer, with a status below 400."""

    status: int
    headers: dict[str, str]
    body: bytes


class Session:
    """Owns the connections to one API server. `on_warning` gets the text of each Warning header (RFC 9111 §5.5)."""

    def __init__(
        self, connection: Connection, network: Network, *, on_warning: Callable[[str], None] | None = None
    ) -> None:
        self.connection = connection
        self.network = network
        self._endpoint = endpoint_of(connection)
        self._authenticator = Authenticator(connection)
        self._tls: tuple[tuple[bytes, bytes], ssl.SSLContext] | None = None
        self._idle: list[Exchange] = []
        self.reached = False  # an answer has come before: a refused connection is then a restart, not a wrong address
        self.server_date = ""  # of the last answer, by the server's clock
        self._on_warning = on_warning

    async def request(self, request: Request) -> Answer:
        """Send and return the answer. Raises ApiError, ClusterUnreachable, or OutcomeUnknown (only for Repeat.UNSAFE)."""
        return await self._retrying(request, self._whole)

    async def object(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Any = None,
        *,
        repeat: Repeat = Repeat.SAFE,
        content_type: str = "application/json",
    ) -> Object:
        """As `request`, with JSON on both sides."""
        encoded = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        answer = await self.request(Request(method, path, query, encoded, content_type, repeat=repeat))
        parsed: Object = json.loads(answer.body)
        return parsed

    async def stream(self, request: Request, *, idle_seconds: float | None = None) -> AsyncGenerator[bytes, None]:
        """Send a GET whose answer is read as it comes, on a connection of its own; not retried after its head came.

        Raises what `request` raises, and ConnectionLost when the stream breaks in the middle or is silent for `idle_seconds`.
        """
        exchange, head = await self._retrying(request, self._begun)
        pieces = exchange.pieces(head)
        try:
            while True:
                async with self.network.limit(idle_seconds):
                    piece = await anext(pieces, b"")
                if not piece:
                    return
                yield piece
        finally:
            exchange.stream.close()

    async def aclose(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().stream.close()

    async def _retrying(self, request: Request, attempt_once: Callable[[Request], Awaitable[T]]) -> T:
        until, attempt, renewed = latest(), 0, False
        while True:
            attempt += 1
            retry_after: float | None = None
            try:
                result = await attempt_once(request)
            except ConnectFailed as error:
                failure: Exception = self._unreachable(error)
                if error.permanent or not self.reached:
                    raise failure from error
            except ConnectionLost as error:
                if request.repeat is Repeat.UNSAFE:
                    raise OutcomeUnknown(f"{request}: {error}; whether it was done is unknown") from error
                failure = self._unreachable(error)
                if not self.reached and attempt >= ATTEMPTS_AT_A_STRANGER:
                    raise failure from error
            except _Refusal as refusal:
                self.reached = True
                failure, retry_after = refusal.error, retry_after_seconds(refusal.headers)
                if refusal.error.code == 401 and not renewed and self._authenticator.refused():
                    renewed = True
                    await self.aclose()  # a connection stands for the client certificate that it was opened with
                    continue
                verdict = judge_answer(
                    request.method,
                    refusal.error.code,
                    refusal.error.reason,
                    str(refusal.error),
                    has_retry_after=retry_after is not None,
                    repeat=request.repeat,
                    attempt=attempt,
                )
                if verdict is Verdict.FINAL:
                    raise failure from None
                if verdict is Verdict.UNKNOWN:
                    raise OutcomeUnknown(f"{request}: {failure}; whether it was done is unknown") from failure
            else:
                self.reached = True
                return result
            pause = delay(attempt, retry_after)
            if time.monotonic() + pause >= until:
                raise failure
            await self.network.sleep(pause)

    async def _whole(self, request: Request) -> Answer:
        """One attempt at a request whose answer is read whole, on a kept connection where there is one."""
        await self.network.acquire()
        try:
            while True:
                exchange = self._kept() or Exchange(await self._connect())
                fresh = not exchange.used
                try:
                    async with self.network.limit(ANSWER_SECONDS):
                        head = await self._send(exchange, request, compressed=not self._endpoint.is_near)
                        body = await exchange.body(head)
                except ConnectionLost:
                    if fresh or request.repeat is Repeat.UNSAFE:
                        raise
                    continue  # the server had closed a kept connection meanwhile: no failure, take the next
                finally:
                    self._give_back(exchange)
                if head.status >= 400:
                    raise _Refusal(error_from_answer(head.status, body), head.headers)
                content = head.headers.get("content-type", "")
                if content.startswith("text/html"):
                    raise self.no_api_server("it answers with a web page")
                if content.startswith("application/json") and not body.lstrip().startswith(b"{"):
                    raise self.no_api_server("its answer is no JSON object")
                return Answer(head.status, head.headers, body)
        finally:
            self.network.release()

    async def _begun(self, request: Request) -> tuple[Exchange, Head]:
        """One attempt at a request whose answer will be streamed: its head is there."""
        exchange = Exchange(await self._connect())
        try:
            async with self.network.limit(ANSWER_SECONDS):
                head = await self._send(exchange, request, compressed=False)
                if head.status >= 400:
                    raise _Refusal(error_from_answer(head.status, await exchange.body(head)), head.headers)
        except BaseException:
            exchange.stream.close()
            raise
        return exchange, head

    async def _send(self, exchange: Exchange, request: Request, *, compressed: bool) -> Head:
        headers = [
            ("User-Agent", "steersman"),
            ("Accept", request.accept),
            *self._authenticator.headers(),
            *request.headers,
        ]
        if compressed:
            headers.append(("Accept-Encoding", "gzip"))
        if request.body is not None:
            headers.append(("Content-Type", request.content_type))
        target = self._endpoint.base_path + request.path
        if request.query:
            target += "?" + urllib.parse.urlencode(request.query)
        head = await exchange.send(request.method, target, self._endpoint.authority, headers, request.body)
        self.server_date = head.headers.get("date", self.server_date)
        if self._on_warning is not None and "warning" in head.headers:
            for text in _warnings(head.headers["warning"]):
                self._on_warning(text)
        return head

    def _kept(self) -> Exchange | None:
        while self._idle:
            exchange = self._idle.pop()
            if exchange.stream.usable():
                return exchange
            exchange.stream.close()
        return None

    async def _connect(self) -> Stream:
        return await self.network.connect(self._endpoint, self._tls_context() if self._endpoint.tls else None)

    def _tls_context(self) -> ssl.SSLContext:
        certificate = self._authenticator.certificate()
        if self._tls is None or self._tls[0] != certificate:  # an exec plugin may have brought a new one
            self._tls = (certificate, tls_context(self.connection.tls, certificate))
        return self._tls[1]

    def _give_back(self, exchange: Exchange) -> None:
        if exchange.reusable and len(self._idle) < KEPT:
            self._idle.append(exchange)
        else:
            exchange.stream.close()

    def no_api_server(self, why: str) -> ClusterUnreachable:
        """The error of a server that answers, but not as Kubernetes does."""
        return ClusterUnreachable(
            f"Kubernetes cluster unreachable: {self.connection.where()}: {why}",
            hint="Correct the `server` of the kubeconfig, or log in where a proxy or portal stands before it.",
        )

    def _unreachable(self, error: Exception) -> ClusterUnreachable:
        hint = (
            "Is the API server up, and is it the one you mean? `steer cluster status` tells of the one on this machine."
        )
        if str(error).startswith("tls: "):  # somebody is there
            hint = "Check the kubeconfig's server, certificate-authority, tls-server-name and client-certificate, and the clock."
        return ClusterUnreachable(f"Kubernetes cluster unreachable: {self.connection.where()}: {error}", hint=hint)


def quote(name: str) -> str:
    """A name as one part of a path, whatever is in it."""
    return urllib.parse.quote(name, safe=":")


class _Refusal(Exception):
    """An answer from 400 on, on its way to the retry rules."""

    def __init__(self, error: ApiError, headers: dict[str, str]) -> None:
        super().__init__(str(error))
        self.error = error
        self.headers = headers


def _warnings(header: str) -> list[str]:
    """The quoted texts of `299 - "text"` items; an item without quotes is skipped."""
    texts, rest = [], header
    while (start := rest.find('"')) >= 0:
        end = start + 1
        while end < len(rest) and rest[end] != '"':
            end += 2 if rest[end] == "\\" else 1
        texts.append(rest[start + 1 : end].replace('\\"', '"').replace("\\\\", "\\"))
        rest = rest[end + 1 :]
    return texts
