"""The words for what is wrong with YAML that parses: limits, anchors, tags, keys."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.language.source import Diagnostic, Related, Severity, Source, Span
from penstock.language.yaml.nodes import Limits, Mapping, Node, Scalar

_CORE = "tag:yaml.org,2002:"


def too_long(source: Source, limits: Limits) -> Diagnostic:
    """The text has more characters than one file may have."""
    return Diagnostic(
        code="PS1003",
        message=f"this file has {len(source.text):,} characters, of at most {limits.characters:,}",
        span=Span(source, 1, 1, 1, 1),
        help="move data out of the YAML file, or split it into templates",
        service_text="Maximum object size exceeded",
    )


def too_large(source: Source, size: int, limit: int) -> Diagnostic:
    """The file has more bytes than a text of the longest allowed can have; it was not read."""
    return Diagnostic(
        code="PS1003",
        message=f"this file has {size:,} bytes, of at most {limit:,}",
        span=Span(source, 1, 1, 1, 1),
        help="move data out of the YAML file, or split it into templates",
        service_text="Maximum object size exceeded",
    )


def too_many_faults(span: Span | None, limits: Limits) -> Diagnostic:
    """So much is wrong with the text that more of it would help nobody."""
    return Diagnostic(
        code="PS1019",
        message=f"this file has {limits.faults} faults up to here, and was not read further",
        span=span,
        help="mend the faults above first, or check that this file is the one you mean",
    )


def too_deep(span: Span, limits: Limits) -> Diagnostic:
    """A list or mapping opens inside too many others."""
    return Diagnostic(
        code="PS1004",
        message=f"lists and mappings are nested more than {limits.depth} levels deep",
        span=span,
        label=f"level {limits.depth + 1} begins here",
        help="flatten this part, or close the brackets that were opened before it",
        service_text="Maximum object depth exceeded",
    )


def too_many(span: Span, limits: Limits) -> Diagnostic:
    """The text, with its aliases expanded, has too many parts."""
    return Diagnostic(
        code="PS1005",
        message=f"this file holds more than {limits.events:,} YAML parts, with aliases expanded",
        span=span,
        label="reading stopped here",
        help="split the file, or use fewer aliases of aliases",
        service_text="Maximum object size exceeded",
    )


def second_document(span: Span) -> Diagnostic:
    """A second `---` begins another document."""
    return Diagnostic(
        code="PS1010",
        message="a second YAML document begins here; a file holds only one",
        span=span,
        label="remove this line and what follows, or move it to its own file",
        service_text="Expected stream end parse event",
    )


def anchor_refused(name: str, span: Span) -> Diagnostic:
    """`&name` where anchors are not read."""
    start = Span(span.source, span.line, span.column, span.line, span.column + len(name) + 1)
    return Diagnostic(
        code="PS1011",
        message=f'YAML anchors are not supported here: "&{name}"',
        span=start,
        help="repeat the value, or use a template parameter; a text beginning with & needs quotes",
        service_text=_anchors_text(name),
    )


def anchor_repeated(name: str, span: Span, first: Span) -> Diagnostic:
    """`&name` where another value has that name already."""
    return Diagnostic(
        code="PS1015",
        message=f'the anchor "&{name}" is already defined in this file',
        span=Span(span.source, span.line, span.column, span.line, span.column + len(name) + 1),
        related=(Related(first, "first defined here"),),
        help="give one of the two another name",
    )


def alias_refused(name: str, span: Span) -> Diagnostic:
    """`*name` where anchors are not read."""
    return Diagnostic(
        code="PS1011",
        message=f'YAML aliases are not supported here: "*{name}"',
        span=span,
        help=f"repeat the value; if the * belongs to the text, write '*{name}' in quotes",
        service_text=_anchors_text(name),
    )


def merge_refused(key: Scalar) -> Diagnostic:
    """`<<:` where anchors are not read."""
    return Diagnostic(
        code="PS1011",
        message='YAML merge keys ("<<") are not supported here',
        span=key.span,
        help="write the merged keys out, or use a template with ${{ insert }}",
    )


def unknown_alias(name: str, span: Span, known: Iterable[str], is_open: bool) -> Diagnostic:
    """`*name` of an anchor that does not stand before it, or that holds the alias itself."""
    if is_open:
        return Diagnostic(
            code="PS1015",
            message=f'the alias "*{name}" stands inside the value it refers to',
            span=span,
            help="a value cannot contain itself: repeat the part that is meant",
        )
    from penstock.language.diagnostics import nearest

    close = nearest(name, known)
    return Diagnostic(
        code="PS1015",
        message=f'there is no anchor "&{name}" before this alias',
        span=span,
        help=f'did you mean "*{close}"?'
        if close
        else f"if the * belongs to the text, write '*{name}' in quotes",
    )


def merge_not_mapping(node: Node) -> Diagnostic:
    """`<<:` of something that has no keys."""
    return Diagnostic(
        code="PS1016",
        message='a merge key ("<<") takes a mapping or a list of mappings',
        span=node.span,
        label="has no keys to merge",
        help="refer to the anchor of a mapping: <<: *name",
    )


def key_repeated(key: Scalar, first: Scalar) -> Diagnostic:
    """The key stands in this mapping already; case is ignored."""
    differs = "" if key.value == first.value else " (case is ignored)"
    return Diagnostic(
        code="PS1012",
        message=f'"{key.value}" is already defined in this mapping{differs}',
        span=key.span,
        related=(Related(first.span, "first defined here"),),
        help="remove one of the two, or merge their values",
        service_text=f"'{key.value}' is already defined",
    )


def key_overridden(key: Scalar, first: Scalar) -> Diagnostic:
    """The key stands in this mapping already, and only its last value is used."""
    return Diagnostic(
        code="PS1012",
        severity=Severity.WARNING,
        message=f'"{key.value}" is already defined in this mapping; only this last value is used',
        span=key.span,
        related=(Related(first.span, "first defined here, and ignored"),),
        help="remove the one that is not meant",
    )


def key_not_text(key: Node) -> Diagnostic:
    """A list or a mapping stands where a key belongs."""
    kind = "mapping" if isinstance(key, Mapping) else "list"
    return Diagnostic(
        code="PS1014",
        message=f"a key must be text, and this is a {kind}",
        span=key.span,
        help=_braces_help(key),
        service_text="Expected a scalar value",
    )


def _braces_help(key: Node) -> str:
    """What may be meant by `{{ word }}`, which YAML reads as a mapping that is a key."""
    if isinstance(key, Mapping) and len(key.entries) == 1:
        word, value = key.entries[0].key.value, key.entries[0].value
        if isinstance(value, Scalar) and value.is_null:
            return f"for an expression write ${{{{ {word} }}}}; braces of a text belong in quotes"
    return "put the whole value in quotes if its braces or brackets are part of a text"


def tag_refused(tag: str, span: Span) -> Diagnostic:
    """A tag that is not one of the core ones for this kind of node."""
    written = f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag
    start = Span(span.source, span.line, span.column, span.line, span.column + len(written))
    return Diagnostic(
        code="PS1013",
        message=f'the YAML tag "{written}" is not supported',
        span=start,
        help="remove it; if the ! belongs to the text, put the text in quotes",
    )


def tag_misplaced(tag: str, span: Span) -> Diagnostic:
    """A core tag on a node of another kind."""
    written = f"!!{tag.removeprefix(_CORE)}"
    return Diagnostic(
        code="PS1013",
        message=f'the YAML tag "{written}" does not fit what follows it',
        span=Span(span.source, span.line, span.column, span.line, span.column + len(written)),
        help="remove the tag",
    )


def value_unfit(tag: str, value: str, span: Span) -> Diagnostic:
    """A tag that its own value contradicts."""
    return Diagnostic(
        code="PS1013",
        message=f'"{value}" is not a valid "!!{tag.removeprefix(_CORE)}"',
        span=span,
        help="remove the tag, or correct the value",
    )


def _anchors_text(name: str) -> str:
    return f"Anchors are not currently supported. Remove the anchor '{name}'"
