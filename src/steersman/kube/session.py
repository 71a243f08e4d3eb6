"""Requests to one API server: connections kept and reused, credentials added, retries made by the rules of `retry`."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from steersman.errors import ApiError, ClusterUnreachable, KubernetesError, ServerBusy
from steersman.kube import urls
from steersman.kube.config import Connection
from steersman.kube.credentials import Authenticator
from steersman.kube.http1 import Exchange, Head
from steersman.kube.interface import Object
from steersman.kube.network import (
    CONNECT_SECONDS,
    ConnectFailed,
    ConnectionLost,
    Network,
    NoAnswer,
    Stream,
    TooLarge,
    endpoint_of,
)
from steersman.kube.retry import (
    ANSWER_SECONDS,
    FIRST_ANSWER_SECONDS,
    LEAST_BYTES,
    Repeat,
    Verdict,
    delay,
    is_bounded,
    judge_answer,
    latest,
    retry_after_seconds,
)
from steersman.kube.slow import Slow
from steersman.kube.status import error_from_answer
from steersman.kube.tls import tls_context
from steersman.kube.trouble import Trouble
from steersman.lazy import TYPE_CHECKING
from steersman.plain_json import dumps, loads
from steersman.record import record

if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

# How often what never answered yet is tried when it takes the connection and then drops it: it may be no API server at all.
ATTEMPTS_AT_A_STRANGER = 4
# Idle connections kept for the next request; an API server closes them after minutes.
KEPT = 16

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
    """Owns the connections to one API server.

    `on_warning` gets the text of each Warning header (RFC 9111 §5.5), `on_waiting` a line when answer or retrying takes long.
    """

    def __init__(
        self,
        connection: Connection,
        network: Network,
        *,
        on_warning: Callable[[str], None] | None = None,
        on_waiting: Callable[[str], None] | None = None,
    ) -> None:
        self.connection = connection
        self.network = network
        self._endpoint = endpoint_of(connection)
        self._tls: tuple[tuple[bytes, bytes], ssl.SSLContext] | None = None
        self._idle: list[Exchange] = []
        self.reached = False  # an answer has come before: a refused connection is then a restart, not a wrong address
        self.server_date = ""  # of the last answer, by the server's clock
        self._on_warning = on_warning
        self.trouble = Trouble(connection, on_waiting)
        self._authenticator = Authenticator(connection, network, self.trouble)

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
        encoded = None if body is None else dumps(body).encode()
        answer = await self.request(Request(method, path, query, encoded, content_type, repeat=repeat))
        return self.parsed(answer)

    async def resource(
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Any = None,
        *,
        repeat: Repeat = Repeat.SAFE,
        content_type: str = "application/json",
    ) -> Object:
        """As `object`, where the answer is one of Kubernetes' objects, which have a name."""
        answer = await self.object(method, path, query, body, repeat=repeat, content_type=content_type)
        metadata = answer.get("metadata")
        if not isinstance(metadata, dict) or not metadata.get("name"):
            raise self.trouble.no_api_server("its answer is no object of Kubernetes")
        return answer

    def parsed(self, answer: Answer) -> Object:
        """The JSON object of an answer. Raises ClusterUnreachable where it is none: no API server answers so."""
        try:
            parsed = loads(answer.body)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            content = answer.headers.get("content-type", "")
            told = f" (Content-Type: {content})" if content and not content.startswith("application/json") else ""
            raise self.trouble.no_api_server(f"its answer is no JSON object{told}")
        return parsed

    async def stream(self, request: Request, *, idle_seconds: float | None = None) -> AsyncGenerator[bytes, None]:
        """Send a GET whose answer is read as it comes, on a connection of its own; not retried after its head came.

        Raises what `request` raises, and ConnectionLost when the stream breaks in the middle or is silent for `idle_seconds`.
        """
        exchange, head = await self._retrying(request, self._begun)
        exchange.stream.allow(idle_seconds)
        try:
            async for piece in exchange.pieces(head):
                yield piece
        finally:
            exchange.stream.close()

    async def aclose(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().stream.close()

    async def _retrying(self, request: Request, attempt_once: Callable[[Request, float], Awaitable[T]]) -> T:
        began = time.monotonic()
        until, attempt, renewed = latest(), 0, False
        before: KubernetesError | None = None
        while True:
            attempt += 1
            if await self._authenticator.ready():
                until = latest()  # a person may have had to log in: that is not the server's time
            retry_after: float | None = None
            failure: KubernetesError
            try:
                result = await attempt_once(request, until)
            except ConnectFailed as error:
                failure = self.trouble.unreachable(error)
                if error.permanent or not self.reached:
                    raise failure from error
            except ConnectionLost as error:
                if request.repeat is Repeat.UNSAFE:
                    raise self.trouble.unknown(str(request), error, reached=self.reached) from error
                failure = self.trouble.unreachable(error)
                # A stranger who is silent will not speak at a second try.
                stranger = not self.reached and (attempt >= ATTEMPTS_AT_A_STRANGER or isinstance(error, NoAnswer))
                if stranger or isinstance(error, TooLarge):
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
                    if attempt > 1 and isinstance(failure, ServerBusy):
                        failure = self.trouble.given_up(failure, attempt, time.monotonic() - began)
                    raise failure from None
                if verdict is Verdict.UNKNOWN:
                    raise self.trouble.unknown(str(request), failure) from failure
            else:
                self.reached = True
                self.trouble.over()
                return result
            pause, now = delay(attempt, retry_after), time.monotonic()
            if now + pause >= until:
                # That an attempt of the last moment got no answer says less than what the one before it got.
                raise self.trouble.given_up(before if before and now >= until else failure, attempt, now - began)
            before = failure
            self.trouble.retrying(failure, now + pause - began, until - now)
            await self.network.sleep(pause)

    async def _whole(self, request: Request, until: float) -> Answer:
        """One attempt at a request whose answer is read whole, on a kept connection where there is one."""
        await self.network.acquire()
        slow = Slow(self.trouble, self.network, str(request))
        try:
            while True:
                exchange = self._kept() or Exchange(await self._connect(until, slow))
                fresh = not exchange.used
                try:
                    patience = self._patience(until)
                    exchange.stream.allow(patience, until if is_bounded() else None, least=LEAST_BYTES)
                    slow.sent(patience)
                    head = await self._send(exchange, request, compressed=not self._endpoint.is_near)
                    slow.answering()
                    body = await exchange.body(head)
                except NoAnswer:
                    await self.aclose()  # the other kept ones are as dead, where a firewall has forgotten them
                    raise
                except ConnectionLost:
                    if fresh or request.repeat is Repeat.UNSAFE:
                        raise
                    continue  # the server had closed a kept connection meanwhile: no failure, take the next
                finally:
                    self._give_back(exchange)
                if head.status >= 400:
                    raise self._refusal(head, body)
                return self._checked(Answer(head.status, head.headers, body))
        finally:
            slow.over()
            self.network.release()

    def _patience(self, until: float) -> float:
        """How many seconds to wait for an answer."""
        most = ANSWER_SECONDS if self.reached else FIRST_ANSWER_SECONDS
        return max(0.0, min(most, until - time.monotonic()))

    def _refusal(self, head: Head, body: bytes) -> _Refusal | ClusterUnreachable:
        if b"HTTP request to an HTTPS server" in body[:512]:  # Go's words to who speaks plain HTTP to it
            return self.trouble.no_api_server("it speaks HTTPS; write https:// in the kubeconfig's `server`")
        return _Refusal(error_from_answer(head.status, body), head.headers)

    def _checked(self, answer: Answer) -> Answer:
        """Raises ClusterUnreachable for what no API server answers."""
        content = answer.headers.get("content-type", "")
        if content.startswith("text/html"):
            raise self.trouble.no_api_server("it answers with a web page")
        if 300 <= answer.status < 400 and answer.status != 304:
            target = answer.headers.get("location", "")
            raise self.trouble.no_api_server(f"it sends us on to {target!r}, where credentials are not sent to")
        if content.startswith("application/json") and not answer.body.lstrip().startswith(b"{"):
            raise self.trouble.no_api_server("its answer is no JSON object")
        return answer

    async def _begun(self, request: Request, until: float) -> tuple[Exchange, Head]:
        """One attempt at a request whose answer will be streamed: its head is there."""
        exchange = Exchange(await self._connect(until))
        try:
            exchange.stream.allow(self._patience(until))
            head = await self._send(exchange, request, compressed=False)
            if head.status >= 400:
                raise self._refusal(head, await exchange.body(head))
            if head.status >= 300 or head.headers.get("content-type", "").startswith("text/html"):
                self._checked(Answer(head.status, head.headers, b"{"))
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
            target += "?" + urls.query(request.query.items() if isinstance(request.query, dict) else request.query)
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

    async def _connect(self, until: float, slow: Slow | None = None) -> Stream:
        context = self._tls_context() if self._endpoint.tls else None
        seconds = max(0.001, min(CONNECT_SECONDS, until - time.monotonic()))
        if slow is not None:
            slow.connecting(seconds)
        return await self.network.connect(self._endpoint, context, seconds)

    def _tls_context(self) -> ssl.SSLContext:
        certificate = self._authenticator.certificate()
        if self._tls is None or self._tls[0] != certificate:  # an exec plugin may have brought a new one
            self._tls = (certificate, tls_context(self.connection.tls, certificate))
        return self._tls[1]

    def _give_back(self, exchange: Exchange) -> None:
        if exchange.reusable and len(self._idle) < KEPT:
            exchange.stream.allow(None)
            self._idle.append(exchange)
        else:
            exchange.stream.close()


def quote(name: str) -> str:
    """A name as one part of a path, whatever is in it."""
    return urls.quote(name, safe=":")


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
