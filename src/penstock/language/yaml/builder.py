"""Builds the tree from libyaml's event stream, under limits, and reports what must be refused.

Events are consumed one at a time without recursion: libyaml itself survives any nesting, and the
limits stop it long before its scanner slows down.
"""

from __future__ import annotations

from typing import Any

from yaml._yaml import CParser
from yaml.error import YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from penstock.language.source import Diagnostic, Source, Span
from penstock.language.yaml import complaints
from penstock.language.yaml.keys import pair_entries
from penstock.language.yaml.nodes import Document, Limits, Mapping, Node, Scalar, Sequence
from penstock.language.yaml.resolution import value_fits

_STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
_CORE = "tag:yaml.org,2002:"
_TAGS = {
    ScalarEvent: frozenset({"str", "int", "float", "bool", "null"}),
    MappingStartEvent: frozenset({"map"}),
    SequenceStartEvent: frozenset({"seq"}),
}
_COUNTED_FIRST = 250_000
_BOM = "\ufeff"
_DEFAULT_LIMITS = Limits()


def parse(source: Source, *, anchors: bool = False, limits: Limits = _DEFAULT_LIMITS) -> Document:
    """The tree of the one document in the text, with every fault found in it.

    By default the rules of Azure Pipelines hold: anchors, aliases and merge keys are refused and
    keys may not repeat, whatever their case. With `anchors` the text is read as PyYAML's
    `safe_load` reads it (Azure ML): aliases are expanded, `<<` merges, a repeated key is a warning
    and its last value counts.
    """
    if len(source.text) > limits.characters:
        return Document(None, (complaints.too_long(source, limits),), source)
    builder = _Builder(source, anchors, limits)
    try:
        builder.run()
    except _Refused as refused:
        builder.diagnostics.append(refused.diagnostic)
        builder.root = None
    except (YAMLError, UnicodeEncodeError) as error:
        from penstock.language.yaml.syntax import explain

        builder.diagnostics.append(
            explain(error, source, builder.last_scalar, builder.open_bracket())
        )
        builder.root = None
    return Document(builder.root, _in_order(builder.diagnostics), source)


class _Refused(Exception):
    """the text passes a limit and is not read further"""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Open:
    """A collection whose end has not been seen yet."""

    __slots__ = ("anchor", "column", "events", "flow", "is_mapping", "line", "parts")

    def __init__(self, event: Any, is_mapping: bool, events: int) -> None:
        mark = event.start_mark
        self.is_mapping = is_mapping
        self.line: int = mark.line + 1
        self.column: int = mark.column + 1
        self.flow: bool = event.flow_style
        self.anchor: str | None = event.anchor
        self.events = events
        self.parts: list[Node] = []


