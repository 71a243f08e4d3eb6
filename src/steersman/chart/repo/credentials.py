"""User names and passwords of OCI registries, in Docker's config.json format: helm's own file, then Docker's."""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from steersman.chart.repo.home import Home, write_atomically
from steersman.errors import RepositoryError
from steersman.record import field, record

_DOCKER_HUB = "https://index.docker.io/v1/"


@record(frozen=True, slots=True)
class Credential:
    """Either a user name and password, or an identity token that a registry gave in place of them."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.username or self.password or self.identity_token)


def find(home: Home, host: str) -> Credential:
    """What is known for a registry; an empty Credential where nothing is. Raises RepositoryError for an unreadable file."""
    for path in (home.registry_config, _docker_config()):
        config = _read(path)
        helper = (config.get("credHelpers") or {}).get(_key(host)) or config.get("credsStore")
        if helper and (credential := _ask_helper(str(helper), _key(host))):
            return credential
        for key in _keys(host):
            entry = (config.get("auths") or {}).get(key)
            if isinstance(entry, dict) and (credential := _decode(entry)):
                return credential
    return Credential()


def store(home: Home, host: str, credential: Credential) -> None:
    """Remember a credential in helm's file."""
    config = _read(home.registry_config)
    packed = base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()
    config.setdefault("auths", {})[_key(host)] = {"auth": packed}
    _write(home.registry_config, config)


def forget(home: Home, host: str) -> None:
    """Remove what helm's file has for a registry, if it has something."""
    config = _read(home.registry_config)
    if config.get("auths", {}).pop(_key(host), None) is not None:
        _write(home.registry_config, config)


def known_hosts(home: Home) -> list[str]:
    """The registries that helm's file has credentials for."""
    return sorted(_read(home.registry_config).get("auths") or {})


def _key(host: str) -> str:
    return _DOCKER_HUB if host in ("docker.io", "registry-1.docker.io", "index.docker.io") else host


def _keys(host: str) -> Iterator[str]:
    key = _key(host)
    yield from (key, f"https://{key}", f"http://{key}", f"https://{key}/v1/", f"https://{key}/v2/")


def _docker_config() -> Path:
    folder = os.environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RepositoryError(f"cannot read the credentials in {path}: {error}") from error
    return config if isinstance(config, dict) else {}


def _write(path: Path, config: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(config, indent="\t").encode(), 0o600)


def _decode(entry: dict[str, Any]) -> Credential:
    username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if entry.get("auth"):
        try:
            username, _, password = base64.b64decode(str(entry["auth"])).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Credential()
    return Credential(username, password, str(entry.get("identitytoken") or ""))


def _ask_helper(name: str, host: str) -> Credential:
    """Docker's credential helpers: the host on standard input, a JSON object on standard output."""
    try:
        done = subprocess.run(
            [f"docker-credential-{name}", "get"], input=host.encode(), capture_output=True, check=True, timeout=30
        )
        answer = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return Credential()
    username, secret = str(answer.get("Username") or ""), str(answer.get("Secret") or "")
    return Credential(identity_token=secret) if username == "<token>" else Credential(username, secret)
