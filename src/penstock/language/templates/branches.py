"""Which ways through the `if`s and `each`es of its files a compile took: the facts of coverage."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.language.source import Span
from penstock.language.templates.texts import OPEN, Directive, TextError, take_apart
from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record


@record(kw_only=False)
class Spot:
    """Where a directive stands; the same in every compile of the same files."""

    file: str
    line: int
    column: int

    @staticmethod
    def of(span: Span) -> Spot:
        """The spot at which a span begins."""
        return Spot(span.source.label, span.line, span.column)


class Taken:
    """The outcomes that the directives of a compile had: True where the body was read."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[tuple[Spot, bool]] = set()

    def note(self, key: Scalar, outcome: bool) -> None:
        """Remember an outcome of the directive that is this key."""
        self._seen.add((Spot.of(key.span), outcome))

    def outcomes(self) -> frozenset[tuple[Spot, bool]]:
        """Every spot with every outcome it had."""
        return frozenset(self._seen)


@record(kw_only=False)
class Branch:
    """One way through a file.

    `keyword` and `text` are the directive's. With `outcome` False it is the way past an `if` chain
    that has no `else`: none of its conditions holds; the directive is the last of the chain.
    """

    span: Span
    keyword: str
    text: str
    outcome: bool


def branches_of(root: Node | None) -> Iterator[Branch]:
    """Every branch of a file, in the order written."""
    if isinstance(root, Mapping):
        yield from _of_chains([entry.key for entry in root.entries], is_list=False)
        for entry in root.entries:
            yield from branches_of(entry.value)
    elif isinstance(root, Sequence):
        lone = [
            item.entries[0].key
            for item in root.items
            if isinstance(item, Mapping) and len(item.entries) == 1
        ]
        yield from _of_chains(lone, is_list=True)
        for item in root.items:
            is_lone = isinstance(item, Mapping) and len(item.entries) == 1
            if isinstance(item, Mapping) and is_lone and _directive(item.entries[0].key, True):
                yield from branches_of(item.entries[0].value)
            else:
                yield from branches_of(item)


def _of_chains(keys: list[Scalar], *, is_list: bool) -> Iterator[Branch]:
    """The branches of the directives among the keys of a mapping, or the items of a list."""
    open_end: Branch | None = None
    for key in keys:
        directive = _directive(key, is_list)
        if directive is None:
            continue
        text = directive.code.text if directive.code else ""
        if directive.keyword in ("if", "each", "insert") and open_end is not None:
            yield open_end
            open_end = None
        if directive.keyword == "insert":
            continue
        if directive.keyword == "each":
            text = f"{directive.variable} in {text}"
        yield Branch(key.span, directive.keyword, text, True)
        if directive.keyword in ("if", "elseif"):
            open_end = Branch(key.span, directive.keyword, text, False)
        elif directive.keyword == "else":
            open_end = None
    if open_end is not None:
        yield open_end


def _directive(key: Scalar, is_list: bool) -> Directive | None:
    """The directive a key is. An `insert` that is an item of a list ends no chain there."""
    if OPEN not in key.value:
        return None
    try:
        parts = take_apart(key.value)
    except TextError:
        return None
    if not isinstance(parts, Directive) or (is_list and parts.keyword == "insert"):
        return None
    return parts
