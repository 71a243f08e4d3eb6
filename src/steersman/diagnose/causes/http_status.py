"""A server that answered a hook's request with an error."""

from __future__ import annotations

import re

from steersman.diagnose.advice import again
from steersman.diagnose.diagnosis import Diagnosis
from steersman.diagnose.facts import Facts
from steersman.diagnose.reading import quoted, search

_LOG = tuple(
    re.compile(text)
    for text in (
        r"The requested URL returned error: (?P<status>[45]\d\d)",
        r"HTTP request sent, awaiting response\.\.\. (?P<status>[45]\d\d)",
        r"server returned error: HTTP/[\d.]+ (?P<status>[45]\d\d)",
        r"ERROR (?P<status>[45]\d\d): ",
        r"HTTPError: (?:HTTP Error )?(?P<status>[45]\d\d)",
        r"HTTPStatusError: .*'(?P<status>[45]\d\d) ",
        r"^< HTTP/[\d.]+ (?P<status>[45]\d\d)",
        r"status code (?P<status>[45]\d\d)\b",
        r"status code does not indicate success: (?P<status>[45]\d\d)",
        r": (?P<status>[45]\d\d) (?:Bad Request|Unauthorized|Forbidden|Not Found|Conflict|Unprocessable Entity|Too Many Requests"
        r"|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)\b",
        r"^\{\"error_code\": ?(?P<status>[45]\d\d)\d*,",
        r"Server returned HTTP response code: (?P<status>[45]\d\d) for URL",
        r"Http(?:Client|Server)ErrorException(?:\$\w+)?: (?P<status>[45]\d\d)\b",
        r"HTTP request failed! HTTP/[\d.]+ (?P<status>[45]\d\d)|resulted in a `(?P<status2>[45]\d\d) ",
        r"(?P<status>[45]\d\d) \"?[\w ]+\"? \((?:OpenURI::HTTPError|Net::HTTP\w+)\)",
        r"HTTP status (?:client|server) error \((?P<status>[45]\d\d) "
        r"|unexpected (?:HTTP )?status(?: code)?:? (?P<status2>[45]\d\d)\b",
        r"Username/Password Authentication Failed",
    )
)
_URL = re.compile(r"https?://[^\s\"'|;)]+")
_MEANING = {
    400: "The server could not understand the request: body, parameters or Content-Type.",
    401: "The server wants credentials that the hook did not give, or not the right ones.",
    403: "The server knows who asks and does not allow it.",
    404: "The server has nothing at this path: a wrong path, or an application of another version.",
    405: "The path does not accept this method.",
    409: "What the hook asked for contradicts what is there; mostly it was already done by an earlier run.",
    422: "The server refuses the content of the request.",
    429: "Too many requests.",
    500: "The server failed inside: its own log says why.",
    502: "The proxy in front got no proper answer from the application.",
    503: "The server, or what stands behind the proxy, is not ready.",
    504: "The proxy in front waited in vain for the application.",
}


def find(facts: Facts) -> Diagnosis | None:
    found = search(facts, *_LOG)
    if found is None:
        return None
    status = int(found.group("status", "status2") or 401)  # wget's words for it have no number
    url = _url(facts, found.line)
    if status >= 500:
        fix = (
            "Look into the server's own log; if it was only not ready yet, let the hook wait for it "
            "(curl --retry 10 --retry-all-errors)."
        )
    elif status in (401, 403):
        fix = "Give the hook the credentials (from a Secret) that this request needs."
    elif status == 409:
        fix = "Let the hook take 409 for done, so that it is safe to run twice."
    else:
        fix = f"Correct the request (URL, method, body) in {facts.hook.path or 'the hook'}."
    return Diagnosis(
        cause="http-status",
        confidence=found.confidence,
        problem=f"The server answered the hook's request with HTTP {status}{f' ({url})' if url else ''}.",
        explanation=_MEANING.get(status, "The server refused the request." if status < 500 else "The server failed."),
        evidence=(quoted(found),),
        fix=fix,
        verify=(
            f"kubectl -n {facts.namespace} run http-check --rm -it --restart=Never --image=curlimages/curl -- "
            f"curl -sv {url or 'URL'}",
            *again(facts),
        ),
        line=found.number,
    )


def _url(facts: Facts, line: str) -> str:
    containers = facts.hook.spec.get("containers") or []
    parts = [part for each in containers for field in ("command", "args") for part in each.get(field) or []]
    texts = [line, *map(str, parts)]
    urls = {match[0] for text in texts for match in _URL.finditer(text)}
    return urls.pop() if len(urls) == 1 else ""