class _Builder:
    """The state of one pass over the events of one text."""

    def __init__(self, source: Source, anchors: bool, limits: Limits) -> None:
        self.source = source
        self.text = source.text.removeprefix(_BOM)
        self.anchors = anchors
        self.limits = limits
        self.diagnostics: list[Diagnostic] = []
        self.root: Node | None = None
        self.last_scalar: Scalar | None = None
        self.open: list[_Open] = []
        self.named: dict[str, tuple[Node, int]] = {}
        self.events = 0
        self.documents = 0
        self.end = Span(source, 1, 1, 1, 1)

    def run(self) -> None:
        """Read every event of the stream; the tree is then in `root`."""
        if len(self.text) > _COUNTED_FIRST:
            self._count()
        get_event = CParser(self.text).get_event
        handlers = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._start,
            SequenceStartEvent: self._start,
            MappingEndEvent: self._finish,
            SequenceEndEvent: self._finish,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        while True:
            event = get_event()
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            elif type(event) is StreamEndEvent:
                return

    def open_bracket(self) -> Span | None:
        """The innermost bracket or brace that has not been closed where reading stopped."""
        if not self.open or not self.open[-1].flow:
            return None
        line, column = self.open[-1].line, self.open[-1].column
        return Span(self.source, line, column, line, column + 1)

    def _count(self) -> None:
        """Refuse a long text by its number of events before anything is built from it."""
        get_event = CParser(self.text).get_event
        depth = 0
        for _ in range(self.limits.events + 3):  # the stream and the document begin and end too
            try:
                event = get_event()
            except YAMLError:
                return
            kind = type(event)
            if kind is MappingStartEvent or kind is SequenceStartEvent:
                depth += 1
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                depth -= 1
            if depth > self.limits.depth or kind is DocumentEndEvent or kind is StreamEndEvent:
                return
        raise _Refused(complaints.too_many(self._span(event), self.limits))

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _Refused(complaints.second_document(self._span(event)))

    def _scalar(self, event: Any) -> None:
        start, end, style = event.start_mark, event.end_mark, event.style
        source = self.source
        if style == "|" or style == ">":
            line, column = self._content_end(start.index, end)
            span = Span(source, start.line + 1, start.column + 1, line, column)
        else:
            span = Span(source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        tag, anchor = event.tag, event.anchor
        scalar = Scalar(event.value, span, _STYLES[style], self._tag(tag, event) if tag else "")
        if anchor and not self.anchors:
            self._complain(complaints.anchor_refused(anchor, span))
        self.last_scalar = scalar
        self.end = span
        self.events += 1
        if self.events > self.limits.events:
            self._count_one(event, 0)
        if anchor or not self.open:
            self._add(scalar, anchor, 1)
        else:  # as nearly always
            self.open[-1].parts.append(scalar)

    def _content_end(self, start: int, end: Any) -> tuple[int, int]:
        """Where the text of a block scalar ends: its end mark lies beyond any blank lines."""
        text, index, line = self.text, end.index, end.line + 1
        while index > start + 1 and text[index - 1] in " \t\r\n":
            index -= 1
            line -= text[index] == "\n"
        return line, index - text.rfind("\n", 0, index)

    def _start(self, event: Any) -> None:
        if len(self.open) >= self.limits.depth:
            raise _Refused(complaints.too_deep(self._span(event), self.limits))
        if event.tag:
            self._tag(event.tag, event)
        self._count_one(event)
        if event.anchor and not self.anchors:
            self._complain(complaints.anchor_refused(event.anchor, self._span(event)))
        self.open.append(_Open(event, type(event) is MappingStartEvent, self.events - 1))

    def _finish(self, event: Any) -> None:
        frame = self.open.pop()
        self._count_one(event)
        if frame.flow:
            self.end = self._span(event)
        end = self.end
        span = Span(self.source, frame.line, frame.column, end.end_line, end.end_column)
        if frame.is_mapping:
            entries = pair_entries(frame.parts, self._complain, anchors=self.anchors)
            node: Node = Mapping(entries, span)
        else:
            node = Sequence(tuple(frame.parts), span)
        self._add(node, frame.anchor, self.events - frame.events)

    def _alias(self, event: Any) -> None:
        span = self._span(event)
        self.end = span
        if not self.anchors:
            self._complain(complaints.alias_refused(event.anchor, span))
            self._add(Scalar("", span), None, 1)
        elif event.anchor not in self.named:
            is_open = any(frame.anchor == event.anchor for frame in self.open)
            self._complain(complaints.unknown_alias(event.anchor, span, self.named, is_open))
            self._add(Scalar("", span), None, 1)
        else:
            node, size = self.named[event.anchor]
            self._count_one(event, size)
            self._add(node, None, size)

    def _add(self, node: Node, anchor: str | None, size: int) -> None:
        if anchor:
            if anchor in self.named and self.anchors:
                first = self.named[anchor][0]
                self._complain(complaints.anchor_repeated(anchor, node.span, first.span))
            self.named[anchor] = (node, size)
        if self.open:
            self.open[-1].parts.append(node)
        else:
            self.root = node

    def _complain(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) >= self.limits.faults:
            raise _Refused(complaints.too_many_faults(diagnostic.span, self.limits))

    def _count_one(self, event: Any, size: int = 1) -> None:
        self.events += size
        if self.events > self.limits.events:
            raise _Refused(complaints.too_many(self._span(event), self.limits))

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        return Span(self.source, start.line + 1, start.column + 1, end.line + 1, end.column + 1)

    def _tag(self, tag: str, event: Any) -> str:
        """The tag to keep; all but the core ones are refused, most of all those that run code."""
        if tag == "!":
            return _CORE + "str" if type(event) is ScalarEvent else tag
        kind = tag.removeprefix(_CORE)
        if kind == tag or not any(kind in kinds for kinds in _TAGS.values()):
            self._complain(complaints.tag_refused(tag, self._span(event)))
        elif kind not in _TAGS[type(event)]:
            self._complain(complaints.tag_misplaced(tag, self._span(event)))
        elif type(event) is ScalarEvent and not value_fits(tag, event.value):
            self._complain(complaints.value_unfit(tag, event.value, self._span(event)))
        return tag


def _in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    def place(diagnostic: Diagnostic) -> tuple[int, int]:
        return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else (0, 0)

    return tuple(sorted(diagnostics, key=place))
