"""One call of one webhook: by URL, or through a Service to a Pod that is ready."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from steersman.cluster.controllers import pods
from steersman.cluster.machinery import Objects
from steersman.cluster.node import PodAccess
from steersman.errors import ApiError

Json = dict[str, Any]

_LONGEST = 16 * 2**20  # bytes of an answer


class CallFailed(Exception):
    """No answer; `str()` says why in the words of the API server."""


async def call(webhook: Json, review: Json, objects: Objects, access: PodAccess | None) -> Json:
    """The `AdmissionReview` that comes back. Raises CallFailed."""
    seconds = float(webhook.get("timeoutSeconds") or 10)
    client: Json = webhook["clientConfig"]
    service: Json | None = client.get("service")
    if service is not None:
        host = f"{service['name']}.{service['namespace']}.svc"
        url = f"https://{host}:{service.get('port') or 443}{_path(service.get('path') or '/')}"
    else:
        url = client["url"]
        host = urlsplit(url).hostname or ""
    url += f"{'&' if '?' in url else '?'}timeout={int(seconds)}s"
    try:
        async with asyncio.timeout(seconds):
            link = None if service is None else await _dial(service, objects, access)
            text = json.dumps(review).encode()
            return await asyncio.to_thread(_post, url, host, _tls(client), link, text, seconds)
    except TimeoutError:
        why = "context deadline exceeded"
    except ssl.SSLCertVerificationError as error:
        why = f"tls: failed to verify certificate: x509: {error.verify_message}"
    except ConnectionRefusedError:
        why = f"dial tcp {host}: connect: connection refused"
    except (OSError, http.client.HTTPException, ApiError) as error:
        why = str(error)
    raise CallFailed(f'failed to call webhook: Post "{url}": {why}')


def _path(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


async def _dial(service: Json, objects: Objects, access: PodAccess | None) -> socket.socket:
    """A connection to a ready Pod of the Service. Raises OSError."""
    namespace, name = service["namespace"], service["name"]
    found = objects.find("services", name, namespace)
    if found is None:
        raise OSError(f'service "{name}" not found')
    wanted = service.get("port") or 443
    port = next((each for each in found["spec"].get("ports") or () if each["port"] == wanted), None)
    if port is None:
        raise OSError(f'no service port {wanted} found for service "{name}"')
    selector = found["spec"].get("selector")
    chosen = objects.list("pods", namespace, labels={"matchLabels": selector}) if selector else []
    ready = [pod for pod in chosen if pods.is_ready(pod) and not pods.is_terminating(pod)]
    if not ready or access is None:
        raise OSError(f'no endpoints available for service "{name}"')
    pod = ready[0]
    link = await access.dial(namespace, pod["metadata"]["name"], _target(pod, port))
    link.setblocking(True)
    return link


def _target(pod: Json, port: Json) -> int:
    target = port.get("targetPort") or port["port"]
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for each in container.get("ports") or ():
            if each.get("name") == target:
                return int(each["containerPort"])
    return int(port["port"])


def _tls(client: Json) -> ssl.SSLContext:
    bundle = client.get("caBundle")
    context = ssl.create_default_context(cadata=base64.b64decode(bundle).decode() if bundle else None)
    # Certificates that charts make for themselves often lack extensions that only the strictest readers ask for.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


def _post(url: str, host: str, tls: ssl.SSLContext, link: socket.socket | None, body: bytes, seconds: float) -> Json:
    """Blocking. Raises OSError, HTTPException, CallFailed."""
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=seconds, context=tls)
    try:
        if link is not None:
            link.settimeout(seconds)
            connection.sock = tls.wrap_socket(link, server_hostname=host)
        connection.request("POST", f"{parts.path}?{parts.query}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read(_LONGEST)
    finally:
        connection.close()
        if link is not None:
            link.close()
    if response.status != http.HTTPStatus.OK:
        shown = text.decode(errors="replace").strip()
        raise CallFailed(
            f'failed to call webhook: an error on the server ("{shown}") has prevented the request from succeeding'
        )
    try:
        found: Json = json.loads(text)
    except ValueError as error:
        raise CallFailed(f"failed to call webhook: couldn't get version/kind; json parse error: {error}") from None
    return found
