"""From a chart's reference to a file: a path, `repo/chart`, an address, `oci://…`, or a name in the repository of `--repo`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from steersman.chart.repo.fetch import Access, get
from steersman.chart.repo.home import Home, write_atomically
from steersman.chart.repo.index import absolute_url, same_url
from steersman.chart.repo.reference import Reference, is_oci, parse_reference
from steersman.chart.repo.registry import UNDERSCORES, Registry
from steersman.chart.repo.repositories import cached_index, find_chart, read_repositories, silent
from steersman.chart.versions import is_compatible, is_version
from steersman.errors import ChartError, ChartNotFound, FetchError, PluginError, RepositoryError, SignatureError
from steersman.record import record

Say = Callable[[str], None]

DEVELOPMENT = ">0.0.0-0"
"""The version constraint that `--devel` stands for."""
_ACCEPT = "application/gzip,application/octet-stream"


@record(frozen=True, slots=True)
class Source:
    """One packaged chart where it can be had. `digest` is its sha256 in hex, "" where the source does not say."""

    url: str
    access: Access
    digest: str = ""
    reference: Reference | None = None

    @property
    def file_name(self) -> str:
        if self.reference is None:
            return urlsplit(self.url).path.rpartition("/")[2]
        return (
            f"{self.reference.repository.rpartition('/')[2]}-{self.reference.version or self.reference.digest[7:]}.tgz"
        )


@record(frozen=True, slots=True)
class Download:
    """A packaged chart and its signature, if one was asked for and is there."""

    source: Source
    chart: bytes
    provenance: bytes | None = None


def locate(
    home: Home, name: str, version: str = "", *, repo: str = "", access: Access | None = None, say: Say = silent
) -> Path:
    """The path of a chart on this machine: it is fetched and cached by its content, if it is not there already.

    `say` gets what helm prints meanwhile. Raises ChartError, RepositoryError, FetchError.
    """
    name, version, access = name.strip(), version.strip(), access or Access()
    if not repo:
        if os.path.exists(name):
            return Path(name).absolute()
        if name.startswith((".", "/")):
            raise ChartError(f'path "{name}" not found')
    source = resolve(home, name, version, repo=repo, access=access, say=say)
    if source.digest and (path := home.content(source.digest)).is_file() and path.stat().st_size:
        return path
    download = fetch(home, source, say=say)
    path = home.content(source.digest or hashlib.sha256(download.chart).hexdigest())
    write_atomically(path, download.chart)
    return path


def locate_verified(
    home: Home,
    name: str,
    version: str = "",
    keyring: str = "",
    *,
    repo: str = "",
    access: Access | None = None,
    say: Say = silent,
) -> Path:
    """Like `locate`, for a packaged chart whose signature is good. Raises SignatureError otherwise."""
    from steersman.chart.provenance import verify

    if not repo and os.path.exists(name):
        path = Path(name).absolute()
        if path.is_dir():
            raise SignatureError("unpacked charts cannot be verified")
        try:
            signature = Path(f"{path}.prov").read_bytes()
        except OSError as error:
            raise SignatureError(f"could not load provenance file {path}.prov: {error.strerror}") from error
        verify(path.read_bytes(), path.name, signature, keyring)
        return path
    source = resolve(home, name, version, repo=repo, access=access, say=say)
    download = fetch(home, source, provenance=True, say=say)
    if download.provenance is None:
        raise SignatureError(f'failed to fetch provenance "{source.url}.prov"')
    verify(download.chart, source.file_name, download.provenance, keyring)
    path = home.content(hashlib.sha256(download.chart).hexdigest())
    write_atomically(path, download.chart)
    return path


def resolve(
    home: Home, name: str, version: str = "", *, repo: str = "", access: Access | None = None, say: Say = silent
) -> Source:
    """Where the chart of a reference can be had. Raises ChartNotFound, RepositoryError, FetchError."""
    access = access or Access()
    if is_oci(name):
        return _in_registry(home, name, version, access)
    if repo:
        url = find_chart(repo, name, version, access)
        return Source(url, access.for_url(url, repo))
    parts = urlsplit(name)
    if parts.scheme and parts.netloc and parts.path:
        return Source(name, _access_of_owner(home, name, access))
    repository_name, slash, chart_name = name.partition("/")
    if not slash:
        raise ChartError(
            f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {name}",
            hint="Name a chart's folder or .tgz, REPOSITORY/CHART, an address, or oci://…",
        )
    repository = next((one for one in read_repositories(home) if one.name == repository_name), None)
    if repository is None:
        raise RepositoryError(f"repo {repository_name} not found", hint=f"steer repo add {repository_name} URL")
    if not repository.url:
        raise RepositoryError(f"no URL found for repository {repository_name}")
    try:
        entry = cached_index(home, repository).get(chart_name, version)
    except ChartNotFound as error:
        raise ChartNotFound(
            f"chart \"{chart_name}\" matching {version} not found in {repository_name} index. (try 'helm repo update'): {error}",
            name=chart_name,
            version=version,
            hint=f"steer repo update {repository_name}",
        ) from error
    if not entry.urls:
        raise ChartNotFound(f'chart "{name}" has no downloadable URLs', name=chart_name, version=version)
    if version and entry.version != version and is_version(version) and not _is_range(version):
        say(f"WARNING: version {version} of {name} was not found, {entry.version} is the closest")
    url = absolute_url(repository.url, entry.urls[0])
    mine = (
        repository.access(access.timeout)
        if repository.username or repository.ca_file or repository.cert_file
        else access
    )
    return Source(url, mine.for_url(url, repository.url), entry.digest.removeprefix("sha256:"))


def fetch(home: Home, source: Source, *, provenance: bool = False, say: Say = silent) -> Download:
    """The content of a source, out of the cache where it is there, checked where its digest is known.

    With `provenance` the signature comes too, if there is one. Raises RepositoryError, FetchError.
    """
    if source.reference is not None:
        registry = Registry(source.reference.registry, source.access, home)
        pulled = registry.pull(source.reference, provenance=provenance)
        say(f"Pulled: {pulled.reference}")
        say(f"Digest: {pulled.digest}")
        if "_" in pulled.reference.tag:
            say(f"{pulled.reference} contains an underscore.\n{UNDERSCORES}")
        return Download(source, pulled.chart, pulled.provenance)
    chart = _cached(home, source.digest, ".chart")
    if chart is None:
        chart = get(source.url, source.access, accept=_ACCEPT)
        found = hashlib.sha256(chart).hexdigest()
        if source.digest and found != source.digest:
            raise RepositoryError(
                f"{source.url}: the repository's index says that its digest is {source.digest}, but it is {found}",
                hint="steer repo update, and ask who keeps the repository if that does not help.",
            )
    signature: bytes | None = None
    if provenance:
        signature = _cached(home, source.digest, ".prov")
        if signature is None:
            try:
                signature = get(f"{source.url}.prov", source.access)
            except PluginError:
                pass  # a plugin cannot say whether there is none
            except FetchError as error:
                if error.status != 404:
                    raise
    return Download(source, chart, signature)


def _in_registry(home: Home, name: str, version: str, access: Access) -> Source:
    reference = parse_reference(name)
    if version and reference.tag and reference.version != version:
        raise RepositoryError(f"chart reference and version mismatch: {version} is not {reference.version}")
    version = version or reference.version
    registry = Registry(reference.registry, access, home)
    if reference.digest:
        if version:
            tagged = registry.resolve(Reference(reference.registry, reference.repository, version.replace("+", "_")))
            if tagged is not None and tagged != reference.digest:
                raise RepositoryError(f"chart reference digest mismatch: {tagged} is not {reference.digest}")
        return Source(name, access, reference=Reference(reference.registry, reference.repository, "", reference.digest))
    if not is_version(version):
        tags = registry.tags(reference.repository)
        if not tags:
            raise ChartNotFound(f"unable to locate any tags in provided repository: {name}", name=name, version=version)
        found = next((tag for tag in tags if is_compatible(version or "*", tag)), None)
        if found is None:
            raise ChartNotFound(
                f"could not locate a version matching provided version string {version}", name=name, version=version
            )
        version = found
    tagged_reference = Reference(reference.registry, reference.repository, version.replace("+", "_"))
    return Source(f"oci://{tagged_reference}", access, reference=tagged_reference)


def _access_of_owner(home: Home, url: str, access: Access) -> Access:
    """How to reach an address: as the repository says in whose index it stands."""
    for repository in read_repositories(home):
        for entry in cached_index(home, repository):
            if any(same_url(url, one) for one in entry.urls):
                if repository.username or repository.ca_file or repository.cert_file:
                    return repository.access(access.timeout).for_url(url, repository.url)
                return access
    return access


def _cached(home: Home, digest: str, kind: str) -> bytes | None:
    if not digest:
        return None
    try:
        return home.content(digest, kind).read_bytes() or None
    except OSError:
        return None


def _is_range(version: str) -> bool:
    core = version.partition("-")[0].partition("+")[0]
    return any(char in version for char in "^~<>=!*") or " - " in version or "x" in core.lower()
