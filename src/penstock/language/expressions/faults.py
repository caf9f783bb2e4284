"""The words for what does not parse: the service's text, and for people what was meant instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

from penstock.language.expressions.errors import ExpressionError, syntax_error
from penstock.language.expressions.lexer import Token
from penstock.language.expressions.nodes import Function

_QUOTED = "'(?:[^']|'')*'"
OPERATORS = {
    "&&": "and(a, b)",
    "||": "or(a, b)",
    "==": "eq(a, b)",
    "!=": "ne(a, b)",
    "<=": "le(a, b)",
    ">=": "ge(a, b)",
    "<": "lt(a, b)",
    ">": "gt(a, b)",
    "!": "not(a)",
    "+": "format('{0}{1}', a, b)",
    "?": "iif(condition, a, b)",
}
"""What to write for the operators of other languages."""


def unexpected(token: Token, text: str, function: Function | None) -> ExpressionError:
    """A token that cannot stand here; `function` is the innermost call around it."""
    help = _operator_help(token.text) or _symbol_help(token, text, function)
    return syntax_error("Unexpected symbol", token.text, token.start, text, help=help)


def _symbol_help(token: Token, text: str, function: Function | None) -> str | None:
    symbol, before = token.text, text[: token.start].rstrip()
    if '"' in re.sub(_QUOTED, "", text[: token.end]):
        return "text stands in single quotes: '...'"
    if symbol == "(":
        return "parentheses only enclose the arguments of a function"
    if "-" in symbol and before.endswith("."):
        return f"a name with a hyphen is looked up with brackets: ['{symbol}']"
    if symbol in ("),") and before.endswith(","):
        return "an argument is missing after the comma before it; or remove that comma"
    if function and symbol in "),":
        return f'"{function.name}" takes {_count(function)}{_arguments_help(symbol, function)}'
    if symbol == "]" and before.endswith("["):
        return "an index is a key or a number: ['name'] or [0]"
    return _STRAY.get(symbol, "put a comma between arguments, and single quotes around text")


_STRAY = {
    ")": 'remove it, or close what was opened before it: there is no "(" for it to close',
    "]": 'remove it, or close what was opened before it: there is no "[" for it to close',
    ",": "commas stand between the arguments of a function only",
    ".": "only contexts and what functions return have properties",
}


def _arguments_help(symbol: str, function: Function) -> str:
    if symbol == ",":
        return ""
    return ": leave its ( ) empty" if function.maximum == 0 else ': give them before the ")"'


def unrecognized(
    token: Token, text: str, names: Iterable[str], functions: Iterable[str]
) -> ExpressionError:
    """A name that does not exist here, or characters that mean nothing.

    `names` and `functions` are those that do.
    """
    word = token.text
    if token.kind == "bad":
        return _malformed(token, text)
    help = _operator_help(word)
    if help is None and word.startswith('"'):
        help = "text stands in single quotes: '...'"
    elif help is None and word.startswith("$"):
        help = "inside an expression a variable is read as variables['name']"
    elif help is None and "-" in word:
        help = "a name with a hyphen is looked up with brackets: a['b-c']"
    shown = word if word.startswith('"') else f'"{word}"'
    return syntax_error(
        "Unrecognized value",
        word,
        token.start,
        text,
        code="PS1302",
        summary=f"{shown} is neither a function nor a value that can be used here",
        help=help or _nearest_help(token, text, list(names), list(functions)),
    )


def no_parenthesis(token: Token, text: str) -> ExpressionError:
    """The name of a function without its arguments."""
    return syntax_error(
        "Expected '(' to follow a function",
        token.text,
        token.start,
        text,
        summary=f'"{token.text}" is a function and needs its arguments in parentheses',
        help=f"write {token.text}(...), or '{token.text}' if the text is meant",
    )


def no_property(token: Token, text: str) -> ExpressionError:
    """A dot at the end."""
    return syntax_error(
        "Expected a property name to follow the dereference operator '.'",
        token.text,
        token.start,
        text,
        summary="a property name is missing after the last dot",
        help="name a property, or remove the dot",
    )


def unclosed(token: Token, text: str) -> ExpressionError:
    """A call or an index whose end is missing."""
    is_index = token.text == "["
    closing = "]" if is_index else ")"
    return syntax_error(
        "Unclosed indexer" if is_index else "Unclosed function",
        token.text,
        token.start,
        text,
        summary=f'"{token.text}" is never closed',
        help=f'add the missing "{closing}"',
    )


def empty(text: str) -> ExpressionError:
    """No expression at all."""
    return ExpressionError(
        "An expression was expected",
        0,
        text,
        code="PS1301",
        summary="an expression is expected here, and there is none",
        help="write one, for example eq(variables['name'], 'value')",
    )


def _malformed(token: Token, text: str) -> ExpressionError:
    is_text = token.text.startswith("'")
    return syntax_error(
        "Unrecognized value",
        token.text,
        token.start,
        text,
        summary="this text is never closed"
        if is_text
        else f'"{token.text}" is neither a number nor a version',
        help="add the closing single quote; a quote inside a text is doubled"
        if is_text
        else f"put text in single quotes: '{token.text}'",
    )


def _operator_help(word: str) -> str | None:
    if re.fullmatch("<[A-Za-z][^<>]*>", word):
        return f"{word} stands for a name or a value of yours: write that in its place"
    for operator, form in OPERATORS.items():
        if word.startswith(operator):
            return f'there are no operators: instead of "{operator}" write {form}'
    return None


def _nearest_help(token: Token, text: str, names: list[str], functions: list[str]) -> str:
    from penstock.language.diagnostics import nearest

    is_called = text[token.end :].lstrip().startswith("(")
    close = nearest(token.text, functions if is_called else names + functions)
    if close:
        return f'did you mean "{close}"?'
    if is_called:
        return f"the functions here are {', '.join(functions)}"
    return f"put text in single quotes: '{token.text}'"


def _count(function: Function) -> str:
    low, high = function.minimum, function.maximum
    if high is None:
        return f"{low} or more arguments"
    plural = "" if high == 1 else "s"
    return f"{high} argument{plural}" if low == high else f"{low} to {high} argument{plural}"
