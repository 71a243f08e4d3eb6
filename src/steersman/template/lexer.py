"""Template text → tokens.

The rules, and the words of every error, are those of Go's text/template/parse: spaces are tokens, because they separate
arguments; `{{-` and `-}}` trim the text beside them; a mistake is a token of type ERROR, at which the parser stops.
"""

from __future__ import annotations

from steersman.lazy import pattern
from steersman.template.strconv import is_printable, quote

TEXT = "text"
LEFT_DELIM = "{{"
RIGHT_DELIM = "}}"
SPACE = "space"
IDENTIFIER = "identifier"
FIELD = "field"
VARIABLE = "variable"
DOT = "."
NIL = "nil"
BOOL = "bool"
NUMBER = "number"
COMPLEX = "complex"
CHAR_CONSTANT = "character constant"
STRING = "string"
RAW_STRING = "raw string"
PIPE = "|"
DECLARE = ":="
ASSIGN = "="
LEFT_PAREN = "("
RIGHT_PAREN = ")"
CHAR = "character"
KEYWORD = "keyword"
EOF = "EOF"
ERROR = "error"

KEYWORDS = frozenset(("block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"))

_SPACES = " \t\r\n"

# What may follow a name, a field or a variable.
_TERMINATOR = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"

_TOKEN = pattern(
    rf"""(?x)
      (?P<right>[ \t\r\n]-\}}\}}|\}}\}})
    | (?P<space>[ \t\r\n]+?(?=[ \t\r\n]-\}}\}})|[ \t\r\n]+)
    | (?P<field>\.(?![0-9])\w+{_TERMINATOR})
    | (?P<identifier>[^\W\d]\w*{_TERMINATOR})
    | (?P<variable>\$\w*{_TERMINATOR})
    | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
    | (?P<number>[0-9](?![0-9xXoObB._eEpPi+-]|\w)|[1-9][0-9]*(?![xX._eEpPi+-]|\w))
    | (?P<mark>\||:=|=|\(|\))
    | (?P<raw>`[^`]*`)
    | (?P<dot>\.(?=[ \t\r\n.,|:()]|\}}\}}|\Z))
    | (?P<character>'(?:[^'\\\n]|\\[^\n])*')
    """
)
_NUMBER = pattern(
    r"""(?x)[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?
      | 0[oO][0-7_]*\.?[0-7_]* | 0[bB][01_]*\.?[01_]*
      | [0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)i?"""
)
_MARKS = {"|": PIPE, ":=": DECLARE, "=": ASSIGN, "(": LEFT_PAREN, ")": RIGHT_PAREN}
_UNTERMINATED = {
    '"': "unterminated quoted string",
    "`": "unterminated raw quoted string",
    "'": "unterminated character constant",
}
_COMMENT_END = pattern(r"\*/(?:([ \t\r\n]-)?\}\})?")


class Token:
    """`position` counts characters from the start of the text; an ERROR's value is its message."""

    __slots__ = ("position", "type", "value")

    def __init__(self, type: str, value: str, position: int) -> None:
        self.type = type
        self.value = value
        self.position = position

    def __str__(self) -> str:
        """The token as error messages show it."""
        if self.type == EOF:
            return "EOF"
        if self.type == ERROR:
            return self.value
        if self.type in (KEYWORD, DOT, NIL):
            return f"<{self.value}>"
        if len(self.value) > 10:
            return quote(self.value[:10]) + "..."
        return quote(self.value)


