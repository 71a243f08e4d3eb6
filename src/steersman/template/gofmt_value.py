"""What fmt's verbs and flags make of one value."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template.strconv import (
    can_backquote,
    format_float,
    is_printable,
    quote,
    quote_rune,
)
from steersman.template.values import GoMethods, GoObject, NilPointer, kind, type_name, utf8

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_MAX_DEPTH = 1000
_BASES = {"d": 10, "v": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}
_FORMAT_CODES = {2: "b", 8: "o", 10: "d", 16: "x"}
_BASE_PREFIX = {2: "0b", 16: "0x"}
_BYTES = [f"{byte} " for byte in range(256)]


class Printer:
    """The flags of one directive, and the printing of an operand under them.

    `sharp_v` and `plus_v` are the flags of `%#v` and `%+v`, which mean something else than `#` and `+` of other verbs.
    """

    __slots__ = ("erroring", "minus", "plus", "plus_v", "precision", "sharp", "sharp_v", "space", "width", "zero")

    def __init__(self) -> None:
        self.width: int | None = None
        self.precision: int | None = None
        self.minus = self.plus = self.sharp = self.space = self.zero = False
        self.sharp_v = self.plus_v = False
        self.erroring = False

    def set_flag(self, flag: str) -> None:
        if flag == "#":
            self.sharp = True
        elif flag == "0":
            self.zero = True
        elif flag == "+":
            self.plus = True
        elif flag == "-":
            self.minus = True
        else:
            self.space = True

    def print_operand(self, value: object, verb: str) -> str:
        """A directive's operand: `%#v` and `%+v` turn their flags into those of Go syntax and of field names."""
        if verb in "vw":
            self.sharp_v, self.sharp = self.sharp, False
            self.plus_v, self.plus = self.plus, False
        return self.print_argument(value, verb)

    def print_argument(self, value: object, verb: str) -> str:
        if value is None:
            return self._pad("<nil>") if verb in "Tv" else self._bad_verb(None, verb)
        if verb == "T":
            return self._string(type_name(value), "s")
        if verb == "p":
            return self._pointer(value, verb)
        if verb == "w":  # for errors only, which no template has
            return self._bad_verb(value, verb)
        return self._print(value, verb, 0)

    def _print(self, value: object, verb: str, depth: int) -> str:
        if value is None:  # a nil interface inside of something
            return "interface {}(nil)" if self.sharp_v else "<nil>"
        if isinstance(value, GoMethods) and not self.erroring and not self.sharp_v and verb in "vsxXq":
            text = value.go_string()
            if text is not None:
                return self._string(text, verb)
        if self.sharp_v and isinstance(value, GoMethods) and not self.erroring:
            text = value.go_syntax()
            if text is not None:
                return self._pad(text)
        if isinstance(value, bool):
            return self._pad("true" if value else "false") if verb in "tv" else self._bad_verb(value, verb)
        if isinstance(value, str):
            return self._string(value, verb)
        if isinstance(value, int):
            return self._integer(value, verb)
        if isinstance(value, float):
            return self._float(value, verb)
        if isinstance(value, bytes):
            return self._bytes(value, verb)
        if depth > _MAX_DEPTH:
            # Python's own guard may have been lifted for templates that include each other deeply
            raise RecursionError
        if isinstance(value, dict):
            return self._map(value, verb, depth)
        if isinstance(value, list):
            return self._slice(value, verb, depth)
        if isinstance(value, GoObject):
            return self._object(value, verb, depth)
        if isinstance(value, complex):
            return self._complex(value, verb)
        return self._pointer(value, verb)

    def _bad_verb(self, value: object, verb: str) -> str:
        if value is None:
            return f"%!{verb}(<nil>)"
        self.erroring = True
        text = f"%!{verb}({type_name(value)}={self._print(value, 'v', 0)})"
        self.erroring = False
        return text

    # --- padding --------------------------------------------------------------------------------------------------

    def _pad(self, text: str) -> str:
        width = self.width
        if not width or width <= len(text):
            return text
        if self.minus:
            return text.ljust(width)
        return text.rjust(width, "0" if self.zero else " ")

    def _pad_with_spaces(self, text: str) -> str:
        zero, self.zero = self.zero, False
        padded = self._pad(text)
        self.zero = zero
        return padded

    # --- strings --------------------------------------------------------------------------------------------------

    def _string(self, text: str, verb: str) -> str:
        if verb == "v":
            return self._quoted(text) if self.sharp_v else self._pad(text[: self.precision])
        if verb == "s":
            return self._pad(text[: self.precision])
        if verb in "xX":
            return self._hexadecimal(utf8(text), verb)
        if verb == "q":
            return self._quoted(text)
        return self._bad_verb(text, verb)

    def _quoted(self, text: str) -> str:
        text = text[: self.precision]
        if self.sharp and can_backquote(text):
            return self._pad(f"`{text}`")
        return self._pad(quote(text, ascii_only=self.plus))

    def _hexadecimal(self, data: bytes, verb: str) -> str:
        data = data[: self.precision]
        if not data:
            return self._pad("")
        pairs = [f"{byte:02{verb}}" for byte in data]
        prefix = "0" + verb if self.sharp else ""
        text = (" " + prefix).join(pairs) if self.space else "".join(pairs)
        return self._pad(prefix + text)

    def _bytes(self, data: bytes, verb: str) -> str:
        if verb in "vd":
            if self.sharp_v:
                return "[]byte{" + ", ".join(f"{byte:#x}" for byte in data) + "}"
            if not (self.width or self.precision is not None or self.plus or self.space or self.sharp):
                return f"[{''.join(map(_BYTES.__getitem__, data))[:-1]}]"
            return "[" + " ".join(self._integer(byte, "d") for byte in data) + "]"
        if verb in "sqxX":
            return self._string(data.decode("utf-8", "surrogateescape"), verb)
        return "[" + " ".join(self._integer(byte, verb) for byte in data) + "]"

    # --- numbers --------------------------------------------------------------------------------------------------

    def _integer(self, number: int, verb: str) -> str:
        if verb == "v" and self.sharp_v and kind(number).startswith("u"):
            self.sharp = True
            text = self._digits(number, 16, "v")
            self.sharp = False
            return text
        base = _BASES.get(verb)
        if base is not None:
            return self._digits(number, base, verb)
        if verb == "c":
            return self._pad(_rune(number))
        if verb == "q":
            return self._pad(quote_rune(_rune(number), ascii_only=self.plus))
        if verb == "U":
            digits = f"{number & (1 << 64) - 1:X}".rjust(max(4, self.precision or 0), "0")
            shown = f" '{chr(number)}'" if self.sharp and 0 <= number <= 0x10FFFF and is_printable(chr(number)) else ""
            return self._pad_with_spaces(f"U+{digits}{shown}")
        return self._bad_verb(number, verb)

    def _digits(self, number: int, base: int, verb: str) -> str:
        sign = "-" if number < 0 else "+" if self.plus else " " if self.space else ""
        least = 0
        if self.precision is not None:
            least = self.precision
            if least == 0 and number == 0:
                return " " * (self.width or 0)
        elif self.zero and not self.minus and self.width:
            least = self.width - len(sign)
        magnitude = abs(int(number))
        digits = format(magnitude, _FORMAT_CODES[base]).rjust(least, "0")
        if self.sharp:
            if base == 8 and not digits.startswith("0"):
                digits = "0" + digits
            digits = _BASE_PREFIX.get(base, "") + digits
        if verb == "O":
            digits = "0o" + digits
        if verb == "X":
            digits = digits.upper()
        return self._pad_with_spaces(sign + digits)

    def _float(self, number: float, verb: str) -> str:
        if verb not in "vbgGxXfFeE":
            return self._bad_verb(number, verb)
        return self._float_text(number, {"v": "g", "F": "f"}.get(verb, verb), 6 if verb in "fFeE" else -1)

    def _float_text(self, number: float, verb: str, precision: int) -> str:
        if self.precision is not None:
            precision = self.precision
        text = format_float(number, verb, precision)
        sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("+", text)
        if self.space and sign == "+" and not self.plus:
            sign = " "
        if digits in ("Inf", "NaN"):
            bare_nan = digits == "NaN" and not self.space and not self.plus
            return self._pad_with_spaces(digits if bare_nan else sign + digits)
        if self.sharp and verb != "b":
            digits = _with_point_and_zeros(digits, verb, precision)
        if not self.plus and sign == "+":
            return self._pad(digits)
        if self.zero and not self.minus and self.width and self.width > len(digits) + 1:
            return sign + digits.rjust(self.width - 1, "0")
        return self._pad(sign + digits)

    def _complex(self, number: complex, verb: str) -> str:
        if verb not in "vbgGxXfFeE":
            return self._bad_verb(number, verb)
        real = self._float(number.real, verb)
        plus, self.plus = self.plus, True
        imaginary = self._float(number.imag, verb)
        self.plus = plus
        return f"({real}{imaginary}i)"

    # --- what has parts -------------------------------------------------------------------------------------------

    def _map(self, value: Mapping[Any, object], verb: str, depth: int) -> str:
        pairs = (
            f"{self._print(key, verb, depth + 1)}:{self._print(item, verb, depth + 1)}"
            for key, item in sorted(value.items(), key=_key)
        )
        return self._enclose(value, "map[", pairs, "]")

    def _slice(self, value: Sequence[object], verb: str, depth: int) -> str:
        return self._enclose(value, "[", (self._print(item, verb, depth + 1) for item in value), "]")

    def _enclose(self, value: object, start: str, parts: Any, end: str) -> str:
        if self.sharp_v:
            return f"{type_name(value)}{{{', '.join(parts)}}}"
        return start + " ".join(parts) + end

    def _object(self, value: GoObject, verb: str, depth: int) -> str:
        is_pointer = kind(value) == "ptr"
        if isinstance(value, NilPointer) or (is_pointer and depth > 0):
            return self._pointer(value, verb)
        parts = []
        for name, attribute in (*value.go_fields.items(), *value.go_private_fields.items()):
            text = self._print(getattr(value, attribute), verb, depth + 1)
            parts.append(f"{name}:{text}" if self.plus_v or self.sharp_v else text)
        ampersand = "&" if is_pointer else ""
        if self.sharp_v:
            return f"{ampersand}{type_name(value).removeprefix('*')}{{{', '.join(parts)}}}"
        return f"{ampersand}{{{' '.join(parts)}}}"

    def _pointer(self, value: object, verb: str) -> str:
        if kind(value) not in ("ptr", "func", "map", "slice"):
            return self._bad_verb(value, verb)
        if isinstance(value, NilPointer) and verb == "v":
            return f"({value.go_type})(nil)" if self.sharp_v else self._pad("<nil>")
        address = 0 if isinstance(value, NilPointer) else 0xC000000000 + id(value) % 0x1000000
        if verb in "vp":
            if self.sharp_v:
                return f"({type_name(value)})({address:#x})"
            return self._pad(f"{address:x}" if self.sharp else f"{address:#x}")
        return self._integer(address, verb) if verb in "bodxX" else self._bad_verb(value, verb)


def _key(pair: tuple[Any, object]) -> Any:
    return pair[0]


def _rune(number: int) -> str:
    return chr(number) if 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "�"


def _with_point_and_zeros(digits: str, verb: str, precision: int) -> str:
    """What flag `#` asks for: always a decimal point, and for %g the zeros at the end that it would drop."""
    wanted = 0
    if verb in "gGx":
        wanted = 6 if precision == -1 else precision
    mark = "p" if verb in "xX" else "e"
    at = digits.lower().find(mark)
    number, tail = (digits[:at], digits[at:]) if at >= 0 else (digits, "")
    significant = len(number.replace(".", "").lstrip("0"))
    wanted -= significant
    if "." not in number:
        if number == "0":
            wanted -= 1
        number += "."
    return number + "0" * max(wanted, 0) + tail
