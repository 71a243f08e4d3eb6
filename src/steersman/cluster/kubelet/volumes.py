"""A Pod's volumes as folders of this machine, and where a container sees them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from steersman.cluster import folders
from steersman.cluster.kubelet.environment import ConfigError, expand, field_value, resource_value, unknown
from steersman.cluster.machinery import Json, Objects
from steersman.cluster.runtimes.interface import Mount


class MountError(Exception):
    """A volume that cannot be made now; `str()` is what a FailedMount event says after the volume's name."""


@dataclass(frozen=True, slots=True)
class VolumeOptions:
    """What the cluster allows and where things are. `token` makes a service account's token (audience, seconds)."""

    pods: Path
    claims: Path
    allow_host_path: bool = False
    certificate_authority: str = ""
    token: Any = None
    memory: Path | None = None
    """Where volumes in memory are; None where this machine has no place for them."""


@dataclass
class Volumes:
    """Makes the volumes of one Pod."""

    objects: Objects
    options: VolumeOptions
    pod: Json
    owner: tuple[int, int] | None
    """Who the files belong to; None where this user cannot give files away."""
    ready: dict[str, str] = field(default_factory=dict)
    read_only: set[str] = field(default_factory=set)
    """Volumes that are written by the cluster alone."""

    @property
    def folder(self) -> Path:
        return self.options.pods / str(self.pod["metadata"]["uid"])

    def prepare(self) -> None:
        """Makes every volume that is mounted somewhere and not there yet. Raises MountError at the first that cannot be made.

        What no container mounts is not looked at, as by the kubelet.
        """
        mounted = {
            mount["name"]
            for container in containers_of(self.pod["spec"])
            for mount in [*(container.get("volumeMounts") or ()), *(container.get("volumeDevices") or ())]
        }
        for volume in self.pod["spec"].get("volumes") or ():
            name = volume["name"]
            if name in self.ready or name not in mounted:
                continue
            try:
                self.ready[name] = str(self._make(volume))
            except (MountError, ConfigError) as error:
                raise MountError(f'MountVolume.SetUp failed for volume "{name}" : {error}') from error

    def _make(self, volume: Json) -> Path | str:
        name: str = volume["name"]
        folder = self.folder / "volumes" / name
        if "emptyDir" in volume:
            if volume["emptyDir"].get("medium") == "Memory":
                folder = self._in_memory(folder)
            folder.mkdir(parents=True, exist_ok=True)
            self._open_to_all(folder)
            return folder
        if "persistentVolumeClaim" in volume:
            return self._claim(volume["persistentVolumeClaim"]["claimName"])
        if "ephemeral" in volume:
            return self._claim(f"{self.pod['metadata']['name']}-{name}")
        if "hostPath" in volume:
            return self._host_path(volume["hostPath"])
        files: dict[str, tuple[bytes, int]] = {}
        for kind in ("configMap", "secret", "downwardAPI", "projected"):
            if (source := volume.get(kind)) is not None:
                files = self._files(kind, source)
                break
        else:
            kinds = ", ".join(key for key in volume if key != "name")
            raise MountError(f"volumes of this kind cannot be had here: {kinds}")
        write_files(folder, files, self.owner, shared=self._group is not None)
        self.read_only.add(name)
        return folder

    def _in_memory(self, folder: Path) -> Path:
        """Where it is on the machine's own file system in memory; `folder` itself where there is none."""
        if self.options.memory is None:
            return folder
        self.options.memory.mkdir(mode=0o700, exist_ok=True)
        if self.options.memory.stat().st_uid != os.geteuid():
            raise MountError(f"{self.options.memory} belongs to somebody else")
        return self.options.memory / str(self.pod["metadata"]["uid"]) / folder.name

    @property
    def _group(self) -> int | None:
        group: int | None = (self.pod["spec"].get("securityContext") or {}).get("fsGroup")
        return group

    def _files(self, kind: str, source: Json, default_mode: int | None = None) -> dict[str, tuple[bytes, int]]:
        mode = source.get("defaultMode", default_mode if default_mode is not None else 0o644)
        if kind == "projected":
            files: dict[str, tuple[bytes, int]] = {}
            for part in source.get("sources") or ():
                for each in ("configMap", "secret", "downwardAPI"):
                    if each in part:
                        files |= self._files(each, part[each], mode)
                if (token := part.get("serviceAccountToken")) is not None:
                    files[token["path"]] = (self._token(token), 0o644)
            return files
        if kind == "downwardAPI":
            return {item["path"]: (self._downward(item), item.get("mode", mode)) for item in source.get("items") or ()}
        namespace = self.pod["metadata"]["namespace"]
        name = source.get("secretName" if kind == "secret" and "secretName" in source else "name", "")
        found = self.objects.find("secrets" if kind == "secret" else "configmaps", name, namespace)
        if found is None:
            if source.get("optional"):
                return {}
            if kind == "configMap" and name == "kube-root-ca.crt" and self.options.certificate_authority:
                return {"ca.crt": (self.options.certificate_authority.encode(), mode)}
            raise MountError(f'{kind.lower()} "{name}" not found')
        data = contents(found)
        items = source.get("items")
        if items is None:
            return {key: (value, mode) for key, value in data.items()}
        files = {}
        for item in items:
            if item["key"] in data:
                files[item["path"]] = (data[item["key"]], item.get("mode", mode))
            elif not source.get("optional"):
                raise MountError(f"references non-existent {kind.lower()} key: {item['key']}")
        return files

    def _token(self, source: Json) -> bytes:
        if self.options.token is None:
            raise MountError("service account tokens cannot be made here")
        token: str = self.options.token(self.pod, source.get("audience", ""), source.get("expirationSeconds", 3600))
        return token.encode()

    def _downward(self, item: Json) -> bytes:
        if (reference := item.get("fieldRef")) is not None:
            return field_value(self.pod, reference["fieldPath"]).encode()
        return resource_value(self.pod, self.pod["spec"]["containers"][0], item["resourceFieldRef"]).encode()

    def _claim(self, name: str) -> Path:
        namespace = self.pod["metadata"]["namespace"]
        claim = self.objects.find("persistentvolumeclaims", name, namespace)
        if claim is None:
            raise MountError(f'persistentvolumeclaim "{name}" not found')
        volume = self.objects.find("persistentvolumes", claim["spec"].get("volumeName", ""))
        if volume is None:
            raise MountError(f"PVC {namespace}/{name} is not bound")
        spec = volume["spec"]
        path = (spec.get("local") or spec.get("hostPath") or {}).get("path")
        if path is None:
            raise MountError(f'volume "{volume["metadata"]["name"]}" is of a kind that cannot be had here')
        folder = Path(path)
        if not folder.is_relative_to(self.options.claims):
            return Path(self._host_path({"path": path}))
        folder.mkdir(parents=True, exist_ok=True)
        self._open_to_all(folder)
        if self._group is not None and self.owner is not None:
            give_to_group(folder, self.owner[1])
        return folder

    def _host_path(self, source: Json) -> str:
        path, kind = source["path"], source.get("type") or ""
        if not self.options.allow_host_path:
            raise MountError(
                f"hostPath {path} is not allowed in this cluster: Pods see none of the machine's own files"
            )
        if kind == "DirectoryOrCreate":
            Path(path).mkdir(parents=True, exist_ok=True)
        elif kind == "FileOrCreate":
            Path(path).touch()
        elif not os.path.exists(path) or (kind == "Directory" and not os.path.isdir(path)):
            raise MountError(f"hostPath type check failed: {path} is not a {kind.lower() or 'file or directory'}")
        return str(path)

    def _open_to_all(self, folder: Path) -> None:
        """As a kubelet makes emptyDir: anybody may write, because nobody knows yet who the containers run as."""
        if self.owner is not None:
            os.chown(folder, *self.owner)
        folder.chmod(0o777 if self._group is None else 0o2777)

    def mounts(self, container: Json, environment: dict[str, str]) -> tuple[Mount, ...]:
        """Where the container sees what. Raises ConfigError for a mount of no volume or a sub-path that leads outside."""
        made = []
        for mount in container.get("volumeMounts") or ():
            source = self.ready.get(mount["name"])
            if source is None:
                raise ConfigError(f'cannot find volume "{mount["name"]}" to mount into container "{container["name"]}"')
            sub = _sub_path(mount, environment)
            path = str(PurePosixPath("/") / mount["mountPath"])
            read_only = bool(mount.get("readOnly")) or mount["name"] in self.read_only
            within = os.path.realpath(source) if sub else ""
            made.append(Mount(self._sub_path(source, sub) if sub else source, path, read_only, within=within))
        return tuple(made)

    def _sub_path(self, source: str, sub: str) -> str:
        path = os.path.realpath(os.path.join(source, sub))
        if os.path.commonpath([path, os.path.realpath(source)]) != os.path.realpath(source):
            raise ConfigError(f"subPath {sub!r} leads out of its volume")
        if not os.path.exists(path):
            Path(path).mkdir(parents=True)
            self._open_to_all(Path(path))
        return path

    def clean_up(self) -> None:
        """Removes all but the claims' folders."""
        folders.remove(self.folder)
        if self.options.memory is not None:
            folders.remove(self.options.memory / str(self.pod["metadata"]["uid"]))


