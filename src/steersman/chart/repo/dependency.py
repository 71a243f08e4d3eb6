"""A chart's dependencies brought into its charts/ folder: `dependency update`, `build` and `list`, and Chart.lock."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from steersman.chart.load import load
from steersman.chart.model import API_VERSION_1, Chart, Dependency, Lock
from steersman.chart.package import save
from steersman.chart.repo.fetch import Access
from steersman.chart.repo.home import Home
from steersman.chart.repo.index import absolute_url, now, same_url
from steersman.chart.repo.locate import Download, Source, fetch
from steersman.chart.repo.lock import legacy_digest, lock_digest, write_lock
from steersman.chart.repo.reference import Reference, is_oci, parse_reference
from steersman.chart.repo.registry import Registry
from steersman.chart.repo.repositories import (
    UNMANAGED,
    Repository,
    cached_index,
    find_chart,
    read_repositories,
    refresh,
    silent,
)
from steersman.chart.versions import is_compatible, is_constraint, is_version, same_version
from steersman.errors import ChartError, ChartNotFound, RepositoryError, SignatureError, SteersmanError
from steersman.record import field, record, replace

Say = Callable[[str], None]

_FILE = "file://"


@record(slots=True)
class DependencyManager:
    """Keeps one unpacked chart's charts/ folder in step with its Chart.yaml. `say` gets the lines that helm prints.

    With a `keyring`, signatures of what is fetched must be by a key in it; an update requires them, a build of what is locked
    warns of what has none, as helm's does.
    """

    folder: Path
    home: Home
    say: Say = silent
    skip_refresh: bool = False
    access: Access = field(default_factory=Access)
    keyring: str | None = None
    warn: Say = silent
    _signed: bool = True

    def update(self) -> None:
        """Choose the newest versions that Chart.yaml allows, fetch them, and write Chart.lock if it has changed.

        Raises ChartError, RepositoryError, FetchError; charts/ is touched only when everything is there.
        """
        chart = self._load()
        wanted = chart.metadata.dependencies
        if not wanted:
            return
        names = self._repository_names(wanted)
        self._refresh_unmanaged(wanted, names)
        if not self.skip_refresh:
            self._refresh()
        locked = self._resolve(wanted, names)
        self._download(locked)
        lock = Lock(now(), lock_digest(wanted, locked), locked)
        if chart.lock is None or chart.lock.digest != lock.digest:
            write_lock(self.folder, lock, legacy=chart.metadata.api_version == API_VERSION_1)

    def build(self) -> None:
        """Fetch exactly what Chart.lock says; without one this is an update. Raises as `update` does."""
        chart = self._load()
        if chart.lock is None:
            self.update()
            return
        wanted = chart.metadata.dependencies or []
        legacy = chart.metadata.api_version == API_VERSION_1
        digest_of_helm_2 = legacy_digest(wanted)
        self._repository_names(wanted)
        if lock_digest(wanted, chart.lock.dependencies) != chart.lock.digest:
            if not legacy:
                raise ChartError(
                    "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
                    "Please update the dependencies with 'helm dependency update'",
                    hint=f"steer dependency update {self.folder}",
                )
            if digest_of_helm_2 != chart.lock.digest:
                raise ChartError(
                    "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). "
                    "Please update the dependencies",
                    hint=f"steer dependency update {self.folder}",
                )
        self._require_known(chart.lock.dependencies)
        if not self.skip_refresh:
            self._refresh()
        self._signed = False
        self._download(chart.lock.dependencies)

    # --- repositories ---------------------------------------------------------------------------------------------

    def _load(self) -> Chart:
        if not self.folder.exists():
            raise ChartError(f"could not find {self.folder}: stat {self.folder}: no such file or directory")
        if not self.folder.is_dir():
            raise ChartError("only unpacked charts can be updated")
        return load(self.folder)

    def _repository_names(self, dependencies: Iterable[Dependency]) -> dict[str, str]:
        """The known repository of each dependency, by the dependency's name; aliases (`@name`) become addresses."""
        known = read_repositories(self.home)
        names: dict[str, str] = {}
        missing: list[str] = []
        for dependency in dependencies:
            address = dependency.repository
            if not address:
                continue
            if address.startswith(_FILE):
                local_path(address, self.folder)
                names[dependency.name] = address
                continue
            if is_oci(address):
                names[dependency.name] = address
                continue
            for repository in known:
                if address in (f"@{repository.name}", f"alias:{repository.name}"):
                    dependency.repository = repository.url
                elif not same_url(repository.url, address):
                    continue
                names[dependency.name] = repository.name
                break
            else:
                if not (address.startswith("/") or re.match("[a-zA-Z][a-zA-Z0-9+.-]*:", address)) or address.startswith(
                    "alias:"
                ):
                    missing.append(address)
        if missing:
            raise RepositoryError(_undefined(missing), hint="steer repo add NAME URL")
        return names

    def _require_known(self, dependencies: Iterable[Dependency]) -> None:
        known = read_repositories(self.home)
        missing = [
            dependency.repository
            for dependency in dependencies
            if dependency.repository
            and not dependency.repository.startswith(_FILE)
            and not is_oci(dependency.repository)
            and not any(same_url(repository.url, dependency.repository.rstrip("/")) for repository in known)
        ]
        if missing:
            raise RepositoryError(f"no repository definition for {', '.join(missing)}", hint="steer repo add NAME URL")

    def _refresh_unmanaged(self, dependencies: Iterable[Dependency], names: dict[str, str]) -> None:
        """Give repositories that only the chart knows a cached index of their own."""
        unmanaged = []
        for dependency in dependencies:
            if dependency.repository and dependency.name not in names:
                digest = hashlib.sha256(dependency.repository.encode()).hexdigest()
                names[dependency.name] = UNMANAGED + digest
                unmanaged.append(Repository(UNMANAGED + digest, dependency.repository))
        if unmanaged and not self.skip_refresh:
            self.say("Getting updates for unmanaged Helm repositories...")
            refresh(self.home, _once_each(unmanaged), self.say)

    def _refresh(self) -> None:
        known = read_repositories(self.home)
        if known:
            self.say("Hang tight while we grab the latest from your chart repositories...")
            refresh(self.home, _once_each(known), self.say)
            self.say("Update Complete. ⎈Happy Helming!⎈")

    # --- versions -------------------------------------------------------------------------------------------------

    def _resolve(self, wanted: list[Dependency], names: dict[str, str]) -> list[Dependency]:
        """The dependencies with the versions that will be fetched."""
        locked: list[Dependency] = []
        missing: list[str] = []
        for dependency in wanted:
            if not is_constraint(dependency.version):
                raise ChartError(
                    f'dependency "{dependency.name}" has an invalid version/constraint format: improper constraint: '
                    f"{dependency.version}"
                )
            version = self._newest(dependency, names)
            if version is None:
                missing.append(
                    f'"{dependency.name}" (repository "{dependency.repository}", version "{dependency.version}")'
                )
            else:
                locked.append(Dependency(dependency.name, version, dependency.repository))
        if missing:
            raise ChartNotFound(
                f"can't get a valid version for {len(missing)} subchart(s): {', '.join(missing)}. Make sure a matching "
                "chart version exists in the repo, or change the version constraint in Chart.yaml",
                name=missing[0],
            )
        return locked

    def _newest(self, dependency: Dependency, names: dict[str, str]) -> str | None:
        """The newest version that is there and allowed; None if there is none."""
        address, constraint = dependency.repository, dependency.version
        if not address:
            local_path(os.path.join("charts", dependency.name), self.folder)
            return constraint
        if address.startswith(_FILE):
            version = load(local_path(address, self.folder)).metadata.version
            return version if is_compatible(constraint, version) else None
        if is_oci(address):
            if is_version(constraint):
                return constraint
            reference = parse_reference(f"{address.rstrip('/')}/{dependency.name}")
            tags = Registry(reference.registry, self.access, self.home).tags(reference.repository)
            return next((tag for tag in tags if is_compatible(constraint, tag)), constraint)
        name = names[dependency.name]
        try:
            index = cached_index(self.home, Repository(name, address))
        except RepositoryError as error:
            raise RepositoryError(
                f"no cached repository for {name} found. (try 'helm repo update'): {error.__cause__}",
                hint="steer repo update",
            ) from error
        if dependency.name not in index.entries:
            raise ChartNotFound(f"{dependency.name} chart not found in repo {address}", name=dependency.name)
        versions = (entry.version for entry in index.entries[dependency.name] if entry.urls)
        return next((version for version in versions if is_compatible(constraint, version)), None)

    # --- charts/ --------------------------------------------------------------------------------------------------

    def _download(self, dependencies: list[Dependency]) -> None:
        """Fetch everything into a folder beside charts/, then move it over and clear out what is no longer wanted."""
        charts = self.folder / "charts"
        if charts.exists() and not charts.is_dir():
            raise ChartError(f'"{charts}" is not a directory')
        charts.mkdir(exist_ok=True)
        draft = self.folder / f"tmpcharts-{os.getpid()}"
        draft.mkdir(exist_ok=True)
        try:
            self.say(f"Saving {len(dependencies)} charts")
            self._fetch_all(dependencies, charts, draft)
            self._move(dependencies, draft, charts)
        except SteersmanError as error:
            self.say(f"Save error occurred:  {error}")
            raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _fetch_all(self, dependencies: list[Dependency], charts: Path, draft: Path) -> None:
        fetched: set[str] = set()
        for dependency in dependencies:
            name, address = dependency.name, dependency.repository
            if not address:
                self.say(f"Dependency {name} did not declare a repository. Assuming it exists in the charts directory")
                _check_local(charts / name, dependency)
            elif address.startswith(_FILE):
                chart = load(local_path(address, self.folder))
                if not is_compatible(dependency.version, chart.metadata.version):
                    raise ChartError(f"can't get a valid version for dependency {name}")
                save(chart, draft)
                dependency.version = chart.metadata.version
            else:
                source = self._source(dependency)
                if source.url in fetched:
                    self.say(f"Already downloaded {name} from repo {address}")
                    continue
                self.say(f"Downloading {name} from repo {address}")
                download = fetch(self.home, source, provenance=self.keyring is not None, say=self.say)
                self._verify(download)
                (draft / source.file_name).write_bytes(download.chart)
                fetched.add(source.url)

    def _verify(self, download: Download) -> None:
        if self.keyring is None:
            return
        from steersman.chart.provenance import verify

        source = download.source
        try:
            if download.provenance is None:
                if not self._signed:
                    self.warn(f"{source.file_name} is not signed")
                    return
                raise SignatureError(f'failed to fetch provenance "{source.url}.prov"')
            verify(download.chart, source.file_name, download.provenance, self.keyring)
        except SignatureError as error:
            raise SignatureError(f"could not download {source.url}: {error}", hint=error.hint) from error

    def _source(self, dependency: Dependency) -> Source:
        name, version, address = dependency.name, dependency.version, dependency.repository
        if is_oci(address):
            base = parse_reference(f"{address.rstrip('/')}/{name}")
            reference = Reference(base.registry, base.repository, version.replace("+", "_"))
            return Source(f"oci://{reference}", self.access, reference=reference)
        for repository in read_repositories(self.home):
            if not same_url(repository.url, address):
                continue
            entries = cached_index(self.home, repository).entries.get(name)
            if entries is None:
                raise ChartNotFound(f"could not find : {name}: entry not found", name=name, version=version)
            for entry in entries:
                if entry.urls and (not version or same_version(version, entry.version)):
                    url = absolute_url(address, entry.urls[0])
                    access = repository.access().for_url(url, repository.url)
                    return Source(url, access, entry.digest.removeprefix("sha256:"))
            raise ChartNotFound("could not find : no matching version", name=name, version=version)
        try:
            url = find_chart(address, name, version, self.access)
        except SteersmanError as error:
            raise ChartNotFound(
                f"could not find : chart {name} not found in {address}: {error}",
                name=name,
                version=version,
                hint=error.hint,
            ) from error
        return Source(url, self.access.for_url(url, address))

    def _move(self, dependencies: list[Dependency], draft: Path, charts: Path) -> None:
        local = {dependency.name for dependency in dependencies if not dependency.repository}
        present = sorted(path for path in charts.iterdir() if path.is_file())
        moved: set[str] = set()
        for path in sorted(draft.iterdir()):
            load(path)
            os.replace(path, charts / path.name)
            moved.add(path.name)
        self.say("Deleting outdated charts")
        for path in present:
            if path.name in moved:
                continue
            try:
                outdated = load(path).name not in local
            except SteersmanError as error:
                self.say(f"Could not verify {path} for deletion: {error} (Skipping)")
                continue
            if outdated:
                path.unlink()


