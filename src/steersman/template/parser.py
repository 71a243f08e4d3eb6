"""Tokens → nodes, by the grammar of Go's text/template/parse and with its errors."""

from __future__ import annotations

from steersman.lazy import TYPE_CHECKING
from steersman.template import lexer as lex
from steersman.template.lexer import Token
from steersman.template.nodes import Action, Branch, Break, Continue, Definition, Statement, Template, Text
from steersman.template.pipeline_parser import NestedTooDeeply, PipelineParser
from steersman.template.strconv import quote

if TYPE_CHECKING:
    from collections.abc import Container

# Python's own compiler sets these bounds.
MAX_BLOCKS = 60
MAX_RANGES = 15


def parse(text: str, functions: Container[str]) -> list[Definition]:
    """All templates in a text: the text itself first, under the name "", then each that it defines.

    `functions` holds the names that a template may call. Raises ParseError.
    """
    return _Parser(text, functions).run()


class _End:
    """What closed a list of statements: `end`, or `else` with the keyword of an `else if` or `else with`."""

    __slots__ = ("is_else", "keyword")

    def __init__(self, is_else: bool, keyword: str = "") -> None:
        self.is_else = is_else
        self.keyword = keyword

    def __str__(self) -> str:
        return "{{else}}" if self.is_else else "{{end}}"


class _Parser(PipelineParser):
    def __init__(self, text: str, functions: Container[str]) -> None:
        super().__init__(text, functions)
        self.range_depth = 0
        self.block_depth = 0
        self.definitions: dict[str, Definition] = {}

    def run(self) -> list[Definition]:
        body: list[Statement] = []
        while self.peek().type != lex.EOF:
            if self.peek().type == lex.LEFT_DELIM:
                start = self.at
                self.next()
                if self.is_keyword(self.next_non_space(), "define"):
                    self._definition()
                    continue
                self.at = start
            statement = self._text_or_action()
            if isinstance(statement, _End):
                raise self.error(f"unexpected {statement}")
            body.append(statement)
        return [Definition("", body), *self.definitions.values()]

    # --- statements -----------------------------------------------------------------------------------------------

    def _text_or_action(self) -> Statement | _End:
        token = self.next_non_space()
        if token.type == lex.TEXT:
            return Text(token.position, token.value)
        if token.type == lex.LEFT_DELIM:
            self.action_start = token.position
            action = self._action()
            self.action_start = -1
            return action
        raise self.unexpected(token, "input")

    def _statements(self) -> tuple[list[Statement], _End]:
        statements: list[Statement] = []
        while self.peek_non_space().type != lex.EOF:
            statement = self._text_or_action()
            if isinstance(statement, _End):
                return statements, statement
            statements.append(statement)
        raise self.error("unexpected EOF")

    def _action(self) -> Statement | _End:
        start = self.at
        token = self.next_non_space()
        if token.type == lex.KEYWORD:
            if token.value in ("if", "with", "range"):
                return self._branch(token.value)
            if token.value == "end":
                self.expect(lex.RIGHT_DELIM, "end")
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
        position = self.peek_non_space().position
        return Action(position, self.pipeline("command", lex.RIGHT_DELIM))

    def _else(self) -> _End:
        following = self.peek_non_space()
        if following.type == lex.KEYWORD and following.value in ("if", "with"):
            return _End(True, following.value)
        self.expect(lex.RIGHT_DELIM, "else")
        return _End(True)

    def _loop_control(self, token: Token) -> Statement:
        following = self.next_non_space()
        if following.type != lex.RIGHT_DELIM:
            raise self.unexpected(following, f"{{{{{token.value}}}}}")
        if not self.range_depth:
            raise self.error(f"{{{{{token.value}}}}} outside {{{{range}}}}")
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
                self.next_non_space()
                following = self._branch_head(keyword)
                branch.otherwise = [following]
                branch = following
                continue
            branch.otherwise, end = self._statements()
            if end.is_else:
                raise self.error(f"expected end; found {end}")
            break
        self.block_depth -= 1
        del self.variables[known:]
        return first

    def _branch_head(self, keyword: str) -> Branch:
        pipe = self.pipeline(keyword, lex.RIGHT_DELIM)
        if keyword == "range":
            self.range_depth += 1
        return Branch(pipe.position, keyword, pipe)

    def _enter_block(self, keyword: str) -> None:
        self.block_depth += 1
        too_deep = self.block_depth > MAX_BLOCKS or (keyword == "range" and self.range_depth >= MAX_RANGES)
        if too_deep:
            line = self.line(self.tokens[self.furthest].position)
            raise NestedTooDeeply(f"{keyword} nested too deeply", line)

    def _template(self, token: Token) -> Template:
        context = "template clause"
        position = self.peek_non_space().position
        name = self._template_name(self.next_non_space(), context)
        pipe = None
        if self.peek_non_space().type == lex.RIGHT_DELIM:
            self.next()
        else:
            pipe = self.pipeline(context, lex.RIGHT_DELIM)
        return Template(position, name, pipe)

    def _block(self, token: Token) -> Template:
        context = "block clause"
        name_token = self.next_non_space()
        name = self._template_name(name_token, context)
        pipe = self.pipeline(context, lex.RIGHT_DELIM)
        self._define(name, context)
        return Template(name_token.position, name, pipe)

    def _template_name(self, token: Token, context: str) -> str:
        if token.type not in (lex.STRING, lex.RAW_STRING):
            raise self.unexpected(token, context)
        return self.unquote(token.value)

    def _definition(self) -> None:
        context = "define clause"
        name = self._template_name(self.next_non_space(), context)
        self.expect(lex.RIGHT_DELIM, context)
        self._define(name, context)

    def _define(self, name: str, context: str) -> None:
        """The body of a template of its own, which knows nothing of the variables and loops around it."""
        outer = self.variables, self.range_depth, self.action_start
        self.variables, self.range_depth, self.action_start = ["$"], 0, -1
        self._enter_block(context)
        body, end = self._statements()
        if end.is_else:
            raise self.error(f"unexpected {end} in {context}")
        self.block_depth -= 1
        definition = Definition(name, body)
        earlier = self.definitions.get(name)
        if earlier is None or earlier.is_empty():
            self.definitions[name] = definition
        elif not definition.is_empty():
            raise self.error(f"template: multiple definition of template {quote(name)}")
        self.variables, self.range_depth, self.action_start = outer
