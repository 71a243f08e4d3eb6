"""Go's package fmt: `sprint`, `sprintln` and `sprintf` with all verbs and flags.

The rules are those of fmt's documentation: https://pkg.go.dev/fmt. What a verb does to one value is in `gofmt_value`; here is
the reading of format strings and the joining of several operands.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING, pattern
from steersman.template.failures import LimitExceeded
from steersman.template.gofmt_value import Printer
from steersman.template.limits import MAX_TEXT
from steersman.template.strconv import format_float
from steersman.template.values import type_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGEST_WIDTH = 1_000_000

# What needs no look at flags: compiled once per format string, as pairs of literal text and verb.
_SIMPLE_VERB = pattern(r"%([sdvq%])")
Plan = tuple[tuple[tuple[str, str], ...], str, int] | None
_plans: dict[str, Plan] = {}


def sprint(*operands: object) -> str:
    """fmt.Sprint: operands in their default format, with a space between two where neither is a string."""
    if len(operands) == 1:
        return default_format(operands[0])
    pieces: list[str] = []
    previous_is_string = True
    for number, operand in enumerate(operands):
        is_string = isinstance(operand, str)
        if number and not is_string and not previous_is_string:
            pieces.append(" ")
        pieces.append(default_format(operand))
        previous_is_string = is_string
    return joined(pieces)


def sprintln(*operands: object) -> str:
    """fmt.Sprintln: operands in their default format, always with spaces between, and a newline."""
    return joined([f"{default_format(operand)} " for operand in operands]).removesuffix(" ") + "\n"


def joined(pieces: Sequence[str]) -> str:
    """The pieces as one text. Raises LimitExceeded for one longer than MAX_TEXT."""
    if sum(map(len, pieces)) > MAX_TEXT:
        raise LimitExceeded(f"a function makes a text of more than {MAX_TEXT} characters")
    return "".join(pieces)


def default_format(value: object) -> str:
    """One value as `%v` prints it."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        return format_float(value)  # type: ignore[arg-type]
    return Printer().print_argument(value, "v")


def sprintf(form: str, *operands: object) -> str:
    """fmt.Sprintf. Mistakes in the format never fail: they show in the text, as in Go (`%!d(string=x)`)."""
    try:
        plan = _plans[form]
    except KeyError:
        plan = _plans[form] = simple_plan(form)
    if plan is None or plan[2] != len(operands):
        return _Formatter(form, operands).run()
    steps, tail, _ = plan
    pieces: list[str] = []
    position = 0
    for literal, verb in steps:
        pieces.append(literal)
        if verb == "%":
            pieces.append("%")
            continue
        operand = operands[position]
        position += 1
        if type(operand) is str and verb in "sv":
            pieces.append(operand)
        elif verb == "v":
            pieces.append(default_format(operand))
        elif type(operand) is int and verb == "d":
            pieces.append(str(operand))
        else:
            pieces.append(Printer().print_argument(operand, verb))
    pieces.append(tail)
    return joined(pieces)


def simple_plan(form: str) -> Plan:
    """A format string as pairs of literal text and verb, the text after the last one and the number of operands.

    None if it has flags, or verbs other than %s, %d, %v and %q.
    """
    parts = _SIMPLE_VERB.split(form)
    if any("%" in literal for literal in parts[::2]):
        return None
    steps = tuple(zip(parts[::2], parts[1::2], strict=False))
    return steps, parts[-1], sum(verb != "%" for _, verb in steps)


class _Formatter:
    """One run of Sprintf over a format string with flags, widths, precisions and argument indexes."""

    def __init__(self, form: str, operands: Sequence[object]) -> None:
        self.form = form
        self.operands = operands
        self.at = 0
        self.argument = 0
        self.after_index = False
        self.good_index = True
        self.reordered = False
        self.printer = Printer()
        self.pieces: list[str] = []

    def run(self) -> str:
        form, pieces = self.form, self.pieces
        while True:
            percent = form.find("%", self.at)
            if percent < 0:
                pieces.append(form[self.at :])
                break
            pieces.append(form[self.at : percent])
            self.at = percent + 1
            self._directive()
        if not self.reordered and self.argument < len(self.operands):
            extra = (
                "<nil>" if operand is None else f"{type_name(operand)}={Printer().print_argument(operand, 'v')}"
                for operand in self.operands[self.argument :]
            )
            pieces.append(f"%!(EXTRA {', '.join(extra)})")
        return joined(pieces)

    def _directive(self) -> None:
        form = self.form
        self.printer = printer = Printer()
        self.good_index, self.after_index = True, False
        while self.at < len(form) and form[self.at] in "#0+- ":
            printer.set_flag(form[self.at])
            self.at += 1
        self._index()
        self._width()
        if form[self.at : self.at + 1] == ".":
            self._precision()
        if not self.after_index:
            self._index()
        if self.at >= len(form):
            self.pieces.append("%!(NOVERB)")
            return
        verb = form[self.at]
        self.at += 1
        if verb == "%":
            self.pieces.append("%")
        elif not self.good_index:
            self.pieces.append(f"%!{verb}(BADINDEX)")
        elif self.argument >= len(self.operands):
            self.pieces.append(f"%!{verb}(MISSING)")
        else:
            self.pieces.append(printer.print_operand(self.operands[self.argument], verb))
            self.argument += 1

    def _width(self) -> None:
        printer = self.printer
        if self.form[self.at : self.at + 1] == "*":
            self.at += 1
            printer.width = self._operand_as_int()
            if printer.width is None:
                self.pieces.append("%!(BADWIDTH)")
            elif printer.width < 0:
                printer.width = -printer.width
                printer.minus, printer.zero = True, False
            self.after_index = False
        else:
            printer.width = self._number()
            if self.after_index and printer.width is not None:
                self.good_index = False

    def _precision(self) -> None:
        printer = self.printer
        self.at += 1
        if self.after_index:
            self.good_index = False
        self._index()
        if self.form[self.at : self.at + 1] == "*":
            self.at += 1
            printer.precision = self._operand_as_int()
            if printer.precision is not None and printer.precision < 0:
                printer.precision = None
            if printer.precision is None:
                self.pieces.append("%!(BADPREC)")
            self.after_index = False
        else:
            printer.precision = self._number() or 0

    def _operand_as_int(self) -> int | None:
        if self.argument >= len(self.operands):
            return None
        operand = self.operands[self.argument]
        self.argument += 1
        if isinstance(operand, int) and not isinstance(operand, bool) and abs(operand) <= _LARGEST_WIDTH:
            return int(operand)
        return None

    def _number(self) -> int | None:
        start = self.at
        while self.at < len(self.form) and self.form[self.at] in "0123456789":
            self.at += 1
        if start == self.at:
            return None
        if int(self.form[start : self.at][:20]) // 10 > _LARGEST_WIDTH:
            self.at = len(self.form)  # as Go: a number that is too large ends the format
            return None
        return int(self.form[start : self.at])

    def _index(self) -> None:
        """An explicit argument index `[n]`, if one is here."""
        self.after_index = False
        if self.form[self.at : self.at + 1] != "[":
            return
        self.reordered = True
        end = self.form.find("]", self.at + 1)
        if end < 0:
            self.at += 1
            self.good_index = False
            return
        digits = self.form[self.at + 1 : end]
        self.at = end + 1
        valid = digits.isascii() and digits.isdigit() and len(digits) <= 7
        if valid and 1 <= int(digits) <= len(self.operands):
            self.argument = int(digits) - 1
            self.after_index = True
            return
        self.good_index = False
        self.after_index = valid
