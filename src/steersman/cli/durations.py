"""Go's durations on the command line: `90s`, `5m0s`, `1h30m`."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern

if TYPE_CHECKING:
    from typing import Any

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = pattern(r"\d+(?:\.\d*)?|\.\d+")
_UNIT = pattern(r"[^\d.]+")


def parse_duration(text: str) -> float:
    """Seconds in a Go duration (source: Go's time.ParseDuration). Raises ValueError with Go's words."""
    body = rest = text.removeprefix("-").removeprefix("+")
    if body == "0":
        return 0.0
    seconds = 0.0
    while rest or not body:
        number = _NUMBER.match(rest)
        if number is None:
            raise ValueError(f'time: invalid duration "{text}"')
        unit = _UNIT.match(rest, number.end())
        if unit is None:
            raise ValueError(f'time: missing unit in duration "{text}"')
        if unit[0] not in _UNITS:
            raise ValueError(f'time: unknown unit "{unit[0]}" in duration "{text}"')
        seconds += float(number[0]) * _UNITS[unit[0]]
        rest = rest[unit.end() :]
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
