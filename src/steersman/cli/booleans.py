"""Options that are on unless they are turned off: `--verify`, `--verify=false`."""

from __future__ import annotations

from typing import Any

from steersman.cli.declare import Declared, bare

_WORDS = {**dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True)}
_WORDS |= dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False)


class Boolean:
    """The type of such an option: Go's words for true and false."""

    def read(self, text: str) -> bool:
        """Raises ValueError."""
        if text not in _WORDS:
            raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
        return _WORDS[text]

    def click(self) -> Any:
        """The same for click."""
        import click

        read = self.read

        class BooleanType(click.ParamType[bool]):
            name = "boolean"

            def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool:
                if isinstance(value, bool):
                    return value
                try:
                    return read(value)
                except ValueError as error:
                    self.fail(str(error), param, ctx)

        return BooleanType()


def on_by_default(declared: Declared, name: str, text: str) -> None:
    """Give a command that is declared already an option that is on unless it is said otherwise."""
    declared.parameters.append(
        bare(name, bare_value="true", type=Boolean(), default="true", show_default=True, help=text)
    )
