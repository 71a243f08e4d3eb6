"""Pods that take more of the disk than they may: they are evicted, as by the kubelet.

Source of the rules and the words: the kubelet's eviction manager (`localStorageEviction`). What a container writes into its own
root is not looked at here: the runtime refuses more than the limit.
"""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from pathlib import Path

from steersman.cluster.kubelet import quantity
from steersman.cluster.kubelet.volumes import Volumes
from steersman.cluster.machinery import Json

_INTERVAL = 1.0
"""Seconds between two looks (a kubelet takes ten)."""


class StorageWatch:
    """What one Pod may take, and takes, of volumes and logs."""

    def __init__(self, spec: Json, volumes: Volumes, logs: Path) -> None:
        self._volumes = volumes
        self._logs = logs
        self._sizes = {
            each["name"]: each["emptyDir"]["sizeLimit"]
            for each in spec.get("volumes") or ()
            if (each.get("emptyDir") or {}).get("sizeLimit")
        }
        self._on_disk = [
            each["name"]
            for each in spec.get("volumes") or ()
            if "emptyDir" in each and each["emptyDir"].get("medium") != "Memory"
        ]
        self._limits = [
            each["resources"]["limits"]["ephemeral-storage"]
            for each in spec["containers"]
            if "ephemeral-storage" in ((each.get("resources") or {}).get("limits") or {})
        ]

    @property
    def needed(self) -> bool:
        return bool(self._sizes or self._limits)

    async def exceeded(self) -> str:
        """Waits until the Pod takes more than it may; what the eviction is then told with."""
        while True:
            if words := self.look():
                return words
            await asyncio.sleep(_INTERVAL)

    def look(self) -> str:
        """The words where it takes more than it may now, else nothing."""
        for name, limit in self._sizes.items():
            if (place := self._volumes.ready.get(name)) and used(Path(place)) > quantity.parse(limit):
                return f'Usage of EmptyDir volume "{name}" exceeds the limit "{limit}". '
        if self._limits:
            most = sum((quantity.parse(each) for each in self._limits), Decimal(0))
            places = [Path(self._volumes.ready[name]) for name in self._on_disk if name in self._volumes.ready]
            if sum(map(used, [*places, self._logs])) > most:
                text = self._limits[0] if len(self._limits) == 1 else str(int(most))
                return f"Pod ephemeral local storage usage exceeds the total limit of containers {text}. "
        return ""


def used(folder: Path) -> int:
    """Bytes of the disk that everything in a folder takes; what goes away meanwhile counts for nothing."""
    total, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += _blocks(entry)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return total


def _blocks(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0