def memory_place(state: Path) -> Path | None:
    """Where the cluster with that state folder may keep volumes in memory."""
    shared = Path("/dev/shm")
    if not os.path.ismount(shared) or not os.access(shared, os.W_OK):
        return None
    return shared / f"steersman-{os.geteuid()}-{hashlib.sha256(str(state).encode()).hexdigest()[:12]}"


def containers_of(spec: Json) -> list[Json]:
    """All containers of a Pod, of each kind."""
    return [each for kind in ("initContainers", "containers", "ephemeralContainers") for each in spec.get(kind) or ()]


def _sub_path(mount: Json, environment: dict[str, str]) -> str:
    """The path within the volume, empty for all of it. Raises ConfigError."""
    sub: str = mount.get("subPath") or ""
    if written := mount.get("subPathExpr"):
        sub = expand(written, environment)
        if missing := unknown(written, environment):
            raise ConfigError(f"missing value for {missing}")
    if sub.startswith("/"):
        raise ConfigError(f"error SubPath `{sub}` must not be an absolute path")
    if ".." in sub.split("/"):
        raise ConfigError(f"unable to provision SubPath `{sub}`: must not contain '..'")
    return sub


def contents(found: Json) -> dict[str, bytes]:
    """The data of a ConfigMap or Secret as bytes."""
    data = found.get("data") or {}
    if found["kind"] == "Secret":
        return {key: base64.b64decode(value or "") for key, value in data.items()}
    binary = {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
    return {key: str(value).encode() for key, value in data.items()} | binary


def give_to_group(folder: Path, group: int) -> None:
    """Gives everything in a volume to a group that may read and write it, as `fsGroup` asks for.

    Containers of another Pod may be changing it at the same time, so nothing is opened by a path that they could turn into a
    link to somewhere else.
    """
    for _, inner, files, here in os.fwalk(folder, follow_symlinks=False):
        for name in (*inner, *files):
            with contextlib.suppress(OSError):
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
                found = os.open(name, flags, dir_fd=here)
                mode = stat.S_IMODE(os.fstat(found).st_mode)
                os.fchown(found, -1, group)
                os.fchmod(found, mode | (0o2770 if name in inner else 0o660))
                os.close(found)


def write_files(
    folder: Path, files: dict[str, tuple[bytes, int]], owner: tuple[int, int] | None, *, shared: bool = False
) -> None:
    """Writes a volume's files as the kubelet does: real files in a hidden folder, links to them by their first name.

    `shared` lets their group (that of `fsGroup`) read them, whatever their mode says.
    """
    versions = folder / "..data_new"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    shutil.rmtree(versions, ignore_errors=True)
    versions.mkdir()
    versions.chmod(0o755)
    for name, (content, mode) in files.items():
        path = versions / name
        for parent in reversed([each for each in path.parents if each.is_relative_to(versions)][:-1]):
            parent.mkdir(exist_ok=True)
            parent.chmod(0o755)
        path.write_bytes(content)
        if owner is not None:
            os.chown(path, *owner)
        path.chmod(mode | (0o440 if shared else 0))
    current = folder / "..data"
    shutil.rmtree(current, ignore_errors=True)
    versions.rename(current)
    for name in {PurePosixPath(name).parts[0] for name in files}:
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(f"..data/{name}")
