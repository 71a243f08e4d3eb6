"""Getting things over HTTP and HTTPS, with credentials that go only where they belong."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from http.client import HTTPException, HTTPResponse, HTTPSConnection, RemoteDisconnected
from socket import gaierror
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from steersman import __version__
from steersman.chart.repo.slow import Transfer, transfer
from steersman.errors import FetchError
from steersman.protocols import fetcher
from steersman.record import field, record, replace

# An answer that is larger is refused: no chart may be, and the largest public index is a fifth of it.
MAX_ANSWER = 256 * 1024 * 1024
_CHUNK = 1 << 18
_NO_PLUGIN = (
    "Other protocols than http, https and oci need a plugin: `steer plugin list --type getter/v1` shows what is there."
)


@record(frozen=True, slots=True)
class Access:
    """How to reach a server: who we are to it, and how it proves to be itself. `timeout` is in seconds."""

    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    insecure: bool = False
    plain_http: bool = False
    pass_credentials: bool = False
    timeout: float = 120.0

    def for_url(self, url: str, home: str) -> Access:
        """This access as it may be used for `url`: credentials are for the server of `home` alone, unless told otherwise."""
        if self.pass_credentials or origin(url) == origin(home):
            return self
        return replace(self, username="", password="")

    @property
    def basic(self) -> str:
        """The Authorization header of these credentials, "" without."""
        if not self.username or not self.password:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@record(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes


def origin(url: str) -> tuple[str, str]:
    """Scheme and host with port: what a browser would call the same origin."""
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()


def get(url: str, access: Access, *, accept: str = "") -> bytes:
    """The content of a URL. Raises FetchError, with Helm's words for an answer that is not 200, and PluginError."""
    scheme = urlsplit(url).scheme
    if scheme not in ("http", "https") and (fetch := fetcher(scheme)) is not None:
        return fetch(url, access)
    headers = {"Accept": accept} if accept else {}
    if access.basic:
        headers["Authorization"] = access.basic
    answer = request("GET", url, access, headers=headers)
    if answer.status != 200:
        raise refusal(url, answer)
    return answer.body


def request(
    method: str, url: str, access: Access, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """One exchange, redirects followed. Raises FetchError if there is no answer; any status is an answer."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise FetchError(f"could not find protocol handler for: {urlsplit(url).scheme}", url=url, hint=_NO_PLUGIN)
    sent = {"User-Agent": f"steersman/{__version__}", **(headers or {})}
    parts = urlsplit(url)
    if parts.username is not None:  # credentials in the URL itself, which are for no message
        own = Access(unquote(parts.username), unquote(parts.password or "")).basic
        sent = {"Authorization": own, **sent} if own else sent
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    message = Request(url, data=body, method=method, headers=sent)
    try:
        with transfer(url) as watched, _opener(access).open(message, timeout=access.timeout) as stream:
            watched.total = int(stream.headers.get("Content-Length") or 0)
            return Answer(stream.status, stream.headers, _read(stream, watched))
    except HTTPError as error:
        with error:
            return Answer(error.code, error.headers, _read(error, Transfer(url)))
    except (URLError, OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        hint = "Check the address and your network."
        if isinstance(reason, ssl.SSLCertVerificationError):
            hint = "Name the authority that signed the server's certificate with --ca-file."
        raise FetchError(f'{method.capitalize()} "{url}": {_words(reason, url)}', url=url, hint=hint) from error
    except ValueError as error:  # a URL that is none
        raise FetchError(f'{method.capitalize()} "{url}": {error}', url=url) from error


def _words(reason: object, url: str) -> str:
    """Why no answer came, in Go's words where it has other ones than Python."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if isinstance(reason, ConnectionRefusedError):
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return f"dial tcp {f'[{host}]' if ':' in host else host}:{port}: connect: connection refused"
    if isinstance(reason, gaierror):
        return f"dial tcp: lookup {host}: no such host"
    if isinstance(reason, RemoteDisconnected):
        return "EOF"
    return str(reason)


def refusal(url: str, answer: Answer) -> FetchError:
    from http import HTTPStatus

    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    hint = "Check the user name and password." if answer.status in (401, 403) else ""
    return FetchError(f"failed to fetch {url} : {answer.status} {phrase}", url=url, status=answer.status, hint=hint)


def _read(stream: IO[bytes], watched: Transfer) -> bytes:
    parts: list[bytes] = []
    while chunk := stream.read(_CHUNK):
        watched.got(len(chunk))
        if watched.size > MAX_ANSWER:
            raise FetchError(f"{watched.url}: the answer is larger than {MAX_ANSWER} bytes", url=watched.url)
        parts.append(chunk)
    return b"".join(parts)


class _CarefulRedirects(HTTPRedirectHandler):
    """Follows redirects, also of uploads' kinds, but shows credentials to no other server."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        if req.get_method() not in ("GET", "HEAD"):
            return None
        redirected = super().redirect_request(req, fp, code, msg, headers, newurl)
        if redirected is not None:
            redirected.method = req.get_method()
            if origin(newurl) != origin(req.full_url):
                redirected.remove_header("Authorization")
        return redirected


@lru_cache(maxsize=16)
def _opener(access: Access) -> OpenerDirector:
    return build_opener(_CarefulRedirects, _LazyTls(access))


class _LazyTls(HTTPSHandler):
    """Reads the system's certificates, which takes its time, only when the first HTTPS address comes."""

    def __init__(self, access: Access) -> None:
        super().__init__()
        self.access = access
        self.ready: ssl.SSLContext | None = None

    def https_open(self, req: Request) -> HTTPResponse:
        if self.ready is None:
            self.ready = _tls(self.access)
        return self.do_open(HTTPSConnection, req, context=self.ready)


def _tls(access: Access) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=access.ca_file or None)
        if access.cert_file and access.key_file:
            context.load_cert_chain(access.cert_file, access.key_file)
    except (OSError, ssl.SSLError) as error:
        raise FetchError(f"can't create TLS config for client: {error}", url="") from error
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
