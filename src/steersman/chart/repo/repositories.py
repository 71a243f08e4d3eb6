"""The chart repositories that this user knows: repositories.yaml, shared with helm, and the cached index of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from steersman.chart.repo.fetch import Access, get
from steersman.chart.repo.home import Home, write_atomically
from steersman.chart.repo.index import Index, absolute_url, load_index, parse_index
from steersman.errors import (
    ChartError,
    ChartNotFound,
    FetchError,
    PluginError,
    RepositoryError,
    SteersmanError,
    YamlError,
)
from steersman.manifest import yaml
from steersman.manifest.yaml.jsonable import string_of
from steersman.record import field, record

Say = Callable[[str], None]

_GONE = {
    "//kubernetes-charts.storage.googleapis.com": "https://charts.helm.sh/stable",
    "//kubernetes-charts-incubator.storage.googleapis.com": "https://charts.helm.sh/incubator",
}
_LOCK_PATIENCE = 30.0


def silent(_message: str) -> None:
    """The `say` or `warn` of callers that have nobody to tell."""


@record(slots=True)
class Repository:
    """One entry of repositories.yaml."""

    name: str
    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    cert_file: str = ""
    key_file: str = ""
    ca_file: str = ""
    insecure: bool = False
    pass_credentials: bool = False

    def access(self, timeout: float = 120.0) -> Access:
        return Access(
            self.username,
            self.password,
            self.ca_file,
            self.cert_file,
            self.key_file,
            insecure=self.insecure,
            pass_credentials=self.pass_credentials,
            timeout=timeout,
        )

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "url": self.url,
            "username": self.username,
            "password": self.password,
            "certFile": self.cert_file,
            "keyFile": self.key_file,
            "caFile": self.ca_file,
            "insecure_skip_tls_verify": self.insecure,
            "pass_credentials_all": self.pass_credentials,
        }

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Repository:
        def text(name: str) -> str:
            return string_of(raw.get(name)) or ""

        return cls(
            text("name"),
            text("url"),
            text("username"),
            text("password"),
            text("certFile"),
            text("keyFile"),
            text("caFile"),
            raw.get("insecure_skip_tls_verify") is True,
            raw.get("pass_credentials_all") is True,
        )


def read_repositories(home: Home) -> list[Repository]:
    """The known repositories in the order of the file; none where there is no file. Raises RepositoryError."""
    try:
        document = yaml.load(home.repositories.read_bytes(), str(home.repositories), numbers="yaml")
    except FileNotFoundError:
        return []
    except (OSError, YamlError) as error:
        raise RepositoryError(f"couldn't load repositories file ({home.repositories}): {error}") from error
    entries = document.get("repositories") if isinstance(document, dict) else None
    return [Repository.read(entry) for entry in entries or () if isinstance(entry, dict)]


def write_repositories(home: Home, repositories: Iterable[Repository]) -> None:
    document = {
        "apiVersion": "",
        "generated": "0001-01-01T00:00:00Z",
        "repositories": [repository.document() for repository in repositories],
    }
    write_atomically(home.repositories, yaml.dump(document).encode(), 0o600)


def add(home: Home, repository: Repository, *, force_update: bool = False, timeout: float = 120.0) -> str:
    """Add a repository after having fetched its index; the answer says what was done. Raises RepositoryError."""
    name, url = repository.name, repository.url
    for gone, instead in _GONE.items():
        if gone in url:
            raise RepositoryError(f'repo "{url}" is no longer available; try "{instead}" instead')
    if "/" in name:
        raise RepositoryError(f"repository name ({name}) contains '/', please specify a different name without '/'")
    with _locked(home):
        known = read_repositories(home)
        same_name = next((entry for entry in known if entry.name == name), None)
        if same_name is not None and not force_update:
            if same_name == repository:
                return f'"{name}" already exists with the same configuration, skipping'
            raise RepositoryError(
                f"repository name ({name}) already exists, please specify a different name",
                hint="--force-update replaces it.",
            )
        download_index(home, repository, timeout=timeout)
        if same_name is None:
            known.append(repository)
        else:
            known[known.index(same_name)] = repository
        write_repositories(home, known)
    return f'"{name}" has been added to your repositories'


def remove(home: Home, names: Iterable[str]) -> Iterator[str]:
    """Forget repositories and their cached indexes, one line for each. Raises RepositoryError."""
    known = read_repositories(home)
    if not known:
        raise RepositoryError("no repositories configured")
    for name in names:
        if all(entry.name != name for entry in known):
            raise RepositoryError(f'no repo named "{name}" found')
        known = [entry for entry in known if entry.name != name]
        with _locked(home):
            write_repositories(home, known)
        home.index_of(name).unlink(missing_ok=True)
        home.charts_of(name).unlink(missing_ok=True)
        yield f'"{name}" has been removed from your repositories'


def update(home: Home, names: Iterable[str], say: Say, *, timeout: float = 120.0) -> None:
    """Fetch the index of the named repositories, or of all, several at a time. Raises RepositoryError."""
    known = read_repositories(home)
    if not known:
        raise RepositoryError("no repositories found. You must add one before updating")
    names = list(names)
    for name in names:
        if all(entry.name != name for entry in known):
            raise RepositoryError(f"no repositories found matching '{name}'.  Nothing will be updated")
    say("Hang tight while we grab the latest from your chart repositories...")
    failed = refresh(home, [entry for entry in known if not names or entry.name in names], say, timeout=timeout)
    if failed:
        raise RepositoryError(f"failed to update the following repositories: [{' '.join(failed)}]")
    say("Update Complete. ⎈Happy Helming!⎈")


def refresh(home: Home, repositories: Iterable[Repository], say: Say, *, timeout: float = 120.0) -> list[str]:
    """Fetch these repositories' indexes and tell how each went; the answer is the addresses of those that failed."""
    repositories = list(repositories)
    failed: list[str] = []

    def fetch(repository: Repository) -> SteersmanError | None:
        try:
            download_index(home, repository, timeout=timeout)
        except SteersmanError as error:
            return error.__cause__ if isinstance(error.__cause__, SteersmanError) else error
        return None

    with ThreadPoolExecutor(max_workers=8) as pool:
        for repository, error in zip(repositories, pool.map(fetch, repositories), strict=True):
            unmanaged = repository.name.startswith(UNMANAGED)
            shown = f'"{repository.url if unmanaged else repository.name}"'
            if error is None:
                say(f"...Successfully got an update from the {shown} chart repository")
            else:
                where = "" if unmanaged else f" ({repository.url})"
                say(f"...Unable to get an update from the {shown} chart repository{where}:\n\t{error}")
                failed.append(repository.url)
    return failed


