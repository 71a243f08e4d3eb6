"""Startup, readiness and liveness probes."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from steersman.cluster.agent.link import AgentError
from steersman.cluster.kubelet import grpc_health
from steersman.cluster.machinery import Json
from steersman.cluster.runtimes.interface import Executed

Kind = Literal["Startup", "Readiness", "Liveness"]
_QUICK = 0.1
"""Seconds between the first tries of a probe that has not succeeded yet (they are not counted as failures)."""


class ProbeError(Exception):
    """The probe could not be made, which says nothing of the container; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """How a probe reaches its container: `execute(command, timeout)` runs in it, `dial(host, port, timeout)` connects."""

    address: str
    ports: dict[str, int]
    execute: Callable[[list[str], float], Awaitable[Executed]]
    dial: Callable[[str, int, float], Awaitable[socket.socket]]


async def check(probe: Json, target: Target) -> str | None:
    """One try: None where it succeeded, else the words of the failure. Raises ProbeError."""
    timeout = float(probe.get("timeoutSeconds") or 1)
    if "exec" in probe:
        command = probe["exec"].get("command") or []
        result = await target.execute(command, timeout)
        if result.failure:
            raise ProbeError(f"rpc error: code = Unknown desc = {not_executed(result.failure)}")
        if result.code is None:
            return f'command timed out: "{" ".join(command)}" timed out after {timeout:g}s'
        return None if result.code == 0 else result.output
    try:
        async with asyncio.timeout(timeout):
            if "httpGet" in probe:
                return await _http(probe["httpGet"], target, timeout)
            if "grpc" in probe:
                return await _grpc(probe["grpc"], target, timeout)
            action = probe["tcpSocket"]
            return await _tcp(action.get("host") or target.address, _port(action["port"], target), target, timeout)
    except TimeoutError:
        if "grpc" in probe:
            return f"timeout: health rpc did not complete within {timeout:g}s"
        return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    except AgentError as error:
        raise ProbeError(str(error)) from error


def not_executed(failure: str) -> str:
    """What containerd says where a command cannot be started in a container, for the reason that runc gave."""
    return (
        f'failed to exec in container: failed to start exec "{secrets.token_hex(32)}": OCI runtime exec failed: exec failed: '
        f"unable to start container process: {failure}: unknown"
    )


def _port(port: object, target: Target) -> int:
    """Raises ProbeError, with the words of Go's last try."""
    if isinstance(port, int):
        return port
    if str(port) in target.ports:
        return target.ports[str(port)]
    if str(port).isdigit():
        return int(str(port))
    raise ProbeError(f'strconv.Atoi: parsing "{port}": invalid syntax')


async def _tcp(host: str, port: int, target: Target, timeout: float) -> str | None:
    try:
        connection = await target.dial(host, port, timeout)
    except OSError as error:
        return _refused(host, port, error)
    connection.close()
    return None


def _refused(host: str, port: int, error: OSError) -> str:
    words = "connection refused" if isinstance(error, ConnectionRefusedError) else error.strerror or str(error)
    return f"dial tcp {host}:{port}: connect: {words}"


async def _grpc(action: Json, target: Target, timeout: float) -> str | None:
    port = _port(action["port"], target)
    try:
        sock = await target.dial(target.address, port, timeout)
        reader, writer = await asyncio.open_connection(sock=sock)
    except OSError as error:
        address = f"{target.address}:{port}"
        return f'error: failed to connect service at "{address}": {_refused(target.address, port, error)}'
    try:
        return await grpc_health.check(reader, writer, f"{target.address}:{port}", action.get("service") or "")
    except OSError as error:
        return f"error: health rpc failed: {error}"
    finally:
        writer.close()


async def _http(action: Json, target: Target, timeout: float) -> str | None:
    scheme = (action.get("scheme") or "HTTP").lower()
    host, port = action.get("host") or target.address, _port(action["port"], target)
    path = action.get("path") or "/"
    url = f"{scheme}://{host}:{port}{path if path.startswith('/') else '/' + path}"
    try:
        sock = await target.dial(host, port, timeout)
    except OSError as error:
        return f'Get "{url}": {_refused(host, port, error)}'
    context = None
    if scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        reader, writer = await asyncio.open_connection(
            sock=sock,
            ssl=context,
            server_hostname="" if context else None,
        )
    except ssl.SSLError as error:
        plain = error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
        return f'Get "{url}": {"http: server gave HTTP response to HTTPS client" if plain else error}'
    except OSError as error:
        return f'Get "{url}": {error}'
    lines = [f"GET {path if path.startswith('/') else '/' + path} HTTP/1.1", *_headers(action, f"{host}:{port}")]
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        first = await reader.readline()
    except OSError as error:
        return f'Get "{url}": {error}'
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()
    match = re.match(rb"HTTP/1\.[01] (\d{3})", first)
    if match is None:
        return f'Get "{url}": EOF'
    code = int(match.group(1))
    return None if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}"


def _headers(action: Json, host: str) -> list[str]:
    """What the Pod asks for, and what it does not, the kubelet's own. One that is asked for as empty is not sent."""
    own = [(each["name"], each.get("value") or "") for each in action.get("httpHeaders") or ()]
    asked = {name.lower() for name, _ in own}
    usual = [("Host", host), ("User-Agent", "kube-probe/1.36"), ("Accept", "*/*")]
    made = [each for each in usual if each[0].lower() not in asked] + [each for each in own if each[1]]
    return [f"{name}: {value}" for name, value in [*made, ("Connection", "close")]]


async def run(
    kind: Kind,
    probe: Json,
    target: Target,
    *,
    succeeded: Callable[[], None],
    failed: Callable[[], None],
    unhealthy: Callable[[str], None],
) -> None:
    """Probes for ever. `succeeded` and `failed` are called when a threshold is reached, `unhealthy` with what an event says.

    Until the first success tries come in quick succession, since a container that is up should not be waited for; only one
    failure a period counts, so thresholds last as long as the Pod says.
    """
    period = float(probe.get("periodSeconds") or 10)
    needed = int(probe.get("successThreshold") or 1)
    tolerated = int(probe.get("failureThreshold") or 3)
    await asyncio.sleep(float(probe.get("initialDelaySeconds") or 0))
    loop = asyncio.get_running_loop()
    successes = failures = 0
    ever, pause = False, _QUICK
    counted_at = loop.time() - period
    while True:
        try:
            problem = await check(probe, target)
        except ProbeError as error:
            if loop.time() - counted_at >= period:
                counted_at = loop.time()
                unhealthy(f"errored and resulted in unknown state: {error}")
            await asyncio.sleep(period)
            continue
        if problem is None:
            successes, failures, ever = successes + 1, 0, True
            if successes >= needed:
                succeeded()
                if kind == "Startup":
                    return
        elif ever or loop.time() - counted_at >= period:
            counted_at = loop.time()
            successes, failures = 0, failures + 1
            unhealthy(f"failed: {problem}")
            if failures >= tolerated:
                failed()
                if kind != "Readiness":
                    return
        if ever or kind == "Liveness":
            await asyncio.sleep(period)
        else:
            await asyncio.sleep(min(period, pause))
            pause = min(pause * 1.5, period)
