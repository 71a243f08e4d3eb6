"""What Helm logs beside its output, line for line: `level=WARN msg="this chart is deprecated"`.

Source of the format: https://pkg.go.dev/log/slog#TextHandler.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Warn = Callable[[str], None]

INFO = "INFO"
WARN = "WARN"
ERROR = "ERROR"


def notice(message: str, level: str = WARN, /, **attributes: object) -> str:
    """The line for a message with its attributes."""
    shown = "".join(f" {name}={_value(str(value))}" for name, value in attributes.items())
    return f"level={level} msg={_value(message)}{shown}"


def _value(text: str) -> str:
    from steersman.template.strconv import is_printable, quote

    if text and text.isascii() and text.isprintable() and not any(sign in text for sign in ' "='):
        return text
    plain = text and all(is_printable(sign) and sign not in ' "=' for sign in text)
    return text if plain else quote(text)


def ignore_warning(_message: str) -> None:
    """The `warn` of callers that have no place to show a warning."""
