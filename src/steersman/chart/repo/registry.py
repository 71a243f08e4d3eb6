"""OCI registries: charts as artifacts, pulled and pushed over the distribution protocol.

Source: the OCI distribution specification; Helm's documentation of its media types; the requests of helm 4.3.1.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urljoin

from steersman.chart.model import Metadata
from steersman.chart.repo import credentials
from steersman.chart.repo.credentials import Credential
from steersman.chart.repo.fetch import Access, Answer, origin, request
from steersman.chart.repo.home import Home
from steersman.chart.repo.reference import Reference
from steersman.chart.versions import is_strict_version, newest_first
from steersman.errors import ChartNotFound, FetchError, RepositoryError
from steersman.record import field, record, replace

Say = Callable[[str], None]

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
PROVENANCE_LAYER = "application/vnd.cncf.helm.chart.provenance.v1.prov"
LEGACY_CHART_LAYER = "application/tar+gzip"

_CHALLENGE = re.compile(r'([a-zA-Z_]+)="([^"]*)"')
_NEXT_PAGE = re.compile(r'<([^>]*)>;\s*rel="?next"?')
UNDERSCORES = """
OCI artifact references (tags) cannot hold a plus sign: the plus (+) of a version is an underscore (_) in its tag,
and is changed back when the chart is pulled."""


@record(frozen=True, slots=True)
class Pulled:
    """A chart out of a registry; `digest` is that of its manifest. `provenance` is None where there is none."""

    reference: Reference
    digest: str
    chart: bytes
    provenance: bytes | None
    metadata: dict[str, Any]
    manifest: bytes


@record(slots=True)
class Registry:
    """One registry, seen by one user. Raises RepositoryError, or FetchError where the network or the server fails."""

    host: str
    access: Access
    home: Home
    tokens: dict[str, str] = field(default_factory=dict)

    def tags(self, repository: str) -> list[str]:
        """The versions that a repository has, newest first; tags that are no versions are left out."""
        found: list[str] = []
        url: str | None = self._url(f"{repository}/tags/list")
        while url is not None:
            answer = self._send("GET", url, repository)
            if answer.status == 404:
                raise ChartNotFound(f"{self.host}/{repository}: not found", name=repository)
            self._expect(answer, url, 200)
            found.extend(str(tag).replace("_", "+") for tag in _object(answer, url).get("tags") or ())
            following = _NEXT_PAGE.search(answer.headers.get("Link") or "")
            url = urljoin(url, following[1]) if following else None
        return newest_first((tag for tag in found if is_strict_version(tag)), lambda tag: tag)

    def resolve(self, reference: Reference) -> str | None:
        """The digest of what a reference names; None where there is no such thing."""
        url = self._url(f"{reference.repository}/manifests/{reference.digest or reference.tag}")
        answer = self._send("HEAD", url, reference.repository, headers={"Accept": f"{MANIFEST}, {INDEX}"})
        return answer.headers.get("Docker-Content-Digest") if answer.status == 200 else None

    def pull(self, reference: Reference, *, provenance: bool = False) -> Pulled:
        """The chart that a reference with a tag or digest names; its contents are checked against their digests."""
        data, digest = self._manifest(reference)
        manifest = _parse(data, str(reference))
        layers = {layer.get("mediaType"): layer for layer in manifest.get("layers") or () if isinstance(layer, dict)}
        config = manifest.get("config") or {}
        if config.get("mediaType") != CONFIG:
            raise RepositoryError(
                f"could not load config with mediatype {CONFIG}", hint=f"{reference} is not a Helm chart."
            )
        chart = layers.get(CHART_LAYER) or layers.get(LEGACY_CHART_LAYER)
        if chart is None:
            raise RepositoryError(f"manifest does not contain a layer with mediatype {CHART_LAYER}")
        signature = layers.get(PROVENANCE_LAYER) if provenance else None
        return Pulled(
            reference,
            digest,
            self._blob(reference, chart),
            self._blob(reference, signature) if signature else None,
            _parse(self._blob(reference, config), str(reference)),
            data,
        )

    def artifact(self, reference: Reference) -> dict[str, Any]:
        """The manifest of anything that a reference names."""
        return _parse(self._manifest(reference)[0], str(reference))

    def content(self, reference: Reference, descriptor: dict[str, Any]) -> bytes:
        """One of its layers, checked against its digest."""
        return self._blob(reference, descriptor)

    def push(
        self, reference: Reference, chart: bytes, metadata: Metadata, created: str, provenance: bytes | None
    ) -> str:
        """Put a packaged chart under a tag; `created` is an RFC 3339 time. The answer is the manifest's digest."""
        contents = [(CHART_LAYER, chart), *([(PROVENANCE_LAYER, provenance)] if provenance else [])]
        layers = sorted(
            (self._upload(reference, kind, data) for kind, data in contents), key=lambda one: str(one["digest"])
        )
        config = json.dumps(metadata.document(), separators=(",", ":"), ensure_ascii=False).encode()
        manifest = {
            "schemaVersion": 2,
            "config": self._upload(reference, CONFIG, config),
            "layers": layers,
            "annotations": dict(sorted(describe(metadata, created).items())),
        }
        data = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode()
        url = self._url(f"{reference.repository}/manifests/{reference.tag}")
        answer = self._send("PUT", url, reference.repository, headers={"Content-Type": MANIFEST}, body=data, push=True)
        self._expect(answer, url, 201)
        return _digest(data)

    def login(self, credential: Credential) -> None:
        """Check a credential and remember it."""
        self.access = replace(self.access, username=credential.username, password=credential.password)
        url = self._url("")
        try:
            answer = self._send("GET", url, "")
        except (FetchError, RepositoryError) as error:
            raise RepositoryError(f'authenticating to "{self.host}": {error}', hint=error.hint) from error
        if answer.status != 200:
            raise RepositoryError(
                f'authenticating to "{self.host}": GET "{url}": response status code {answer.status}',
                hint="Check the user name and password.",
            )
        credentials.store(self.home, self.host, credential)

    # --- requests -------------------------------------------------------------------------------------------------

    def _url(self, path: str) -> str:
        host = "registry-1.docker.io" if self.host == "docker.io" else self.host
        return f"{'http' if self.access.plain_http else 'https'}://{host}/v2/{path}"

    def _manifest(self, reference: Reference) -> tuple[bytes, str]:
        wanted = reference.digest or reference.tag
        url = self._url(f"{reference.repository}/manifests/{wanted}")
        answer = self._send("GET", url, reference.repository, headers={"Accept": f"{MANIFEST}, {INDEX}"})
        if answer.status == 404:
            raise ChartNotFound(
                f"{reference}: not found",
                name=reference.repository,
                version=reference.version,
                hint="Check the chart's name and version.",
            )
        self._expect(answer, url, 200)
        digest = _digest(answer.body)
        if reference.digest.startswith("sha256:") and digest != reference.digest:
            raise RepositoryError(f"{reference}: the registry's answer has the digest {digest}")
        manifest = _parse(answer.body, str(reference))
        if "manifests" in manifest:  # an index: of one chart, for whatever platform
            inner = next((one for one in manifest["manifests"] if isinstance(one, dict) and one.get("digest")), None)
            if inner is None or reference.digest == inner["digest"]:
                raise RepositoryError(f"{reference}: an index without a chart")
            return self._manifest(replace(reference, digest=str(inner["digest"])))
        return answer.body, digest

    def _blob(self, reference: Reference, descriptor: dict[str, Any]) -> bytes:
        digest = str(descriptor.get("digest"))
        url = self._url(f"{reference.repository}/blobs/{digest}")
        answer = self._send("GET", url, reference.repository)
        self._expect(answer, url, 200)
        if _digest(answer.body) != digest:
            raise RepositoryError(f"{reference}: the content of {digest} does not have that digest")
        return answer.body

    def _upload(self, reference: Reference, media_type: str, data: bytes) -> dict[str, Any]:
        digest = _digest(data)
        url = self._url(f"{reference.repository}/blobs/{digest}")
        if self._send("HEAD", url, reference.repository, push=True).status != 200:
            start = self._url(f"{reference.repository}/blobs/uploads/")
            answer = self._send("POST", start, reference.repository, body=b"", push=True)
            self._expect(answer, start, 202)
            target = urljoin(start, answer.headers.get("Location") or "")
            target += ("&" if "?" in target else "?") + urlencode({"digest": digest})
            headers = {"Content-Type": "application/octet-stream"}
            self._expect(
                self._send("PUT", target, reference.repository, headers=headers, body=data, push=True), target, 201
            )
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def _send(
        self,
        method: str,
        url: str,
        repository: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        push: bool = False,
    ) -> Answer:
        """One request, with what the registry wants for authorization once it has said so."""
        scope = f"repository:{repository}:{'pull,push' if push else 'pull'}" if repository else ""
        sent = dict(headers or {})
        at_home = origin(url) == origin(self._url(""))
        if scope in self.tokens and at_home:
            sent["Authorization"] = self.tokens[scope]
        answer = request(method, url, self.access, headers=sent, body=body)
        if answer.status != 401 or not at_home:
            return answer
        self.tokens[scope] = sent["Authorization"] = self._authorize(answer, url, scope)
        return request(method, url, self.access, headers=sent, body=body)

    def _authorize(self, answer: Answer, url: str, scope: str) -> str:
        """The Authorization header that a 401 asks for."""
        scheme, _, rest = (answer.headers.get("WWW-Authenticate") or "").partition(" ")
        credential = Credential(self.access.username, self.access.password)
        credential = credential or credentials.find(self.home, self.host)
        basic = replace(self.access, username=credential.username, password=credential.password).basic
        if scheme.lower() == "basic" and basic:
            return basic
        if scheme.lower() != "bearer":
            raise _unauthorized(self.host, url)
        challenge = dict(_CHALLENGE.findall(rest))
        realm = challenge.get("realm", "")
        query = {"service": challenge.get("service", ""), "scope": challenge.get("scope") or scope}
        query = {name: value for name, value in query.items() if value}
        if credential.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": credential.identity_token, "client_id": "steersman"}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            token = request("POST", realm, self.access, headers=kind, body=urlencode({**query, **form}).encode())
        else:
            headers = {"Authorization": basic} if basic else {}
            token = request("GET", f"{realm}?{urlencode(query)}", self.access, headers=headers)
        if token.status != 200:
            raise _unauthorized(self.host, url, token.status)
        given = _object(token, realm)
        return f"Bearer {given.get('token') or given.get('access_token')}"

    def _expect(self, answer: Answer, url: str, status: int) -> None:
        if answer.status == status:
            return
        if answer.status in (401, 403):
            raise _unauthorized(self.host, url, answer.status)
        raise FetchError(f"{url}: response status code {answer.status}", url=url, status=answer.status)


