"""The documents that a values.schema.json refers to: fetched as Helm's validator fetches them, over http(s) or from a file.

Imported only where a schema has such a reference.
"""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from steersman.template.functions.json_reader import JsonSyntaxError, loads

TIMEOUT_SECONDS = 15.0
LARGEST = 16 << 20
"""Bytes; Helm has no bound."""


class NotLoaded(ValueError):
    """A document that cannot be had; the message is Helm's."""


def load(uri: str) -> Any:
    """The JSON document at a URI. Raises NotLoaded."""
    scheme = urllib.parse.urlsplit(uri).scheme
    if scheme in ("http", "https"):
        data = _fetched(uri)
    elif scheme == "file":
        data = _read(uri)
    else:
        raise NotLoaded(f'failing loading "{uri}": no URLLoader registered for "{uri}"')
    if len(data) > LARGEST:
        raise NotLoaded(f'failing loading "{uri}": it is larger than {LARGEST >> 20} MiB')
    try:
        return loads(data.decode("utf-8", "replace"))
    except JsonSyntaxError as error:
        raise NotLoaded(f'failing loading "{uri}": {error}') from error


def _fetched(uri: str) -> bytes:
    try:
        with urllib.request.urlopen(uri, timeout=TIMEOUT_SECONDS) as answer:
            data: bytes = answer.read(LARGEST + 1)
            return data
    except urllib.error.HTTPError as error:
        status = f"{error.code} ({http.client.responses.get(error.code, '')})"
        raise NotLoaded(f'failing loading "{uri}": HTTP request to {uri} returned status {status}') from error
    except (OSError, http.client.HTTPException) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        text = f'HTTP request failed for {uri}: Get "{uri}": {_go_words(uri, cause)}'
        raise NotLoaded(f'failing loading "{uri}": {text}') from error


def _read(uri: str) -> bytes:
    path = urllib.parse.unquote(urllib.parse.urlsplit(uri).path)
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotLoaded(f'failing loading "{uri}": open {path}: {reason}') from error


def _go_words(uri: str, cause: object) -> str:
    """Why no answer came, as Go says it where it is one of the usual reasons."""
    parts = urllib.parse.urlsplit(uri)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    match cause:
        case socket.gaierror():
            return f"dial tcp: lookup {parts.hostname}: no such host"
        case TimeoutError():
            return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        case ConnectionRefusedError():
            return f"dial tcp {parts.hostname}:{port}: connect: connection refused"
        case _:
            return str(cause)
