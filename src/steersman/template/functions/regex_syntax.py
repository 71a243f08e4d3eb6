"""The order in which Go reads a regular expression, so that of several faults the same one is named as by Go.

This follows the reading of Go's package regexp/syntax, with the flags that regexp.Compile sets (Perl's syntax), and builds
nothing: RE2 compiles the expression. Classes of letters whose names only Go knows come out under names that RE2 knows.
Source: https://pkg.go.dev/regexp/syntax.
"""

from __future__ import annotations

from typing import NamedTuple

from steersman.template.functions.unicode_classes import in_words_of_re2

_LARGEST_COUNT = 1000
_TOO_LARGE_FOR_GO = 100_000_000
_POSIX = frozenset(
    f"[:{sign}{name}:]"
    for sign in ("", "^")
    for name in (
        *("alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph"),
        *("lower", "print", "punct", "space", "upper", "word", "xdigit"),
    )
)


class BadSyntax(Exception):
    """What Go's syntax.Parse fails with: `what` in Go's words and `where`, the part of the expression that it names."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"error parsing regexp: {what}: `{where}`")


class _Repeated(NamedTuple):
    """A part of the expression, as far as counts multiply: how often it is repeated (-1: not by a count), and its parts."""

    times: int
    parts: tuple[_Repeated, ...]


def read(expression: str) -> tuple[str, dict[str, list[int]]]:
    """The expression as RE2 takes it, and the numbers of the groups of each name. Raises BadSyntax."""
    reader = _Reader(expression)
    return reader.read(), reader.names


class _Reader:
    def __init__(self, expression: str) -> None:
        self.text = expression
        self.at = 0
        self.groups: list[tuple[list[_Repeated], bool]] = []
        self.parts: list[_Repeated] = []
        self.repeatable = False
        self.last_repeat: int | None = None
        self.captures = 0
        self.names: dict[str, list[int]] = {}
        self.pieces: list[str] = []
        self.copied = 0

    def read(self) -> str:
        text = self.text
        while self.at < len(text):
            start, sign = self.at, text[self.at]
            repeated = False
            if sign in "*+?":
                self.at += 1
                self._repeat(start, -1)
                repeated = True
            elif sign == "{":
                repeated = self._counted()
            elif sign == "(":
                self._open()
            elif sign == ")":
                self._close()
            elif sign == "|":
                self.at += 1
                self.repeatable = False
            elif sign == "[":
                self._class()
                self._operand()
            elif sign == "\\":
                self._escape()
            else:
                self._rune()
                self._operand()
            self.last_repeat = start if repeated else None
        if self.groups:
            raise BadSyntax("missing closing )", text)
        self.pieces.append(text[self.copied :])
        return "".join(self.pieces)

    # --- operands and what repeats them ---------------------------------------------------------------------------

    def _operand(self, part: _Repeated | None = None) -> None:
        self.repeatable = True
        self.parts.append(part or _PLAIN)

    def _rune(self) -> str:
        if self.at >= len(self.text):
            return ""
        rune = self.text[self.at]
        if "\ud800" <= rune <= "\udfff":
            raise BadSyntax("invalid UTF-8", self.text[self.at :])
        self.at += 1
        return rune

    def _check_utf8(self, start: int, end: int) -> None:
        for number in range(start, end):
            if "\ud800" <= self.text[number] <= "\udfff":
                raise BadSyntax("invalid UTF-8", self.text[number:])

    def _repeat(self, start: int, count: int) -> None:
        """An operator, which ends here but for a `?`; `count` is what counts of it, or -1."""
        if self.text[self.at : self.at + 1] == "?":
            self.at += 1
        if self.last_repeat is not None:
            raise BadSyntax("invalid nested repetition operator", self.text[self.last_repeat : self.at])
        if not self.repeatable:
            raise BadSyntax("missing argument to repetition operator", self.text[start : self.at])
        repeated = _Repeated(count, (self.parts.pop(),))
        if count >= 2 and not _is_valid(repeated, _LARGEST_COUNT):
            raise BadSyntax("invalid repeat count", self.text[start : self.at])
        self._operand(repeated)

    def _counted(self) -> bool:
        """`{2}`, `{2,}`, `{2,3}`; anything else in braces is text."""
        start = self.at
        self.at += 1
        least = self._number()
        most = least
        if least is not None and self.text[self.at : self.at + 1] == ",":
            self.at += 1
            most = -1 if self.text[self.at : self.at + 1] == "}" else self._number()
        if least is None or most is None or self.text[self.at : self.at + 1] != "}":
            self.at = start + 1
            self._operand()
            return False
        self.at += 1
        if least > _LARGEST_COUNT or most > _LARGEST_COUNT or 0 <= most < least:
            raise BadSyntax("invalid repeat count", self.text[start : self.at])
        self._repeat(start, least if most < 0 else most)
        return True

    def _number(self) -> int | None:
        start = self.at
        while self.text[self.at : self.at + 1] in _DIGITS:
            self.at += 1
        digits = self.text[start : self.at]
        if not digits or (len(digits) > 1 and digits[0] == "0"):
            return None
        return int(digits[:9])

    # --- groups ---------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        if self.text.startswith("(?", self.at):
            if not self._flags():
                return
        else:
            self.captures += 1
            self.at += 1
        self.groups.append((self.parts, self.repeatable))
        self.parts, self.repeatable = [], False

    def _close(self) -> None:
        if not self.groups:
            raise BadSyntax("unexpected )", self.text)
        self.at += 1
        inner = _Repeated(-1, tuple(part for part in self.parts if part is not _PLAIN))
        self.parts, _ = self.groups.pop()
        self._operand(inner)

    def _flags(self) -> bool:
        """`(?P<name>`, `(?i:` or `(?i)`; whether a group begins."""
        text, start = self.text, self.at
        if text.startswith(("(?P<", "(?<"), start) and len(text) - start > (4 if text[start + 2] == "P" else 3):
            self.captures += 1
            self._name(start)
            return True
        self.at += 2
        negated, seen = False, False
        while self.at < len(text):
            flag = self._rune()
            if flag in "imsU":
                seen = True
            elif flag == "-" and not negated:
                negated, seen = True, False
            elif flag in ":)" and (seen or not negated):
                return flag == ":"
            else:
                break
        raise BadSyntax("invalid or unsupported Perl syntax", text[start : self.at])

    def _name(self, start: int) -> None:
        text = self.text
        end = text.find(">", start)
        if end < 0:
            self._check_utf8(start, len(text))
            raise BadSyntax("invalid named capture", text[start:])
        begin = text.index("<", start) + 1
        for number in range(begin, end):
            if "\ud800" <= text[number] <= "\udfff":
                raise BadSyntax("invalid UTF-8", text[number:end])
        name = text[begin:end]
        if not (name.isascii() and name.replace("_", "a").isalnum()):
            raise BadSyntax("invalid named capture", text[start : end + 1])
        self.names.setdefault(name, []).append(self.captures)
        self.at = end + 1

    # --- escapes --------------------------------------------------------------------------------------------------

    def _escape(self) -> None:
        """A backslash outside of brackets."""
        following = self.text[self.at + 1 : self.at + 2]
        if following and following in "AbBz":
            self.at += 2
            self._operand()
        elif following == "C":
            raise BadSyntax("invalid escape sequence", "\\C")
        elif following == "Q":
            self._quoted()
        else:
            if not self._letters(following, in_class=False):
                self._single()
            self._operand()

    def _quoted(self) -> None:
        end = self.text.find("\\E", self.at + 2)
        stop = len(self.text) if end < 0 else end
        if stop > self.at + 2:
            for number in range(self.at + 2, stop):
                if "\ud800" <= self.text[number] <= "\udfff":
                    raise BadSyntax("invalid UTF-8", self.text[number:stop])
            self._operand()
        self.at = len(self.text) if end < 0 else end + 2

    def _letters(self, following: str, *, in_class: bool) -> bool:
        """`\\pL`, `\\p{Greek}` and `\\d`; whether there is one."""
        if following and following in "dDsSwW":
            self.at += 2
            return True
        if not following or following not in "pP":
            return False
        text, start = self.text, self.at
        self.at += 2
        sign = self._rune()
        name = sign
        if sign == "{":
            end = text.find("}", start)
            if end < 0:
                self._check_utf8(start, len(text))
                raise BadSyntax("invalid character class range", text[start:])
            name = text[start + 3 : end]
            for number in range(start + 3, end):
                if "\ud800" <= text[number] <= "\udfff":
                    raise BadSyntax("invalid UTF-8", text[number:end])
            self.at = end + 1
        written = in_words_of_re2(name, negated=following == "P", in_class=in_class)
        if written is None:
            raise BadSyntax("invalid character class range", text[start : self.at])
        if written:
            self.pieces += (text[self.copied : start], written)
            self.copied = self.at
        return True

    def _single(self) -> int:
        """An escape that stands for one character: which one."""
        start = self.at
        self.at += 1
        if self.at >= len(self.text):
            raise BadSyntax("trailing backslash at end of expression", "")
        sign = self._rune()
        following = self.text[self.at : self.at + 1]
        if sign == "0" or (sign in "1234567" and following and following in _OCTAL):
            digits = sign
            while len(digits) < 3 and self.text[self.at : self.at + 1] in _OCTAL_DIGITS:
                digits += self._rune()
            return int(digits, 8)
        if sign == "x" and following:
            code = self._hexadecimal()
            if code is not None:
                return code
        elif sign in _NAMED:
            return ord(_NAMED[sign])
        elif sign.isascii() and not sign.isalnum():
            return ord(sign)
        raise BadSyntax("invalid escape sequence", self.text[start : self.at])

    def _hexadecimal(self) -> int | None:
        """What comes after `\\x`, or None for what is no number."""
        sign = self._rune()
        if sign != "{":
            second = self._rune()
            digits = sign + second
            return int(digits, 16) if len(digits) == 2 and set(digits) <= _HEX else None
        code, count = 0, 0
        while self.at < len(self.text):
            sign = self._rune()
            if sign == "}":
                return code if count else None
            if sign not in _HEX:
                return None
            code = code * 16 + int(sign, 16)
            if code > 0x10FFFF:
                return None
            count += 1
        return None

    # --- brackets -------------------------------------------------------------------------------------------------

    def _class(self) -> None:
        text, start = self.text, self.at
        self.at += 2 if text.startswith("[^", start) else 1
        first = True
        while first or text[self.at : self.at + 1] != "]":
            first = False
            if text.startswith("[:", self.at) and (end := text.find(":]", self.at + 2)) >= 0:
                name = text[self.at : end + 2]
                if name not in _POSIX:
                    raise BadSyntax("invalid character class range", name)
                self.at = end + 2
                continue
            if text[self.at : self.at + 1] == "\\" and self._letters(text[self.at + 1 : self.at + 2], in_class=True):
                continue
            begin = self.at
            low = self._member(start)
            if text[self.at : self.at + 1] == "-" and text[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                if self._member(start) < low:
                    raise BadSyntax("invalid character class range", text[begin : self.at])
        self.at += 1

    def _member(self, start: int) -> int:
        if self.at >= len(self.text):
            raise BadSyntax("missing closing ]", self.text[start:])
        return self._single() if self.text[self.at] == "\\" else ord(self._rune())


_PLAIN = _Repeated(-1, ())
_DIGITS = frozenset("0123456789")
_OCTAL = "01234567"
_OCTAL_DIGITS = frozenset(_OCTAL)
_HEX = frozenset("0123456789abcdefABCDEF")
_NAMED = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _is_valid(part: _Repeated, most: int) -> bool:
    """Whether counts inside of counts multiply to no more than `most`."""
    if part.times == 0:
        return True
    if part.times > most:
        return False
    if part.times > 0:
        most //= part.times
    return all(_is_valid(each, most) for each in part.parts)
