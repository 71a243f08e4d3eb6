"""Moving packaged charts: pulling one into a folder, pushing one into a registry."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from steersman.chart.repo.fetch import Access
from steersman.chart.repo.home import Home, write_atomically
from steersman.chart.repo.locate import fetch, resolve
from steersman.chart.repo.reference import is_oci, parse_reference
from steersman.chart.repo.registry import UNDERSCORES, Registry
from steersman.chart.repo.repositories import silent
from steersman.errors import ChartError, FetchError, RepositoryError, SignatureError

Say = Callable[[str], None]


def pull(
    home: Home,
    name: str,
    version: str = "",
    *,
    repo: str = "",
    destination: str = ".",
    provenance: bool = False,
    keyring: str | None = None,
    untar: bool = False,
    untar_dir: str = ".",
    access: Access | None = None,
    say: Say = silent,
) -> Path:
    """Fetch a chart into a folder, as its archive or unpacked; the answer is the archive's path, or the folder's.

    `provenance` fetches the signature too, and with a `keyring` it is checked. Raises ChartError, RepositoryError,
    FetchError, SignatureError.
    """
    source = resolve(home, name, version, repo=repo, access=access, say=say)
    folder = Path(destination) / untar_dir if untar else Path(destination)
    if untar and (folder / name.rpartition("/")[2]).exists():
        already = folder / name.rpartition("/")[2]
        raise ChartError(f"failed to untar: a file or directory with the name {already} already exists")
    download = fetch(home, source, provenance=provenance or keyring is not None, say=say)
    if keyring is not None:
        from steersman.chart.provenance import verify

        if download.provenance is None:
            raise SignatureError(f'failed to fetch provenance "{source.url}.prov"')
        for line in verify(download.chart, source.file_name, download.provenance, keyring).lines():
            say(line)
    if untar:
        return unpack_into(download.chart, folder)
    path = folder / source.file_name
    write_atomically(path, download.chart)
    if download.provenance is not None:
        write_atomically(path.with_name(f"{path.name}.prov"), download.provenance)
    elif provenance:
        raise FetchError(f'failed to fetch provenance "{source.url}.prov"', url=f"{source.url}.prov")
    return path


def push(
    home: Home, archive: str | os.PathLike[str], remote: str, *, access: Access | None = None, say: Say = silent
) -> None:
    """Put a packaged chart, with its signature if it lies beside it, into an OCI registry below `remote`.

    Raises ChartError, RepositoryError, FetchError.
    """
    from datetime import datetime

    from steersman.chart.load import load_archive

    path = Path(archive)
    if not is_oci(remote):
        raise RepositoryError(f'scheme prefix missing from remote (e.g. "oci://"): {remote}')
    if path.is_dir():
        raise ChartError("cannot push directory, must provide chart archive (.tgz)", hint="steer package")
    try:
        data = path.read_bytes()
        modified = path.stat().st_mtime
    except OSError as error:
        raise ChartError(f"{path}: no such file") from error
    chart = load_archive(data)
    tag = chart.metadata.version.replace("+", "_")
    reference = parse_reference(f"{remote.rstrip('/')}/{chart.name}:{tag}")
    signature = path.with_name(f"{path.name}.prov")
    created = datetime.fromtimestamp(int(modified)).astimezone().isoformat().replace("+00:00", "Z")
    registry = Registry(reference.registry, access or Access(), home)
    digest = registry.push(
        reference, data, chart.metadata, created, signature.read_bytes() if signature.exists() else None
    )
    say(f"Pushed: {reference}")
    say(f"Digest: {digest}")
    if "_" in reference.tag:
        say(f"{reference} contains an underscore.\n{UNDERSCORES}")


def unpack_into(data: bytes, folder: Path) -> Path:
    """Unpack an archive's files below a folder, in one named like the chart; it appears complete or not at all."""
    from io import BytesIO

    from steersman.chart.archive import Allowance, unpack
    from steersman.chart.assemble import from_files
    from steersman.chart.notice import ignore_warning

    files = unpack(BytesIO(data), Allowance())
    target = folder / from_files(files, ignore_warning, Allowance()).name
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder))
    try:
        for file in files:
            path = draft / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        draft.chmod(0o755)
        shutil.copytree(draft, target, dirs_exist_ok=True)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target
