"""An answer that is no success becomes a typed error, with the words of the server's Status object."""

from __future__ import annotations

import json
from typing import Any

from steersman.errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ServerBusy,
    Unauthorized,
)

_BY_CODE: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: ServerBusy,
    500: ServerBusy,
    502: ServerBusy,
    503: ServerBusy,
    504: ServerBusy,
}

_HINTS: dict[type[ApiError], str] = {
    Unauthorized: "The server does not accept the kubeconfig's credentials; log in again or renew the token.",
    Forbidden: "Ask for the permission, or check it with `kubectl auth can-i`.",
}


def parse_status(body: bytes) -> dict[str, Any] | None:
    """The Status object of an error's body, or None where a proxy or an old handler answered something else."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) and parsed.get("kind") == "Status" else None


def error_from_status(status: dict[str, Any], code: int = 0) -> ApiError:
    """The error for a Status object (an answer's body, or the object of a watch's ERROR event)."""
    code = int(status.get("code") or code or 500)
    reason = str(status.get("reason") or "")
    kind = AlreadyExists if reason == "AlreadyExists" else Gone if reason == "Expired" else _BY_CODE.get(code, ApiError)
    message = str(status.get("message") or reason or f"the server answered {code}")
    return kind(message, code=code, reason=reason, details=status.get("details") or {}, hint=_HINTS.get(kind, ""))


def error_from_answer(code: int, body: bytes) -> ApiError:
    """The error for any answer from 400 on."""
    if (status := parse_status(body)) is not None:
        return error_from_status(status, code)
    kind = _BY_CODE.get(code, ApiError)
    text = " ".join(body[:512].decode("utf-8", "replace").split())
    if code == 404:
        message = "the server could not find the requested resource"
    elif text:
        message = f'an error on the server ("{text}") has prevented the request from succeeding'
    else:
        message = f"the server answered {code}"
    return kind(message, code=code, hint=_HINTS.get(kind, ""))


def causes(error: ApiError) -> list[tuple[str, str, str]]:
    """The (reason, field, message) of each cause in the Status' details, e.g. each invalid field."""
    listed = error.details.get("causes")
    if not isinstance(listed, list):
        return []
    return [
        (str(cause.get("reason") or ""), str(cause.get("field") or ""), str(cause.get("message") or ""))
        for cause in listed
        if isinstance(cause, dict)
    ]
