"""Both ends of the three streams that a container's process gets."""

from __future__ import annotations

import os
import pty
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ends:
    """`theirs` are stdin, stdout and stderr of the process; the others are ours, and never block."""

    theirs: tuple[int, int, int]
    outputs: list[tuple[str, int]]
    stdin: int

    @classmethod
    def open(cls, *, stdin: bool, terminal: bool) -> Ends:
        """Without `stdin`, there is nothing to read (and no end to write to)."""
        if terminal:
            ours, theirs = pty.openpty()
            writing = os.dup(ours) if stdin else -1
            made = cls((theirs, theirs, theirs), [("stdout", ours)], writing)
        else:
            out, out_theirs = os.pipe2(os.O_CLOEXEC)
            error, error_theirs = os.pipe2(os.O_CLOEXEC)
            in_theirs, writing = (
                os.pipe2(os.O_CLOEXEC) if stdin else (os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), -1)
            )
            made = cls((in_theirs, out_theirs, error_theirs), [("stdout", out), ("stderr", error)], writing)
        for descriptor in made._ours():
            os.set_blocking(descriptor, False)
        return made

    def _ours(self) -> list[int]:
        return [*(descriptor for _, descriptor in self.outputs), *([self.stdin] if self.stdin >= 0 else [])]

    def close_theirs(self) -> None:
        for descriptor in set(self.theirs):
            os.close(descriptor)

    def close_ours(self) -> None:
        for descriptor in self._ours():
            os.close(descriptor)
