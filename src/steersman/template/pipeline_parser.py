"""Tokens → pipelines: the part of the grammar that stands inside of an action.

What Go checks here is checked here too: that functions exist and variables were declared, that a pipeline's later stages can
be called.
"""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template import lexer as lex
from steersman.template.failures import ParseError
from steersman.template.lexer import Token
from steersman.template.literals import LiteralError, number, unquote
from steersman.template.nodes import (
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    Number,
    Operand,
    Pipe,
    String,
    Variable,
)
from steersman.template.strconv import quote

if TYPE_CHECKING:
    from collections.abc import Container

# Nesting that people write stays below 20. Python's own compiler sets this bound; Go's is 10000.
MAX_PARENTHESES = 40


class NestedTooDeeply(ParseError):
    """Nesting beyond what this implementation takes."""


class PipelineParser:
    """Reads tokens one after the other. `furthest` is the last one that was looked at: errors name its line, as in Go."""

    def __init__(self, text: str, functions: Container[str]) -> None:
        self.text = text
        self.functions = functions
        self.tokens = lex.lex(text)
        self.at = 0
        self.furthest = 0
        self.variables = ["$"]
        self.action_start = -1  # where the action around the current token begins
        self._parentheses = 0

    # --- tokens ---------------------------------------------------------------------------------------------------

    def next(self) -> Token:
        token = self.tokens[self.at]
        if self.at > self.furthest:
            self.furthest = self.at
        if self.at < len(self.tokens) - 1:  # EOF and ERROR stay
            self.at += 1
        return token

    def peek(self) -> Token:
        if self.at > self.furthest:
            self.furthest = self.at
        return self.tokens[self.at]

    def next_non_space(self) -> Token:
        token = self.next()
        return self.next() if token.type == lex.SPACE else token

    def peek_non_space(self) -> Token:
        token = self.peek()
        if token.type == lex.SPACE:
            self.at += 1
            token = self.peek()
        return token

    def expect(self, kind: str, context: str) -> Token:
        token = self.next_non_space()
        if token.type != kind:
            raise self.unexpected(token, context)
        return token

    @staticmethod
    def is_keyword(token: Token, word: str) -> bool:
        return token.type == lex.KEYWORD and token.value == word

    # --- errors ---------------------------------------------------------------------------------------------------

    def line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def error(self, message: str) -> ParseError:
        return ParseError(message, self.line(self.tokens[self.furthest].position))

    def unexpected(self, token: Token, context: str) -> ParseError:
        if token.type != lex.ERROR:
            return self.error(f"unexpected {token} in {context}")
        extra = ""
        started = self.line(self.action_start) if self.action_start >= 0 else 0
        if started and started != self.line(token.position):
            extra = f" in action started at %s:{started}"
            if token.value.endswith(" action"):
                extra = extra.removeprefix(" in action")
        return self.error(f"{token}{extra}")

    # --- pipelines ------------------------------------------------------------------------------------------------

    def pipeline(self, context: str, end: str) -> Pipe:
        pipe = Pipe(self.peek_non_space().position)
        self._declarations(pipe, context)
        while True:
            start = self.at
            token = self.next_non_space()
            if token.type == end:
                break
            if token.type not in _STARTS_OPERAND:
                raise self.unexpected(token, context)
            self.at = start
            pipe.commands.append(self._command())
        if not pipe.commands:
            raise self.error(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.operands[0], Bool | Dot | Nil | Number | String):
                raise self.error(f"non executable command in pipeline stage {stage}")
        return pipe

    def _declarations(self, pipe: Pipe, context: str) -> None:
        while self.peek_non_space().type == lex.VARIABLE:
            start = self.at
            variable = self.next()
            self.peek()
            following = self.peek_non_space()
            if following.type in (lex.ASSIGN, lex.DECLARE):
                pipe.is_assignment = following.type == lex.ASSIGN
                self.next()
                self._declare(pipe, variable)
                return
            if following.type != lex.CHAR or following.value != ",":
                self.at = start
                return
            self.next()
            self._declare(pipe, variable)
            if context != "range" or len(pipe.declared) >= 2:
                raise self.error(f"too many declarations in {context}")
            if self.peek_non_space().type not in (lex.VARIABLE, lex.RIGHT_DELIM, lex.RIGHT_PAREN):
                raise self.error("range can only initialize variables")

    def _declare(self, pipe: Pipe, variable: Token) -> None:
        pipe.declared.append(Variable(variable.position, variable.value, []))
        self.variables.append(variable.value)

    def _command(self) -> Command:
        command = Command(self.peek_non_space().position, [])
        while True:
            self.peek_non_space()
            operand = self._operand()
            if operand is not None:
                command.operands.append(operand)
            start = self.at
            token = self.next()
            if token.type == lex.SPACE:
                continue
            if token.type in (lex.RIGHT_DELIM, lex.RIGHT_PAREN):
                self.at = start
            elif token.type != lex.PIPE:
                raise self.unexpected(token, "operand")
            break
        if not command.operands:
            raise self.error("empty command")
        return command

    def _operand(self) -> Operand | None:
        term = self._term()
        if term is None or self.peek().type != lex.FIELD:
            return term
        position = self.peek().position
        fields = []
        while self.peek().type == lex.FIELD:
            fields.append(self.next().value[1:])
        if isinstance(term, Field):
            return Field(position, term.names + fields)
        if isinstance(term, Variable):
            return Variable(position, term.name, fields)
        if isinstance(term, Bool | String | Number | Nil | Dot):
            raise self.error(f"unexpected . after term {quote(str(term))}")
        return Chain(position, term, fields)

    def _term(self) -> Operand | None:
        start = self.at
        token = self.next_non_space()
        kind, position, value = token.type, token.position, token.value
        if kind == lex.FIELD:
            return Field(position, [value[1:]])
        if kind == lex.IDENTIFIER:
            if value not in self.functions:
                raise self.error(f"function {quote(value)} not defined")
            return Identifier(position, value)
        if kind in (lex.STRING, lex.RAW_STRING):
            return String(position, value, self.unquote(value))
        if kind == lex.DOT:
            return Dot(position)
        if kind == lex.VARIABLE:
            if value not in self.variables:
                raise self.error(f"undefined variable {quote(value)}")
            return Variable(position, value, [])
        if kind == lex.LEFT_PAREN:
            return self._parenthesised()
        if kind in (lex.NUMBER, lex.CHAR_CONSTANT, lex.COMPLEX):
            return self._number(position, value)
        if kind == lex.BOOL:
            return Bool(position, value == "true")
        if kind == lex.NIL:
            return Nil(position)
        self.at = start
        return None

    def _parenthesised(self) -> Pipe:
        self._parentheses += 1
        if self._parentheses > MAX_PARENTHESES:
            line = self.line(self.tokens[self.furthest].position)
            raise NestedTooDeeply("max expression depth exceeded", line)
        pipe = self.pipeline("parenthesized pipeline", lex.RIGHT_PAREN)
        self._parentheses -= 1
        return pipe

    def _number(self, position: int, text: str) -> Number:
        try:
            return number(position, text)
        except LiteralError as error:
            raise self.error(str(error)) from error

    def unquote(self, text: str) -> str:
        try:
            return unquote(text)
        except LiteralError as error:
            raise self.error(str(error)) from error


_STARTS_OPERAND = frozenset(
    (
        lex.BOOL,
        lex.CHAR_CONSTANT,
        lex.COMPLEX,
        lex.DOT,
        lex.FIELD,
        lex.IDENTIFIER,
        lex.NUMBER,
        lex.NIL,
        lex.RAW_STRING,
        lex.STRING,
        lex.VARIABLE,
        lex.LEFT_PAREN,
    )
)
