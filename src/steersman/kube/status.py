"""An answer that is no success becomes a typed error, with the words of the server's Status object."""

from __future__ import annotations

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
from steersman.lazy import TYPE_CHECKING
from steersman.plain_json import loads

if TYPE_CHECKING:
    from typing import Any

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

_WEBHOOKS = "`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` tells whose webhook it is"
# What a 4xx or 500 is about, by the words that API servers use: (code, a part of the message, the way out). The first one counts.
_HINTS = (
    (
        401,
        "",
        "The server does not accept the kubeconfig's credentials; log in again, or renew the token or client certificate.",
    ),
    (403, "because it is being terminated", "Wait until the namespace is gone; --create-namespace then makes it anew."),
    (
        403,
        "exceeded quota",
        "Free or ask for more: `kubectl describe resourcequota` in that namespace tells what is used.",
    ),
    (
        403,
        "violates PodSecurity",
        "Change what it names in the Pod's securityContext, or the namespace's pod-security labels.",
    ),
    (0, "failed calling webhook", f"That webhook's own service does not do its work; {_WEBHOOKS}."),
    (0, "admission webhook", f"Change what it objects to, or ask whose rule it is: {_WEBHOOKS}."),
    (0, "denied request", "Change what the policy objects to, or ask whose rule it is."),
    (403, "", "Ask for the permission, or check it with `kubectl auth can-i`."),
)


def parse_status(body: bytes) -> dict[str, Any] | None:
    """The Status object of an error's body, or None where a proxy or an old handler answered something else."""
    try:
        parsed = loads(body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) and parsed.get("kind") == "Status" else None


def error_from_status(status: dict[str, Any], code: int = 0) -> ApiError:
    """The error for a Status object (an answer's body, or the object of a watch's ERROR event)."""
    code = int(status.get("code") or code or 500)
    reason = str(status.get("reason") or "")
    kind = AlreadyExists if reason == "AlreadyExists" else Gone if reason == "Expired" else _BY_CODE.get(code, ApiError)
    message = str(status.get("message") or reason or f"the server answered {code}")
    return kind(message, code=code, reason=reason, details=status.get("details") or {}, hint=_hint(code, message))


def _hint(code: int, message: str) -> str:
    return next((hint for about, said, hint in _HINTS if about in (0, code) and said in message), "")


def is_terminating(error: ApiError) -> bool:
    """Whether nothing can be created because the namespace is being deleted."""
    return any(reason == "NamespaceTerminating" for reason, _, _ in causes(error))


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
    return kind(message, code=code, hint=_hint(code, message))


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
