"""The grammar of the v1 engine: text to tree, without recursion.

Syntax comes first: a name that does not exist is reported only when the whole text parses. Source
of the rules and words: the published expression library of the Azure DevOps SDK (ExpressionParser).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from penstock.language.casing import fold_case
from penstock.language.expressions import faults
from penstock.language.expressions.errors import ExpressionError, limit_error
from penstock.language.expressions.lexer import Token, tokens
from penstock.language.expressions.nodes import (
    Access,
    Call,
    Expression,
    ExpressionNode,
    Function,
    Literal,
    Name,
)
from penstock.language.expressions.values import Value

MAX_LENGTH = 21_000
MAX_DEPTH = 50

_WORD = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_BOOLEANS = {"TRUE": True, "FALSE": False}


def parse_expression(
    text: str, names: Collection[str], functions: Mapping[str, Function]
) -> Expression:
    """The tree of an expression that may use these names and functions; case is ignored in both."""
    if len(text) > MAX_LENGTH:
        raise limit_error(f"Exceeded max expression length {MAX_LENGTH}", text)
    return _Parser(text, names, functions).run()


class _Operand:
    """The value just read, which `.name` and `[index]` may still extend."""

    __slots__ = ("base", "end", "extensible", "steps")

    def __init__(self, base: ExpressionNode, extensible: bool) -> None:
        self.base = base
        self.extensible = extensible
        self.steps: list[ExpressionNode | None] = []
        self.end = base.end

    def extend(self, index: ExpressionNode | None, end: int) -> None:
        self.steps.append(index)
        self.end = end

    def node(self) -> ExpressionNode:
        if not self.steps:
            return self.base
        return Access(self.base, tuple(self.steps), self.base.start, self.end)


class _Open:
    """A call (`function` is None if unknown) or, with a `target`, an index, not closed yet."""

    __slots__ = ("arguments", "function", "target", "token")

    def __init__(
        self, token: Token, function: Function | None = None, target: _Operand | None = None
    ) -> None:
        self.token = token
        self.function = function
        self.target = target
        self.arguments: list[ExpressionNode] = []

    @property
    def maximum(self) -> float:
        if self.function is None or self.function.maximum is None:
            return float("inf")
        return self.function.maximum


class _Parser:
    """The state of one pass over the tokens of one expression.

    `last` is the kind of the token before; besides the token kinds it is "name" for a context,
    "function" for a function that waits for its parenthesis, "property" after a dot.
    """

    def __init__(
        self, text: str, names: Collection[str], functions: Mapping[str, Function]
    ) -> None:
        self.text = text
        self.names = names
        self.functions = functions
        self.open: list[_Open] = []
        self.operand: _Operand | None = None
        self.last = ""
        self.before: Token | None = None
        self.unknown: Token | None = None
        self.used_names: set[str] = set()
        self.used_functions: set[str] = set()

    def run(self) -> Expression:
        """The tree of the whole text."""
        for token in tokens(self.text):
            self._accept(token)
            self.before = token
            if len(self.open) >= MAX_DEPTH:
                raise limit_error(f"Exceeded max expression depth {MAX_DEPTH}", self.text)
        self._check_end()
        if self.unknown:
            raise self._unrecognized(self.unknown)
        assert self.operand is not None
        names, calls = frozenset(self.used_names), frozenset(self.used_functions)
        return Expression(self.text, self.operand.node(), names, calls)

    def _accept(self, token: Token) -> None:
        if self.last == ".":
            return self._property(token)
        if self.last == "function" and token.kind != "(" and self.before:
            raise faults.no_parenthesis(self.before, self.text)
        if self.last == "[*" and token.kind != "]":
            raise self._unexpected(token)
        match token.kind:
            case "word":
                self._word(token)
            case "string" | "number":
                self._value(token, Literal(token.value, token.start, token.end), token.kind)
            case "bad":
                raise self._unrecognized(token)
            case "(":
                self._open_call(token)
            case ",":
                self._separator(token)
            case ")":
                self._close_call(token)
            case "[":
                self.open.append(_Open(token, target=self._extensible(token)))
                self.operand, self.last = None, "["
            case "*":
                self._wildcard(token)
            case "]":
                self._close_index(token)
            case ".":
                self._extensible(token)
                self.last = "."
        return None

    def _word(self, token: Token) -> None:
        word = token.text
        if fold_case(word) in _BOOLEANS:
            value = _BOOLEANS[fold_case(word)]
            return self._value(token, Literal(value, token.start, token.end), "string")
        if self.operand is not None:
            raise self._unexpected(token)
        if _find(word, self.names) is not None:
            self.used_names.add(word)
            return self._value(token, Name(word, token.start, token.end), "name")
        name = _find(word, self.functions)
        if name is not None:
            self.used_functions.add(name)
            self.last = "function"
            return None
        self.unknown = self.unknown or token
        return self._value(token, Name(word, token.start, token.end), "unknown")

    def _value(self, token: Token, node: ExpressionNode, kind: str) -> None:
        if self.operand is not None:
            raise self._unexpected(token)
        self.operand = _Operand(node, extensible=kind in ("name", "unknown"))
        self.last = kind

    def _open_call(self, token: Token) -> None:
        if self.last not in ("function", "unknown") or self.before is None:
            raise self._unexpected(token)
        name = _find(self.before.text, self.functions)
        self.open.append(_Open(self.before, self.functions[name] if name else None))
        self.operand, self.last = None, "("

    def _separator(self, token: Token) -> None:
        frame = self._innermost_call()
        if frame is None or self.operand is None or len(frame.arguments) + 1 >= frame.maximum:
            raise self._unexpected(token)
        frame.arguments.append(self.operand.node())
        self.operand, self.last = None, ","

    def _close_call(self, token: Token) -> None:
        frame = self._innermost_call()
        if frame is None or self.last == ",":
            raise self._unexpected(token)
        if self.operand is not None:
            frame.arguments.append(self.operand.node())
        function = frame.function or _UNKNOWN
        if not function.minimum <= len(frame.arguments) <= frame.maximum:
            raise self._unexpected(token)
        self.open.pop()
        name, start = frame.token.text, frame.token.start
        call = Call(name, function, tuple(frame.arguments), start, token.end)
        self.operand, self.last = _Operand(call, extensible=True), ")"

    def _wildcard(self, token: Token) -> None:
        if self.last != "[":
            raise self._unexpected(token)
        self.last = "[*"

    def _close_index(self, token: Token) -> None:
        frame = self.open[-1] if self.open else None
        is_wildcard = self.last == "[*"
        if frame is None or frame.target is None or (self.operand is None) is not is_wildcard:
            raise self._unexpected(token)
        frame.target.extend(self.operand.node() if self.operand else None, token.end)
        self.open.pop()
        self.operand, self.last = frame.target, "]"

    def _property(self, token: Token) -> None:
        assert self.operand is not None
        if token.kind == "*":
            self.operand.extend(None, token.end)
        elif token.kind == "word" and _WORD.fullmatch(token.text):
            self.operand.extend(Literal(token.text, token.start, token.end), token.end)
        else:
            raise self._unexpected(token)
        self.last = "property"

    def _extensible(self, token: Token) -> _Operand:
        if self.operand is None or not self.operand.extensible or self.last == "[*":
            raise self._unexpected(token)
        return self.operand

    def _innermost_call(self) -> _Open | None:
        frame = self.open[-1] if self.open else None
        return frame if frame and frame.target is None else None

    def _check_end(self) -> None:
        last = self.before
        if last is None:
            raise faults.empty(self.text)
        if self.last == "function":
            raise faults.no_parenthesis(last, self.text)
        if self.last == ".":
            raise faults.no_property(last, self.text)
        if self.open:
            raise faults.unclosed(self.open[-1].token, self.text)

    def _unexpected(self, token: Token) -> ExpressionError:
        frame = self._innermost_call()
        return faults.unexpected(token, self.text, frame.function if frame else None)

    def _unrecognized(self, token: Token) -> ExpressionError:
        return faults.unrecognized(token, self.text, self.names, self.functions)


def _find(word: str, known: Collection[str]) -> str | None:
    """The name as it is known, whatever case it is written in."""
    if word in known:
        return word
    folded = fold_case(word)
    return next((name for name in known if fold_case(name) == folded), None)


def _never(_arguments: object) -> Value:
    raise AssertionError("an unknown function is refused before it is called")


_UNKNOWN = Function("", 0, None, _never)
