"""A container's log file, in the format of the container runtime interface: `TIME STREAM F|P LINE`.

Source of the format: Kubernetes' CRI logging design (`kubelet/kuberuntime/logs` reads it). `P` marks a piece of a line that
was longer than one record may be. A log is bounded: past `MAXIMUM` bytes the file is turned over to `FILE.1`.
"""

from __future__ import annotations

import os
import time

MAXIMUM = 10 * 1024 * 1024
LONGEST_RECORD = 16 * 1024


def timestamp() -> str:
    """Now as RFC 3339 with nanoseconds, UTC."""
    now = time.time_ns()
    seconds, nanoseconds = divmod(now, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{nanoseconds:09d}Z"


class LogFile:
    """Writes both streams of one attempt of a container."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size
        self._pending = {"stdout": b"", "stderr": b""}

    def write(self, stream: str, data: bytes) -> None:
        *lines, rest = (self._pending[stream] + data).split(b"\n")
        stamp = timestamp().encode()
        records: list[bytes] = []
        for line in lines:
            records += self._records(stamp, stream, line)
        while len(rest) >= LONGEST_RECORD:
            records.append(b"%s %s P %s\n" % (stamp, stream.encode(), rest[:LONGEST_RECORD]))
            rest = rest[LONGEST_RECORD:]
        self._pending[stream] = rest
        self._append(b"".join(records))

    @staticmethod
    def _records(stamp: bytes, stream: str, line: bytes) -> list[bytes]:
        pieces = [line[at : at + LONGEST_RECORD] for at in range(0, len(line), LONGEST_RECORD)] or [b""]
        kinds = [b"P"] * (len(pieces) - 1) + [b"F"]
        return [
            b"%s %s %s %s\n" % (stamp, stream.encode(), kind, piece) for kind, piece in zip(kinds, pieces, strict=True)
        ]

    def _append(self, data: bytes) -> None:
        if not data:
            return
        if self._size + len(data) > MAXIMUM:
            os.close(self._file)
            os.replace(self._path, self._path + ".1")
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._size = 0
        os.write(self._file, data)
        self._size += len(data)

    def close(self) -> None:
        """Writes what was said without a final newline, as a last line (so does containerd), and closes the file."""
        for stream, rest in self._pending.items():
            if rest:
                self._append(b"%s %s P %s\n" % (timestamp().encode(), stream.encode(), rest))
        os.close(self._file)
