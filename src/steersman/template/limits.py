"""Bounds on what templates may use up. Go has none of them but the depth of includes."""

from __future__ import annotations

from steersman.record import record

# The longest text that a template may keep or hand on, in characters.
MAX_TEXT = 256 * 1024 * 1024


@record(frozen=True, slots=True)
class Limits:
    """`output`: characters that all templates of one render may produce, includes counted each time. `iterations`: how often
    all bodies of `range` may run. `seconds`: wall time of one render."""

    output: int = 512 * 1024 * 1024
    iterations: int = 5_000_000
    seconds: float = 300.0
