"""Texts taken apart and expressions parsed, each once in a compile."""

from __future__ import annotations

from penstock.language.expressions import GENERAL, Expression, ExpressionError, parse
from penstock.language.templates.texts import Parts, TextError, take_apart


class Compiled:
    """Remembers the parts of texts and the trees of expressions, or what is wrong with them."""

    def __init__(self) -> None:
        self._parts: dict[str, Parts | TextError] = {}
        self._expressions: dict[tuple[str, frozenset[str]], Expression | ExpressionError] = {}

    def parts(self, text: str) -> Parts | TextError:
        """The parts of a text that holds `${{`."""
        parts = self._parts.get(text)
        if parts is None:
            try:
                parts = take_apart(text)
            except TextError as error:
                parts = error
            self._parts[text] = parts
        return parts

    def expression(self, text: str, names: frozenset[str]) -> Expression | ExpressionError:
        """The tree of a template expression that may use these names."""
        tree = self._expressions.get((text, names))
        if tree is None:
            try:
                tree = parse(text, names=names, functions=GENERAL)
            except ExpressionError as error:
                tree = error
            self._expressions[text, names] = tree
        return tree