# --- small things -------------------------------------------------------------------------------------------------


def local_path(address: str, folder: Path) -> Path:
    """Where a `file://` dependency, or one in charts/, lies. Raises ChartError if it is not there."""
    path = Path(os.path.normpath(folder / address.removeprefix(_FILE)))
    if not path.exists():
        raise ChartError(f"directory {path} not found")
    return path


def _check_local(folder: Path, dependency: Dependency) -> None:
    try:
        version = load(folder).metadata.version
    except ChartError as error:
        raise ChartError(
            f"unable to load chart '{folder}': {error}", location=error.location, hint=error.hint
        ) from error
    if not is_compatible(dependency.version, version):
        raise ChartError(
            f"dependency {dependency.name} at version {version} does not satisfy the constraint {dependency.version}"
        )


def _once_each(repositories: Iterable[Repository]) -> list[Repository]:
    return list({repository.url.rstrip("/"): replace(repository) for repository in repositories}.values())


def _undefined(addresses: list[str]) -> str:
    message = f"no repository definition for {', '.join(addresses)}. Please add them via 'helm repo add'"
    if any("//" not in one and not one.startswith(("@", "alias:")) for one in addresses):
        message += (
            '\nNote that repositories must be URLs or aliases. For example, to refer to the "example"\n'
            'repository, use "https://charts.example.com/" or "@example" instead of\n'
            "\"example\". Don't forget to add the repo, too ('helm repo add')."
        )
    return message