def lex(text: str) -> list[Token]:
    """All tokens of a template; the last one is EOF or ERROR."""
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        text, tokens = self.text, self.tokens
        at = 0
        while True:
            left = text.find("{{", at)
            if left < 0:
                if at < len(text):
                    tokens.append(Token(TEXT, text[at:], at))
                tokens.append(Token(EOF, "", len(text)))
                return tokens
            trims = text.startswith("-", left + 2) and text[left + 3 : left + 4] in _SPACES and left + 3 < len(text)
            before = text[at:left]
            if trims:
                before = before.rstrip(_SPACES)
            if before:
                tokens.append(Token(TEXT, before, at))
            inside = left + (4 if trims else 2)
            if text.startswith("/*", inside):
                end = self._comment(left, inside)
            else:
                tokens.append(Token(LEFT_DELIM, "{{", left))
                end = self._action(inside)
            if end < 0:
                return tokens
            # a closing delimiter with a minus takes the space after it along
            at = end
            if text.startswith("-", end - 3):
                while at < len(text) and text[at] in _SPACES:
                    at += 1

    def _comment(self, left: int, start: int) -> int:
        match = _COMMENT_END.search(self.text, start + 2)
        if match is None:
            return self._error("unclosed comment", left)
        if not match[0].endswith("}}"):
            return self._error("comment ends before closing delimiter", left)
        return match.end()

    def _action(self, at: int) -> int:
        """Tokens up to the right delimiter; gives the place after it, or -1 after an error."""
        text, tokens = self.text, self.tokens
        match_token = _TOKEN.match
        depth = 0
        while True:
            match = match_token(text, at)
            if match is None:
                after = self._unusual(at)
                if after < 0:
                    return -1
                at = after
                continue
            kind = match.lastgroup
            value = match[0]
            end = match.end()
            if kind == "space":
                tokens.append(Token(SPACE, value, at))
            elif kind == "field":
                tokens.append(Token(FIELD, value, at))
            elif kind == "identifier":
                tokens.append(Token(_word_type(value), value, at))
            elif kind == "variable":
                tokens.append(Token(VARIABLE, value, at))
            elif kind == "string":
                tokens.append(Token(STRING, value, at))
            elif kind == "number":
                tokens.append(Token(NUMBER, value, at))
            elif kind == "mark":
                if value == "(":
                    depth += 1
                elif value == ")":
                    depth -= 1
                    if depth < 0:
                        return self._error("unexpected right paren", at)
                tokens.append(Token(_MARKS[value], value, at))
            elif kind == "right":
                if depth:
                    return self._error("unclosed left paren", at)
                tokens.append(Token(RIGHT_DELIM, "}}", end - 2))
                return end
            elif kind == "dot":
                tokens.append(Token(DOT, value, at))
            elif kind == "raw":
                tokens.append(Token(RAW_STRING, value, at))
            else:
                tokens.append(Token(CHAR_CONSTANT, value, at))
            at = end

    def _unusual(self, at: int) -> int:
        """What the token pattern does not know: numbers in rare notation, single characters and mistakes."""
        text = self.text
        if at >= len(text):
            return self._error("unclosed action", at)
        char = text[at]
        if char in "+-0123456789" or (char == "." and text[at + 1 : at + 2].isdigit()):
            return self._number(at)
        if char in "\"`'":
            return self._error(_UNTERMINATED[char], at)
        if char in ".$" or char == "_" or char.isalnum():
            end = at + 1
            while end < len(text) and (text[end] == "_" or text[end].isalnum()):
                end += 1
            return self._error(f"bad character {_unicode(text[end])}", at)
        if char == ":":
            return self._error("expected :=", at)
        if char < "\x7f" and is_printable(char):
            self.tokens.append(Token(CHAR, char, at))
            return at + 1
        return self._error(f"unrecognized character in action: {_unicode(char)}", at)

    def _number(self, at: int) -> int:
        end = self._scan_number(at)
        if end < 0:
            return -1
        if self.text[end : end + 1] in ("+", "-"):
            end = self._scan_number(end, start=at)
            if end < 0:
                return -1
            if self.text[end - 1] != "i":
                return self._bad_number(at, end)
            self.tokens.append(Token(COMPLEX, self.text[at:end], at))
        else:
            self.tokens.append(Token(NUMBER, self.text[at:end], at))
        return end

    def _scan_number(self, at: int, start: int | None = None) -> int:
        match = _NUMBER.match(self.text, at)
        end = match.end() if match else at
        following = self.text[end : end + 1]
        if following == "_" or following.isalnum():
            return self._bad_number(at if start is None else start, end + 1)
        return end

    def _bad_number(self, at: int, end: int) -> int:
        return self._error(f"bad number syntax: {quote(self.text[at:end])}", at)

    def _error(self, message: str, at: int) -> int:
        self.tokens.append(Token(ERROR, message, at))
        return -1


def _word_type(word: str) -> str:
    if word in KEYWORDS:
        return KEYWORD
    if word in ("true", "false"):
        return BOOL
    return NIL if word == "nil" else IDENTIFIER


def _unicode(char: str) -> str:
    """`%#U` of a character: `U+002E '.'`."""
    shown = f" '{char}'" if is_printable(char) else ""
    return f"U+{ord(char):04X}{shown}"
