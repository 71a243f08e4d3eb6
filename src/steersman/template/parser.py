"""Tokens → nodes, by the grammar of Go's text/template/parse and with its errors.

What Go checks here is checked here too: that functions exist and that variables were declared, that `break` stands in a
`range`, that a pipeline's later stages can be called.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from steersman.template import lexer as lex
from steersman.template.failures import ParseError
from steersman.template.lexer import Token
from steersman.template.literals import LiteralError, number, unquote
from steersman.template.nodes import (
    Action,
    Bool,
    Branch,
    Break,
    Chain,
    Command,
    Continue,
    Definition,
    Dot,
    Field,
    Identifier,
    Nil,
    Number,
    Operand,
    Pipe,
    Statement,
    String,
    Template,
    Text,
    Variable,
)
from steersman.template.strconv import quote

# Nesting that people write stays below 20. Python's own compiler sets these bounds; Go's is 10000 parentheses.
MAX_PARENTHESES = 40
MAX_BLOCKS = 60
MAX_RANGES = 15


class NestedTooDeeply(ParseError):
    """Nesting beyond what this implementation takes."""


def parse(text: str, functions: Container[str]) -> list[Definition]:
    """All templates in a text: the text itself first, under the name "", then each that it defines.

    `functions` holds the names that a template may call. Raises ParseError.
    """
    return _Parser(text, functions).run()


class _End(NamedTuple):
    """What closed a list of statements: `end`, or `else` with the keyword of an `else if` or `else with`."""

    is_else: bool
    keyword: str = ""

    def __str__(self) -> str:
        return "{{else}}" if self.is_else else "{{end}}"


class _Parser:
    def __init__(self, text: str, functions: Container[str]) -> None:
        self.text = text
        self.functions = functions
        self.tokens = lex.lex(text)
        self.at = 0
        self.furthest = 0
        self.variables = ["$"]
        self.range_depth = 0
        self.block_depth = 0
        self.parentheses = 0
        self.action_start = -1  # where the action around the current token begins
        self.definitions: dict[str, Definition] = {}

    def run(self) -> list[Definition]:
        body: list[Statement] = []
        while self._peek().type != lex.EOF:
            if self._peek().type == lex.LEFT_DELIM:
                start = self.at
                self._next()
                if self._is_keyword(self._next_non_space(), "define"):
                    self._definition()
                    continue
                self.at = start
            statement = self._text_or_action()
            if isinstance(statement, _End):
                raise self._error(f"unexpected {statement}")
            body.append(statement)
        return [Definition("", body), *self.definitions.values()]

    # --- tokens ---------------------------------------------------------------------------------------------------

    def _next(self) -> Token:
        token = self.tokens[self.at]
        if self.at > self.furthest:
            self.furthest = self.at
        if self.at < len(self.tokens) - 1:  # EOF and ERROR stay
            self.at += 1
        return token

    def _peek(self) -> Token:
        if self.at > self.furthest:
            self.furthest = self.at
        return self.tokens[self.at]

    def _next_non_space(self) -> Token:
        token = self._next()
        return self._next() if token.type == lex.SPACE else token

    def _peek_non_space(self) -> Token:
        token = self._peek()
        if token.type == lex.SPACE:
            self.at += 1
            token = self._peek()
        return token

    def _expect(self, kind: str, context: str) -> Token:
        token = self._next_non_space()
        if token.type != kind:
            raise self._unexpected(token, context)
        return token

    @staticmethod
    def _is_keyword(token: Token, word: str) -> bool:
        return token.type == lex.KEYWORD and token.value == word

    # --- errors ---------------------------------------------------------------------------------------------------

    def _line(self, position: int) -> int:
        return self.text.count("\n", 0, position) + 1

    def _error(self, message: str) -> ParseError:
        return ParseError(message, self._line(self.tokens[self.furthest].position))

    def _unexpected(self, token: Token, context: str) -> ParseError:
        if token.type != lex.ERROR:
            return self._error(f"unexpected {token} in {context}")
        extra = ""
        started = self._line(self.action_start) if self.action_start >= 0 else 0
        if started and started != self._line(token.position):
            extra = f" in action started at %s:{started}"
            if token.value.endswith(" action"):
                extra = extra.removeprefix(" in action")
        return self._error(f"{token}{extra}")

    # --- statements -----------------------------------------------------------------------------------------------

    def _text_or_action(self) -> Statement | _End:
        token = self._next_non_space()
        if token.type == lex.TEXT:
            return Text(token.position, token.value)
        if token.type == lex.LEFT_DELIM:
            self.action_start = token.position
            action = self._action()
            self.action_start = -1
            return action
        raise self._unexpected(token, "input")

    def _statements(self) -> tuple[list[Statement], _End]:
        statements: list[Statement] = []
        while self._peek_non_space().type != lex.EOF:
            statement = self._text_or_action()
            if isinstance(statement, _End):
                return statements, statement
            statements.append(statement)
        raise self._error("unexpected EOF")

    def _action(self) -> Statement | _End:
        start = self.at
        token = self._next_non_space()
        if token.type == lex.KEYWORD:
            if token.value in ("if", "with", "range"):
                return self._branch(token.value)
            if token.value == "end":
                self._expect(lex.RIGHT_DELIM, "end")
                return _End(False)
            if token.value == "else":
                return self._else()
            if token.value == "template":
                return self._template(token)
            if token.value == "block":
                return self._block(token)
            if token.value in ("break", "continue"):
                return self._loop_control(token)
        self.at = start
        position = self._peek_non_space().position
        return Action(position, self._pipeline("command", lex.RIGHT_DELIM))

    def _else(self) -> _End:
        following = self._peek_non_space()
        if following.type == lex.KEYWORD and following.value in ("if", "with"):
            return _End(True, following.value)
        self._expect(lex.RIGHT_DELIM, "else")
        return _End(True)

    def _loop_control(self, token: Token) -> Statement:
        following = self._next_non_space()
        if following.type != lex.RIGHT_DELIM:
            raise self._unexpected(following, f"{{{{{token.value}}}}}")
        if not self.range_depth:
            raise self._error(f"{{{{{token.value}}}}} outside {{{{range}}}}")
        return Break(token.position) if token.value == "break" else Continue(token.position)

    def _branch(self, keyword: str) -> Branch:
        """`if`, `with` or `range` up to its end. A chain of `else if` is read in a loop, however long it is."""
        known = len(self.variables)
        self._enter_block(keyword)
        first = branch = self._branch_head(keyword)
        while True:
            branch.body, end = self._statements()
            if keyword == "range":
                self.range_depth -= 1
            if not end.is_else:
                break
            if end.keyword and end.keyword == keyword:
                self._next_non_space()
                following = self._branch_head(keyword)
                branch.otherwise = [following]
                branch = following
                continue
            branch.otherwise, end = self._statements()
            if end.is_else:
                raise self._error(f"expected end; found {end}")
            break
        self.block_depth -= 1
        del self.variables[known:]
        return first

    def _branch_head(self, keyword: str) -> Branch:
        pipe = self._pipeline(keyword, lex.RIGHT_DELIM)
        if keyword == "range":
            self.range_depth += 1
        return Branch(pipe.position, keyword, pipe)

    def _enter_block(self, keyword: str) -> None:
        self.block_depth += 1
        too_deep = self.block_depth > MAX_BLOCKS or (keyword == "range" and self.range_depth >= MAX_RANGES)
        if too_deep:
            line = self._line(self.tokens[self.furthest].position)
            raise NestedTooDeeply(f"{keyword} nested too deeply", line)

    def _template(self, token: Token) -> Template:
        context = "template clause"
        position = self._peek_non_space().position
        name = self._template_name(self._next_non_space(), context)
        pipe = None
        if self._peek_non_space().type == lex.RIGHT_DELIM:
            self._next()
        else:
            pipe = self._pipeline(context, lex.RIGHT_DELIM)
        return Template(position, name, pipe)

    def _block(self, token: Token) -> Template:
        context = "block clause"
        name_token = self._next_non_space()
        name = self._template_name(name_token, context)
        pipe = self._pipeline(context, lex.RIGHT_DELIM)
        self._define(name, context)
        return Template(name_token.position, name, pipe)

    def _template_name(self, token: Token, context: str) -> str:
        if token.type not in (lex.STRING, lex.RAW_STRING):
            raise self._unexpected(token, context)
        return self._unquote(token.value)

    def _definition(self) -> None:
        context = "define clause"
        name = self._template_name(self._next_non_space(), context)
        self._expect(lex.RIGHT_DELIM, context)
        self._define(name, context)

    def _define(self, name: str, context: str) -> None:
        """The body of a template of its own, which knows nothing of the variables and loops around it."""
        outer = self.variables, self.range_depth, self.action_start
        self.variables, self.range_depth, self.action_start = ["$"], 0, -1
        self._enter_block(context)
        body, end = self._statements()
        if end.is_else:
            raise self._error(f"unexpected {end} in {context}")
        self.block_depth -= 1
        definition = Definition(name, body)
        earlier = self.definitions.get(name)
        if earlier is None or earlier.is_empty():
            self.definitions[name] = definition
        elif not definition.is_empty():
            raise self._error(f"template: multiple definition of template {quote(name)}")
        self.variables, self.range_depth, self.action_start = outer

    # --- pipelines ------------------------------------------------------------------------------------------------

    def _pipeline(self, context: str, end: str) -> Pipe:
        pipe = Pipe(self._peek_non_space().position)
        self._declarations(pipe, context)
        while True:
            start = self.at
            token = self._next_non_space()
            if token.type == end:
                break
            if token.type not in _STARTS_OPERAND:
                raise self._unexpected(token, context)
            self.at = start
            pipe.commands.append(self._command())
        if not pipe.commands:
            raise self._error(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.operands[0], Bool | Dot | Nil | Number | String):
                raise self._error(f"non executable command in pipeline stage {stage}")
        return pipe

    def _declarations(self, pipe: Pipe, context: str) -> None:
        while self._peek_non_space().type == lex.VARIABLE:
            start = self.at
            variable = self._next()
            self._peek()
            following = self._peek_non_space()
            if following.type in (lex.ASSIGN, lex.DECLARE):
                pipe.is_assignment = following.type == lex.ASSIGN
                self._next()
                self._declare(pipe, variable)
                return
            if following.type != lex.CHAR or following.value != ",":
                self.at = start
                return
            self._next()
            self._declare(pipe, variable)
            if context != "range" or len(pipe.declared) >= 2:
                raise self._error(f"too many declarations in {context}")
            if self._peek_non_space().type not in (lex.VARIABLE, lex.RIGHT_DELIM, lex.RIGHT_PAREN):
                raise self._error("range can only initialize variables")

    def _declare(self, pipe: Pipe, variable: Token) -> None:
        pipe.declared.append(Variable(variable.position, variable.value, []))
        self.variables.append(variable.value)

    def _command(self) -> Command:
        command = Command(self._peek_non_space().position, [])
        while True:
            self._peek_non_space()
            operand = self._operand()
            if operand is not None:
                command.operands.append(operand)
            start = self.at
            token = self._next()
            if token.type == lex.SPACE:
                continue
            if token.type in (lex.RIGHT_DELIM, lex.RIGHT_PAREN):
                self.at = start
            elif token.type != lex.PIPE:
                raise self._unexpected(token, "operand")
            break
        if not command.operands:
            raise self._error("empty command")
        return command

    def _operand(self) -> Operand | None:
        term = self._term()
        if term is None or self._peek().type != lex.FIELD:
            return term
        position = self._peek().position
        fields = []
        while self._peek().type == lex.FIELD:
            fields.append(self._next().value[1:])
        if isinstance(term, Field):
            return Field(position, term.names + fields)
        if isinstance(term, Variable):
            return Variable(position, term.name, fields)
        if isinstance(term, Bool | String | Number | Nil | Dot):
            raise self._error(f"unexpected . after term {quote(str(term))}")
        return Chain(position, term, fields)

    def _term(self) -> Operand | None:
        start = self.at
        token = self._next_non_space()
        kind, position, value = token.type, token.position, token.value
        if kind == lex.FIELD:
            return Field(position, [value[1:]])
        if kind == lex.IDENTIFIER:
            if value not in self.functions:
                raise self._error(f"function {quote(value)} not defined")
            return Identifier(position, value)
        if kind in (lex.STRING, lex.RAW_STRING):
            return String(position, value, self._unquote(value))
        if kind == lex.DOT:
            return Dot(position)
        if kind == lex.VARIABLE:
            if value not in self.variables:
                raise self._error(f"undefined variable {quote(value)}")
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
        self.parentheses += 1
        if self.parentheses > MAX_PARENTHESES:
            line = self._line(self.tokens[self.furthest].position)
            raise NestedTooDeeply("max expression depth exceeded", line)
        pipe = self._pipeline("parenthesized pipeline", lex.RIGHT_PAREN)
        self.parentheses -= 1
        return pipe

    def _number(self, position: int, text: str) -> Number:
        try:
            return number(position, text)
        except LiteralError as error:
            raise self._error(str(error)) from error

    def _unquote(self, text: str) -> str:
        try:
            return unquote(text)
        except LiteralError as error:
            raise self._error(str(error)) from error


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
