"""Expands texts, mappings and lists in a scope: expressions, `if` chains, `each`, `insert`.

Mappings and lists are expanded lazily, one entry or item at a time, so that variables read on the
way are seen by what follows. What the parts mean is decided by the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.language.casing import fold_case
from penstock.language.expressions import (
    Array,
    ExpressionError,
    Object,
    Value,
    evaluate,
    kind_of,
    to_boolean,
    to_text,
)
from penstock.language.origins import Frame
from penstock.language.places import place_in
from penstock.language.source import Span
from penstock.language.templates.branches import Taken
from penstock.language.templates.compiled import Compiled
from penstock.language.templates.complaints import directives as complaints
from penstock.language.templates.observed import Observed
from penstock.language.templates.reports import Exhausted, Failed, Reports
from penstock.language.templates.scope import Scope, is_taken
from penstock.language.templates.texts import (
    OPEN,
    Code,
    Directive,
    Lone,
    Mixed,
    Parts,
    TextError,
)
from penstock.language.templates.values import Bridge
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.records import record

MAX_EVENTS = 50_000  # the largest of the open pipelines that were tried takes 7,500
MAX_CHARACTERS = 20_000_000


@record(kw_only=False)
class Field:
    """One expanded key, with its value still to be read in a scope."""

    key: Scalar
    value: Node
    scope: Scope


class _Chain:
    """The `if` chain that is open among the entries of one mapping or the items of one list."""

    __slots__ = ("in_list", "state")

    def __init__(self, *, in_list: bool) -> None:
        self.in_list = in_list
        self.state = "none"  # none, open (nothing taken yet), taken, closed (after else)


class Expansion:
    """The expander of one compile. It holds what is shared between files: caches and limits.

    `failures` counts the entries and items that were left out; `taken` knows the outcomes of the
    directives; `observed`, if given, is told the value of every expression.
    """

    def __init__(self, reports: Reports, observed: Observed | None = None) -> None:
        self.reports = reports
        self._observed = observed
        self.bridge = Bridge()
        self.compiled = Compiled()
        self.taken = Taken()
        self._plain: set[int] = set()
        self.failures = 0
        self._events = 0
        self._characters = 0

    # --- texts

    def resolve(self, node: Node, scope: Scope) -> tuple[Node, Scope]:
        """The node, or what its expression stands for; Failed when it has no value."""
        if not scope.live or type(node) is not Scalar or OPEN not in node.value:
            return node, scope
        parts = self.parts(node)
        self.spend(node.span, scope)
        if isinstance(parts, Lone):
            value = self.value(parts.code, node, scope)
            found = self._node(value, node, scope)
        else:
            found = Scalar(self._mixed(parts, node, scope), node.span, "single")
        if isinstance(found, Scalar):
            self.spend(node.span, scope, characters=len(found.value))
        return found, scope.literal()

    def key(self, scalar: Scalar, scope: Scope) -> Scalar:
        """A key with its expressions replaced by text."""
        if not scope.live or OPEN not in scalar.value:
            return scalar
        found, _ = self.resolve(scalar, scope)
        if not isinstance(found, Scalar):
            raise self.reports.add(complaints.key_not_text(scalar, found), scope.includes)
        return found

    def parts(self, scalar: Scalar) -> Parts:
        """The parts of a text with expressions; raises Failed when it is malformed (see check)."""
        parts = self.compiled.parts(scalar.value)
        if isinstance(parts, TextError):
            raise Failed
        return parts

    def value(self, code: Code, host: Scalar, scope: Scope) -> Value:
        """The value of an expression; raises Failed when it cannot be had, which is reported."""
        expression = self.compiled.expression(code.text, scope.names)
        if isinstance(expression, ExpressionError):
            raise Failed
        try:
            value = evaluate(expression, scope.visible())
        except ExpressionError as error:
            raise self._fault(error, code, host, scope) from error
        if self._observed is not None:
            self._observed.note(host.span, code.offset, value)
        return value

    def _node(self, value: Value, host: Scalar, scope: Scope) -> Node:
        try:
            return self.bridge.node_of(value, host.span)
        except ExpressionError as error:
            raise self._fault(error, Code(host.value, 0), host, scope) from error

    def _mixed(self, parts: Parts, host: Scalar, scope: Scope) -> str:
        if isinstance(parts, Directive):
            raise Failed
        assert isinstance(parts, Mixed)
        texts = []
        for piece in parts.pieces:
            if isinstance(piece, str):
                texts.append(piece)
                continue
            self.spend(host.span, scope)
            value = self.value(piece, host, scope)
            try:
                texts.append(to_text(value))
            except ExpressionError as error:
                raise self._fault(error, piece, host, scope) from error
        return "".join(texts)

    def _fault(self, error: ExpressionError, code: Code, host: Scalar, scope: Scope) -> Failed:
        def at(start: int, end: int) -> Span:
            return place_in(host.value, host.span, code.offset + start, max(1, end - start))

        error.locate(0, len(code.text), code.text)  # a value that fits no text fails as a whole
        return self.reports.add(error.diagnostic(at), scope.includes)

    # --- whole values

    def expand(self, node: Node, scope: Scope) -> Node:
        """The node with everything in it expanded; Failed only when nothing of it is left."""
        node, scope = self.resolve(node, scope)
        if isinstance(node, Scalar) or not scope.live or id(node) in self._plain:
            return node
        if isinstance(node, Sequence):
            return Sequence(tuple(self._expanded_items(node, scope)), node.span)
        return Mapping(tuple(self._expanded_entries(node, scope)), node.span)

    def _expanded_items(self, node: Sequence, scope: Scope) -> Iterator[Node]:
        for item, inner in self.items(node, scope):
            try:
                yield self.expand(item, inner)
            except Failed:
                self.failures += 1

    def _expanded_entries(self, node: Mapping, scope: Scope) -> Iterator[Entry]:
        for field in self.fields(node, scope):
            try:
                yield Entry(field.key, self.expand(field.value, field.scope))
            except Failed:
                self.failures += 1

    # --- mappings and lists

    def fields(self, mapping: Mapping, scope: Scope) -> Iterable[Field]:
        """The entries of a mapping, directives carried out; a key that comes twice is reported."""
        if (
            not scope.live
            or id(mapping) in self._plain
            or not any(OPEN in entry.key.value for entry in mapping.entries)
        ):
            return [Field(entry.key, entry.value, scope) for entry in mapping.entries]
        return self._expanded_fields(mapping, scope)

    def _expanded_fields(self, mapping: Mapping, scope: Scope) -> Iterator[Field]:
        seen: dict[str, Scalar] = {}
        for field in self._entries(mapping, scope):
            first = seen.setdefault(fold_case(field.key.value), field.key)
            if first is field.key:
                yield field
            else:
                self.reports.add(complaints.key_repeated(field.key, first), scope.includes)

    def _entries(self, mapping: Mapping, scope: Scope) -> Iterator[Field]:
        chain = _Chain(in_list=False)
        for entry in mapping.entries:
            key = entry.key
            if OPEN not in key.value:
                yield Field(key, entry.value, scope)
                continue
            self.spend(key.span, scope)
            try:
                parts = self.parts(key)
                if not isinstance(parts, Directive):
                    yield Field(self.key(key, scope), entry.value, scope)
                    continue
                for inner in self._scopes(parts, key, scope, chain):
                    yield from self._merged(entry.value, inner, key)
            except Failed:
                self.failures += 1

    def _merged(self, body: Node, scope: Scope, key: Scalar) -> Iterator[Field]:
        node, scope = self.resolve(body, scope)
        if isinstance(node, Mapping):
            if scope.live:
                yield from self._entries(node, scope)
            else:
                for entry in node.entries:
                    yield Field(entry.key, entry.value, scope)
            return
        raise self.reports.add(complaints.body_not_mapping(node, key), scope.includes)

    def items(self, sequence: Sequence, scope: Scope) -> Iterator[tuple[Node, Scope]]:
        """The items of a list with directives carried out and lists in it spliced."""
        if not scope.live or id(sequence) in self._plain:
            for item in sequence.items:
                yield item, scope
            return
        chain = _Chain(in_list=True)
        for item in sequence.items:
            try:
                yield from self._item(item, scope, chain)
            except Failed:
                self.failures += 1

    def _item(self, item: Node, scope: Scope, chain: _Chain) -> Iterator[tuple[Node, Scope]]:
        if isinstance(item, Scalar) and OPEN in item.value:
            node, inner = self.resolve(item, scope)
            if isinstance(node, Sequence):
                for part in node.items:
                    yield part, inner
            else:
                yield node, inner
            return
        directive = self._lone_directive(item)
        if directive is None:
            yield item, scope
            return
        assert isinstance(item, Mapping)
        key, body = item.entries[0].key, item.entries[0].value
        self.spend(key.span, scope)
        if directive.keyword == "each" and isinstance(body, Mapping):
            chain.state = "none"
            if any(True for _ in self._turns(directive, key, scope)):
                yield item, scope  # the keys of all turns make one item
            return
        for inner in self._scopes(directive, key, scope, chain):
            node, resolved = self.resolve(body, inner)
            if isinstance(node, Sequence):
                yield from self.items(node, resolved)
            else:
                yield node, resolved

    def _lone_directive(self, item: Node) -> Directive | None:
        """The directive an item consists of; `insert` is none, it merges into its own mapping."""
        if not isinstance(item, Mapping) or len(item.entries) != 1:
            return None
        key = item.entries[0].key
        if OPEN not in key.value:
            return None
        parts = self.parts(key)
        is_one = isinstance(parts, Directive) and parts.keyword != "insert"
        return parts if is_one and isinstance(parts, Directive) else None

    # --- directives

    def _scopes(
        self, directive: Directive, key: Scalar, scope: Scope, chain: _Chain
    ) -> Iterator[Scope]:
        """The scopes in which the body of a directive is to be read: none, one, or one a turn."""
        if scope.refusal:
            refused = complaints.directive_not_allowed(directive.keyword, key, *scope.refusal)
            raise self.reports.add(refused, scope.includes)
        if directive.keyword in ("each", "insert"):
            chain.state = "none"
        match directive.keyword:
            case "insert":
                yield scope
            case "each":
                yield from self._turns(directive, key, scope)
            case "if":
                chain.state = "open"
                yield from self._branch(directive, key, scope, chain)
            case _:
                if chain.state in ("none", "closed"):
                    after_else = chain.state == "closed"
                    raise self.reports.add(
                        complaints.orphan(
                            directive.keyword, key, after_else=after_else, in_list=chain.in_list
                        ),
                        scope.includes,
                    )
                yield from self._branch(directive, key, scope, chain)

    def _branch(
        self, directive: Directive, key: Scalar, scope: Scope, chain: _Chain
    ) -> Iterator[Scope]:
        was_open = chain.state == "open"
        is_else = directive.code is None
        if not was_open:
            chain.state = "closed" if is_else else chain.state
            return
        chain.state = "taken"  # also when the condition fails: its `else` is then no orphan
        holds = is_else or to_boolean(self.value(directive.code or Code("", 0), key, scope))
        chain.state = "closed" if is_else else ("taken" if holds else "open")
        self.taken.note(key, holds)
        if holds:
            yield scope.inside("if", key.span, directive.code.text if directive.code else "else")

    def _turns(self, directive: Directive, key: Scalar, scope: Scope) -> Iterator[Scope]:
        assert directive.code is not None
        if is_taken(directive.variable, scope.names):
            raise Failed  # see Checker
        collection = self.value(directive.code, key, scope)
        name = directive.variable
        for label, value in self._values(collection, key, scope):
            self.taken.note(key, True)
            self.spend(key.span, scope, events=2)
            yield scope.looping(name, value, Frame("each", key.span, f"{name} = {label}"))

    def _values(self, collection: Value, key: Scalar, scope: Scope) -> Iterator[tuple[str, Value]]:
        match collection:
            case Array():
                for number, item in enumerate(collection, 1):
                    yield _label(item, number), item
            case Object():
                for name, value in collection.items():
                    # the page of runtime parameters writes .Key and .Value
                    yield name, Object((("key", name), ("value", value)), ignore_case=True)
            case None | "":
                return
            case _:
                kind = kind_of(collection).lower().replace("string", "text")
                raise self.reports.add(complaints.not_iterable(kind, key), scope.includes)

    # --- faults

    def spend(self, span: Span, scope: Scope, *, events: int = 1, characters: int = 0) -> None:
        """Count work against the limits of one compile; raises Exhausted past them."""
        self._events += events
        self._characters += characters
        if self._events > MAX_EVENTS:
            self.reports.add(complaints.too_many_events(MAX_EVENTS, span), scope.includes)
            raise Exhausted
        if self._characters > MAX_CHARACTERS:
            self.reports.add(complaints.too_many_characters(MAX_CHARACTERS, span), scope.includes)
            raise Exhausted

    def know_plain(self, plain: set[int]) -> None:
        """Say which collections (by id; they must live on) hold nothing to be expanded."""
        self._plain |= plain


def _label(item: Value, number: int) -> str:
    """What names one turn of a loop: the item if it is short text, else its number."""
    if isinstance(item, (Array, Object)):
        return f"item {number}"
    text = to_text(item)
    return text if len(text) <= 40 and "\n" not in text else f"item {number}"
