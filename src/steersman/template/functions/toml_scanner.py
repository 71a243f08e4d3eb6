"""A cursor over TOML text: characters, strings, and errors that name the line and the last key."""

from __future__ import annotations

import re

from steersman.lazy import pattern
from steersman.template.functions.toml_writer import quoted_key
from steersman.template.strconv import quote, quote_rune

Path = tuple[str, ...]


class TomlSyntaxError(ValueError):
    """Text that is not TOML; the message is BurntSushi's, with the line and the last key."""


_BLANK = pattern(r"[ \t]*")
_COMMENT = pattern(r"#[^\n]*")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_UNICODE_ESCAPES = {"x": (2, "two"), "u": (4, "four"), "U": (8, "eight")}
_FOLDED_LINE = pattern(r"[ \t]*\r?\n[ \t\r\n]*")
_FORBIDDEN = pattern(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\udc80-\udcff]|\r(?!\n)")


class Scanner:
    """A position in a text. `context` is the path of the table being filled, `key` what is being set in it: for errors."""

    def __init__(self, text: str) -> None:
        self.text = text.removeprefix("\ufeff")
        self.at = 0
        self.context: Path = ()
        self.key = ""
        found = _FORBIDDEN.search(self.text)
        # where reading will stop at the latest
        self._forbidden = found.start() if found else -1

    # --- errors ---------------------------------------------------------------------------------------------------

    def error(self, message: str, *, lines: int = 0) -> TomlSyntaxError:
        """The error for the line where reading stopped, or the one that is so many `lines` further down."""
        position = self.at
        if 0 <= self._forbidden <= position:
            position = self._forbidden
            char = self.text[position]
            if char >= "\udc80":
                message = f"invalid UTF-8 byte: 0x{ord(char) - 0xDC00:02x}"
            else:
                message = f"TOML files cannot contain control characters: '0x{ord(char):02x}'"
        line = self.text.count("\n", 0, position) + 1 + lines
        if not lines and position >= len(self.text) and self.text.endswith("\n"):
            line -= 1
        last = ".".join(map(quoted_key, self.context))
        if self.key:
            last = f"{last}.{self.key}" if last else self.key
        place = f"toml: line {line}" + (f" (last key {quote(last)})" if last else "")
        return TomlSyntaxError(f"{place}: {message}")

    def shown(self) -> str:
        """The next character as errors quote it; U+0000 at the end."""
        return quote_rune(self.text[self.at : self.at + 1] or "\0")

    # --- characters -----------------------------------------------------------------------------------------------

    def peek(self) -> str:
        if self.at == self._forbidden:
            raise self.error("")
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        self.skip(_BLANK)

    def end_of_line(self) -> bool:
        """Take what may end a line: blanks, a comment, a line break. False if something else stands there."""
        self.skip_blanks()
        char = self.peek()
        if char == "#":
            self.skip(_COMMENT)
        elif char in ("\n", "\r") and char:
            self.at += 1
        elif char:
            return False
        return True

    def skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        if 0 <= self._forbidden < self.at:
            raise self.error("")
        return found[0]

    def skip_lines(self) -> None:
        """Blanks, line breaks and comments."""
        while True:
            self.skip_blanks()
            char = self.peek()
            if char == "#":
                self.skip(_COMMENT)
            elif char in ("\n", "\r") and char:
                self.at += 1
            else:
                return

    def accept(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    # --- strings --------------------------------------------------------------------------------------------------

    def basic_string(self) -> str:
        pieces: list[str] = []
        while True:
            char = self.peek()
            if not char:
                raise self.error("unexpected EOF; expected '\"'")
            if char in "\r\n":
                raise self.error("strings cannot contain newlines")
            self.at += 1
            if char == '"':
                return "".join(pieces)
            pieces.append(self._escape() if char == "\\" else char)

    def literal_string(self) -> str:
        start = self.at
        while (char := self.peek()) != "'":
            if not char:
                raise self.error('unexpected EOF; expected "\'"')
            if char in "\r\n":
                raise self.error("strings cannot contain newlines")
            self.at += 1
        self.at += 1
        return self.text[start : self.at - 1]

    def multiline_string(self, quotes: str) -> str:
        """The text up to three quotes; one or two quotes may stand right before them."""
        pieces: list[str] = []
        if self.accept("\r\n") or self.accept("\n"):
            pass
        while True:
            char = self.peek()
            if not char:
                mark = f"'{quotes}'" if quotes[0] == '"' else f'"{quotes}"'
                raise self.error(f"unexpected EOF; expected {mark}")
            if char == quotes[0] and self.text.startswith(quotes, self.at):
                run = len(self.text[self.at :]) - len(self.text[self.at :].lstrip(char))
                if run > 5:
                    self.at += 6
                    raise self.error(f"unexpected '{char * 6}'" if char == '"' else f'unexpected "{char * 6}"')
                self.at += run
                return "".join(pieces) + char * (run - 3)
            self.at += 1
            if char == "\\" and quotes == '"""':
                folded = _FOLDED_LINE.match(self.text, self.at)
                if folded is None:
                    pieces.append(self._escape())
                else:
                    self.at = folded.end()
            else:
                pieces.append(char)

    def _escape(self) -> str:
        char = self.peek()
        if char in _ESCAPES and char:
            self.at += 1
            return _ESCAPES[char]
        if char in _UNICODE_ESCAPES and char:
            return self._unicode_escape(char)
        self.at += 1
        if char in (" ", "\t"):
            raise self.error(f"invalid escape: '\\{char}'")
        raise self.error(f"invalid escape in string '\\{char or chr(0)}'", lines=0 if char else -1)

    def _unicode_escape(self, letter: str) -> str:
        length, in_words = _UNICODE_ESCAPES[letter]
        start = self.at + 1
        self.at = start
        for _ in range(length):
            if not re.match("[0-9a-fA-F]", self.peek()):
                self.at += 1
                shown = quote(self._so_far(start))
                raise self.error(f"expected {in_words} hexadecimal digits after '\\{letter}', but got {shown} instead")
            self.at += 1
        code = int(self.text[start : self.at], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise self.error(f"Escaped character '\\u{self.text[start : self.at]}' is not valid UTF-8.")
        return chr(code)

    def _so_far(self, at: int) -> str:
        """The string's content up to here, as the lexer holds it when it complains of an escape."""
        begin = max(self.text.rfind('"', 0, at), self.text.rfind("\n", 0, at)) + 1
        return self.text[begin : self.at]
