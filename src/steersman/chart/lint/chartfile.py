"""Rules for Chart.yaml."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from steersman.chart.lint.message import Message, Severity
from steersman.chart.metadata import METADATA, read_metadata
from steersman.chart.model import API_VERSION_1, API_VERSION_2, Metadata
from steersman.chart.versions import is_strict_version, is_version, must_be_greater_than_zero
from steersman.errors import YamlError
from steersman.manifest import yaml

FILE = "Chart.yaml"

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)*\.[\w-]{2,}")
_URL = re.compile(
    r"((ftp|tcp|udp|wss?|https?)://)?(\S+(:\S*)?@)?(\[[0-9a-fA-F:.]+\]|[\w-]+(\.[\w-]+)*\.?)(:\d{1,5})?([/?#]\S*)?"
)


def check(folder: str) -> Iterator[Message]:
    """Everything that Helm says of the Chart.yaml in `folder`."""
    path = os.path.join(folder, FILE)
    if os.path.isdir(path):
        yield _error("should be a file, not a directory")
    try:
        with open(path, "rb") as stream:
            data = stream.read()
        document = yaml.load(data, FILE, numbers="yaml")
        metadata = read_metadata(document)
    except (OSError, YamlError) as error:
        yield _error(f"unable to parse YAML\n\t{_worded(error, path)}")
        return
    document = document if isinstance(document, dict) else {}
    if problem := _strictly(data, document):
        yield Message(Severity.WARNING, FILE, f"failed to strictly parse chart metadata file\n\t{problem}")
    yield from _identity(metadata, document)
    yield from _people_and_links(metadata)
    if metadata.type and metadata.api_version != API_VERSION_2:
        yield _error(
            f"chart type is not valid in apiVersion '{metadata.api_version}'. It is valid in apiVersion '{API_VERSION_2}'"
        )
    if metadata.dependencies and metadata.api_version != API_VERSION_2:
        yield _error(
            f"dependencies are not valid in the Chart file with apiVersion '{metadata.api_version}'. "
            f"They are valid in apiVersion '{API_VERSION_2}'"
        )
    if not is_strict_version(metadata.version):
        yield Message(Severity.WARNING, FILE, f"version '{metadata.version}' is not a valid SemVerV2")


def _identity(metadata: Metadata, document: dict[str, Any]) -> Iterator[Message]:
    if not metadata.name:
        yield _error("name is required")
    elif os.path.basename(metadata.name) != metadata.name:
        yield _error(f'chart name "{metadata.name}" is invalid')
    if not metadata.api_version:
        yield _error('apiVersion is required. The value must be either "v1" or "v2"')
    elif metadata.api_version not in (API_VERSION_1, API_VERSION_2):
        yield _error(f'apiVersion \'{metadata.api_version}\' is not valid. The value must be either "v1" or "v2"')
    yield from _must_be_text(document, "version")
    if not metadata.version:
        yield _error("version is required")
    elif not is_version(metadata.version):
        yield _error(f"version '{metadata.version}' is not a valid SemVer")
    elif problem := must_be_greater_than_zero(metadata.version):
        yield _error(f"version {problem}")
    yield from _must_be_text(document, "appVersion")


def _people_and_links(metadata: Metadata) -> Iterator[Message]:
    for maintainer in metadata.maintainers or ():
        if maintainer is None:
            problem = "a maintainer entry is empty"
        elif not maintainer.name:
            problem = "each maintainer requires a name"
        elif maintainer.email and not _EMAIL.fullmatch(maintainer.email):
            problem = f"invalid email '{maintainer.email}' for maintainer '{maintainer.name}'"
        elif maintainer.url and not _URL.fullmatch(maintainer.url):
            problem = f"invalid url '{maintainer.url}' for maintainer '{maintainer.name}'"
        else:
            continue
        yield _error(problem)
        break
    for source in metadata.sources or ():
        if not _is_request_url(source):
            yield _error(f"invalid source URL '{source}'")
            break
    if not metadata.icon:
        yield Message(Severity.INFO, FILE, "icon is recommended")
    elif not _is_request_url(metadata.icon):
        yield _error(f"invalid icon URL '{metadata.icon}'")


def _strictly(data: bytes, document: dict[str, Any]) -> str:
    """What a strict reading refuses: a key that stands twice, a field that Chart.yaml does not have."""
    try:
        yaml.load(data, FILE, strict=True)
    except YamlError as error:
        return str(error)
    known = {name.lower() for name in METADATA.fields}
    unknown = next((key for key in sorted(document) if key.lower() not in known), None)
    if unknown is None:
        return ""
    return f'error unmarshaling JSON: while decoding JSON: json: unknown field "{unknown}"'


def _must_be_text(document: dict[str, Any], key: str) -> Iterator[Message]:
    if key in document and not isinstance(value := document[key], str):
        kinds = {bool: "bool", list: "[]interface {}", dict: "map[string]interface {}", type(None): "<nil>"}
        yield _error(f"{key} should be of type string but it's of type {kinds.get(type(value), 'float64')}")


def _is_request_url(text: str) -> bool:
    """Whether Go's url.ParseRequestURI takes it and finds a scheme."""
    try:
        return bool(urlsplit(text).scheme) and not re.search(r"[\s\x7f]", text)
    except ValueError:
        return False


def _worded(error: OSError | YamlError, path: str) -> str:
    return f"open {path}: {(error.strerror or '').lower()}" if isinstance(error, OSError) else str(error)


def _error(text: str) -> Message:
    return Message(Severity.ERROR, FILE, text)
