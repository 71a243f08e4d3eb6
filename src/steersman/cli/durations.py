"""Go's durations on the command line: `90s`, `5m0s`, `1h30m`."""

from __future__ import annotations

import re
from typing import Any

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def parse_duration(text: str) -> float:
    """Seconds in a Go duration (source: Go's time.ParseDuration). Raises ValueError with Go's words."""
    body = text.removeprefix("-").removeprefix("+")
    parts = _PART.findall(body)
    if body == "0":
        return 0.0
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise ValueError(f'time: invalid duration "{text}"')
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return -seconds if text.startswith("-") else seconds


class Duration:
    """The type of an option that is one of Go's durations, as seconds."""

    def read(self, text: str) -> float:
        """Raises ValueError."""
        return parse_duration(text)

    def click(self) -> Any:
        """The same for click."""
        import click

        class DurationType(click.ParamType[float]):
            name = "duration"

            def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
                if isinstance(value, int | float):
                    return float(value)
                try:
                    return parse_duration(value)
                except ValueError as error:
                    self.fail(str(error), param, ctx)

        return DurationType()


DURATION = Duration()