def describe(metadata: Metadata, created: str) -> dict[str, str]:
    """What a chart's manifest says of it, in the words of the OCI image specification; the chart's own come on top."""
    people = [
        maintainer.name + (f" ({maintainer.email})" if maintainer.email else "")
        for maintainer in metadata.maintainers or ()
    ]
    own = {
        "description": metadata.description,
        "title": metadata.name,
        "version": metadata.version,
        "url": metadata.home,
        "created": created,
        "source": (metadata.sources or [""])[0],
        "authors": ", ".join(people),
    }
    found = {f"org.opencontainers.image.{name}": text for name, text in own.items() if text.strip()}
    fixed = ("org.opencontainers.image.version", "org.opencontainers.image.title")
    return found | {name: text for name, text in (metadata.annotations or {}).items() if name not in fixed}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _object(answer: Answer, url: str) -> dict[str, Any]:
    return _parse(answer.body, url)


def _parse(data: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise RepositoryError(f"{where}: the registry's answer is not JSON") from error
    if not isinstance(value, dict):
        raise RepositoryError(f"{where}: the registry's answer is not a JSON object")
    return value


def _unauthorized(host: str, url: str, status: int = 401) -> RepositoryError:
    return RepositoryError(
        f"{url}: response status code {status}: unauthorized", hint=f"steer registry login {host}, or use --username."
    )
