"""What one run found out, kept for the next: a file of answers below the user's cache folder.

A `Memo` answers "what did this data come to?" by a digest of the data, so that a stale answer cannot be had: other data has
another digest, another version of Steersman another stamp. Answers are plain values (tables, lists, text, bytes, numbers), kept
marshalled. The file is read only if it belongs to this user and nobody else could have written it; whatever is wrong with it,
the worst that happens is that the work is done again.
"""

from __future__ import annotations

import marshal
import os
import sys

import steersman
from steersman.cache_files import cache_folder, open_own, write_own
from steersman.digest import SIZE, digest
from steersman.lazy import TYPE_CHECKING, remembering

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

_MAGIC = b"steersman memo 1\n"
# Beyond this an old file's unused answers are dropped.
_MAX_BYTES = 8 * 1024 * 1024


@remembering
def source_stamp(folders: tuple[str, ...]) -> str:
    """A text that changes whenever Python, Steersman's version or a module in these folders changes; read once a process."""
    stamps = [steersman.__version__, sys.version]
    for folder in folders:
        with os.scandir(folder) as entries:
            stamps.extend(
                f"{entry.name} {(status := entry.stat()).st_mtime_ns} {status.st_size}"
                for entry in entries
                if entry.name.endswith(".py")
            )
    return "\n".join(sorted(stamps))


class Memo:
    """The answers about one subject, a chart for instance. `stamp` is whatever else decides the answers."""

    def __init__(self, subject: str, stamp: str) -> None:
        self._path = f"{cache_folder()}/memos/{digest(subject.encode('utf-8', 'surrogateescape')).hex()}"
        self._stamp = digest(stamp.encode())
        self._kept = self._read()
        self._new: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()

    def recall(self, kind: str, data: bytes) -> Any:
        """The answer of this kind for the data; None if there is none."""
        key = self._key(kind, data)
        answer = self._kept.get(key)
        if answer is None:
            return None
        self._used.add(key)
        return marshal.loads(answer)

    def keep(self, kind: str, data: bytes, answer: Any) -> None:
        """Keep an answer that is not None."""
        self._new[self._key(kind, data)] = marshal.dumps(answer)

    def save(self) -> None:
        """Write what is new. Readers and other writers see either the old file or the new one."""
        if not self._new:
            return
        kept = self._kept
        if sum(map(len, kept.values())) > _MAX_BYTES:
            kept = {key: kept[key] for key in self._used}
        payload = marshal.dumps({**kept, **self._new})
        write_own(self._path, _MAGIC + self._stamp + digest(payload) + payload)

    def _key(self, kind: str, data: bytes) -> bytes:
        return digest(kind.encode() + b"\0" + data)

    def _read(self) -> dict[bytes, bytes]:
        file = open_own(self._path)
        if file is None:
            return {}
        try:
            with open(file, "rb") as reading:
                content = reading.read()
        except OSError:
            return {}
        start = len(_MAGIC) + 2 * SIZE
        head = _MAGIC + self._stamp
        if not content.startswith(head) or digest(content[start:]) != content[len(head) : start]:
            return {}
        kept: dict[bytes, bytes] = marshal.loads(memoryview(content)[start:])
        return kept


def remembered(memo: Memo | None, kind: str, data: bytes, work_out: Callable[[], T]) -> T:
    """The memo's answer, or the one worked out now, which is then kept."""
    if memo is None:
        return work_out()
    answer: T | None = memo.recall(kind, data)
    if answer is None:
        answer = work_out()
        memo.keep(kind, data, answer)
    return answer