# Repositories that a chart's dependencies name but the user has not added are cached under this prefix.
UNMANAGED = "helm-manager-"


def download_index(home: Home, repository: Repository, *, timeout: float = 120.0) -> Index:
    """Fetch, check and cache a repository's index. Raises RepositoryError."""
    try:
        data, index = _fetch_index(repository, timeout)
    except (FetchError, PluginError, ChartError) as error:
        raise RepositoryError(
            f'looks like "{repository.url}" is not a valid chart repository or cannot be reached: {error}',
            hint=error.hint,
        ) from error
    names = "".join(f"{name}\n" for name in sorted(index.entries))
    write_atomically(home.charts_of(repository.name), names.encode())
    write_atomically(home.index_of(repository.name), data)
    return index


def cached_index(home: Home, repository: Repository) -> Index:
    """The index as it was last fetched. Raises RepositoryError if it never was."""
    try:
        return load_index(home.index_of(repository.name), silent)
    except ChartError as error:
        raise RepositoryError(
            f"no cached repo found. (try 'helm repo update'): {error}", hint=f"steer repo update {repository.name}"
        ) from error


def find_chart(url: str, name: str, version: str, access: Access) -> str:
    """The address of a chart in a repository that need not be known (`--repo`). Raises RepositoryError, ChartNotFound."""
    repository = Repository(
        "", url, access.username, access.password, access.cert_file, access.key_file, access.ca_file
    )
    repository.insecure, repository.pass_credentials = access.insecure, access.pass_credentials
    try:
        _, index = _fetch_index(repository, access.timeout)
    except (FetchError, PluginError, ChartError) as error:
        raise RepositoryError(
            f'looks like "{url}" is not a valid chart repository or cannot be reached: {error}', hint=error.hint
        ) from error
    what = f'chart "{name}"' + (f' version "{version}"' if version else "")
    try:
        entry = index.get(name, version)
    except ChartNotFound as error:
        raise ChartNotFound(f"{what} not found in {url} repository", name=name, version=version) from error
    if not entry.urls:
        raise ChartNotFound(f"{what} has no downloadable URLs", name=name, version=version)
    return absolute_url(url, entry.urls[0])


def _fetch_index(repository: Repository, timeout: float) -> tuple[bytes, Index]:
    address = absolute_url(repository.url, "index.yaml")
    data = get(address, repository.access(timeout).for_url(address, repository.url))
    return data, parse_index(data, repository.url, silent)


@contextmanager
def _locked(home: Home) -> Iterator[None]:
    """Keep helm and other steers from writing repositories.yaml at the same time, by helm's own lock file."""
    import fcntl
    import time

    path = Path(f"{home.repositories.with_suffix('')}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as lock:
        deadline = time.monotonic() + _LOCK_PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RepositoryError(f"{home.repositories} is locked by another process", hint=str(path)) from None
                time.sleep(0.05)
        yield
