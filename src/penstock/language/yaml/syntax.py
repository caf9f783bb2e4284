"""Turns a scanner or parser error into a diagnostic: what was found, what is expected, what to do.

The service's parser is another port of libyaml and words its errors the same way, as
"While parsing a block mapping, did not find expected key."; that text is kept as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from penstock.language.source import Diagnostic, Related, Source, Span, lines_of
from penstock.language.yaml.nodes import Scalar
from penstock.records import record

_OPENING = {"]": "[", "}": "{"}
_CLOSING = {"[": "]", "{": "}"}
_DIGITS = {"x": 2, "u": 4, "U": 8}
_BOM = 0xFEFF
_INDENT = re.compile(r"[\s\u200b\u2060]*")


@record(kw_only=False)
class _Fault:
    """What libyaml says: the problem, what was being read, and the places of both (1-based)."""

    source: Source
    problem: str
    context: str
    line: int
    column: int
    context_line: int
    context_column: int
    last: Scalar | None
    bracket: Span | None

    def text(self, line: int) -> str:
        lines = lines_of(self.source.text)
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def character(self) -> str:
        return self.text(self.line)[self.column - 1 : self.column]

    def span(self, width: int = 1) -> Span:
        return Span(self.source, self.line, self.column, self.line, self.column + width)

    def context_span(self, width: int = 1) -> Span:
        line, column = self.context_line, self.context_column
        return Span(self.source, line, column, line, column + width)


def explain(
    error: YAMLError | UnicodeEncodeError,
    source: Source,
    last: Scalar | None,
    bracket: Span | None,
) -> Diagnostic:
    """The diagnostic for an error that ended the reading.

    `last` is the scalar read before it, `bracket` the bracket or brace that was open then.
    """
    if isinstance(error, ReaderError):
        return _bad_character(source, error.character)
    if isinstance(error, UnicodeEncodeError):
        return _bad_character(source, ord(source.text.removeprefix("\ufeff")[error.start]))
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Diagnostic(code="PS1006", message=f"this is not valid YAML: {error}")
    mark, context = error.problem_mark, error.context_mark or error.problem_mark
    line, column = _within(source, mark.line + 1, mark.column + 1)
    place = (line, column, context.line + 1, context.column + 1)
    fault = _Fault(source, error.problem or "", error.context or "", *place, last, bracket)
    if chr(_BOM) in fault.text(line):
        return _bad_character(source, _BOM)
    found = _no_space(fault) or next(
        (make for words, make in _KINDS if words in fault.problem), _other
    )(fault)
    service_text = ", ".join(filter(None, (fault.context, fault.problem))) + "."
    return Diagnostic(
        code=found.code,
        message=found.message,
        span=found.span,
        label=found.label,
        related=found.related,
        help=found.help,
        service_text=service_text[:1].upper() + service_text[1:],
    )


def _within(source: Source, line: int, column: int) -> tuple[int, int]:
    """The place, or the end of the text if nothing but blank lines follows."""
    lines = lines_of(source.text)
    if any(text.strip() for text in lines[line - 1 :]):
        return line, column
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    return len(lines), len(lines[-1].rstrip()) + 1


def _bad_character(source: Source, code: int) -> Diagnostic:
    character = chr(code)
    text = source.text.removeprefix("\ufeff")
    before = lines_of(text[: max(0, text.find(character))] or " ")
    line, column = len(before), len(before[-1]) + 1 if text.find(character) else 1
    return Diagnostic(
        code="PS1002",
        message=f"the character U+{code:04X} is not allowed in YAML",
        span=Span(source, line, column, line, column + 1),
        help=f'remove it, or write it as "\\u{code:04x}" between double quotes',
    )


def _cannot_start(fault: _Fault) -> Diagnostic:
    character = fault.character()
    if character == "\t":
        return _tab(fault)
    return Diagnostic(
        code="PS1006",
        message=f'a value cannot begin with "{character}"',
        span=fault.span(),
        help="put the value in quotes",
    )


def _tab(fault: _Fault) -> Diagnostic:
    return Diagnostic(
        code="PS1007",
        message="a tab is used for indentation; YAML takes spaces only",
        span=fault.span(),
        label="tab",
        help="replace the tab by spaces",
    )


def _no_space(fault: _Fault) -> Diagnostic | None:
    """The fault of a line that is indented with characters that only look like spaces.

    They come with texts that are copied from web pages.
    """
    for number in sorted((fault.line, fault.context_line)):
        indent = _INDENT.match(fault.text(number))
        odd = next((c for c in indent.group() if c not in " \t"), None) if indent else None
        if indent is None or odd is None:
            continue
        column = indent.group().index(odd) + 1
        return Diagnostic(
            code="PS1007",
            message=f"this line is indented with the character U+{ord(odd):04X}, which is no space",
            span=Span(fault.source, number, column, number, indent.end() + 1),
            label="looks like spaces",
            help="replace it by spaces, here and in the lines that were copied with it",
        )
    return None


def _end_of_file(fault: _Fault) -> Diagnostic:
    if "quoted" not in fault.context:
        return _other(fault)
    return _open_quote(fault)


def _open_quote(fault: _Fault) -> Diagnostic:
    quote = fault.text(fault.context_line)[fault.context_column - 1 : fault.context_column]
    escape = "'' stands for one quote" if quote == "'" else '\\" stands for one quote'
    return Diagnostic(
        code="PS1008",
        message=f"the text that begins with this quote ({quote}) is never closed",
        span=fault.context_span(),
        label="begins here",
        help=f"add the closing {quote}; inside the text, {escape}",
    )


def _no_colon(fault: _Fault) -> Diagnostic:
    text = fault.text(fault.context_line)[fault.context_column - 1 :].rstrip()
    return Diagnostic(
        code="PS1006",
        message=f'a key is expected here, and "{_short(text)}" has no ":" after it',
        span=fault.context_span(len(text)),
        help="write `key: value`; a text that goes on from the line before is indented further",
    )


def _second_colon(fault: _Fault) -> Diagnostic:
    last = fault.last
    if last and last.style == "plain" and last.span.line < last.span.end_line == fault.line:
        return _deeper(fault, last)
    return Diagnostic(
        code="PS1006",
        message='a second ":" in one line cannot begin another value',
        span=fault.span(),
        help='put the value in quotes if the ":" belongs to it, or begin a new line after the key',
    )


def _deeper(fault: _Fault, last: Scalar) -> Diagnostic:
    line = fault.text(fault.line)
    column = len(line) - len(line.lstrip()) + 1
    return Diagnostic(
        code="PS1017",
        message="this line is indented further than the one it follows, which has a value already",
        span=Span(fault.source, fault.line, column, fault.line, fault.column),
        related=(Related(last.span, "that value begins here"),),
        help="begin it in the same column as the key above, or remove the value above",
    )


def _unclosed_list(fault: _Fault) -> Diagnostic:
    closing = "]" if "']'" in fault.problem else "}"
    opening = _OPENING[closing]
    return Diagnostic(
        code="PS1009",
        message=f'this "{opening}" is not closed, or a comma is missing between its parts',
        span=fault.context_span(),
        related=(Related(fault.span(), f'"," or "{closing}" is expected here'),),
        help=f'add the missing "," or "{closing}"; put text with brackets or commas in quotes',
    )


def _no_dash(fault: _Fault) -> Diagnostic:
    if fault.character() == "-":
        return _lone_dash(fault, "the list before begins here")
    return Diagnostic(
        code="PS1017",
        message='the next item of a list is expected here, and it begins with "- "',
        span=fault.span(),
        related=(Related(fault.context_span(), "the list begins here"),),
        help='add "- ", or begin the line in the column of the key that it belongs to',
    )


def _lone_dash(fault: _Fault, near: str) -> Diagnostic:
    return Diagnostic(
        code="PS1017",
        message='this "-" lines up with no list around it',
        span=fault.span(),
        related=(Related(fault.context_span(), near),),
        help="begin it in the column of the other items of its list",
    )


def _no_key(fault: _Fault) -> Diagnostic:
    last = fault.last
    if last and last.style in ("single", "double") and last.span.end_line == fault.line:
        return _after_quote(fault, last)
    character, expected = fault.character(), fault.context_column
    if character == "-" and fault.column != expected:
        return _lone_dash(fault, "the mapping around it begins here")
    if fault.column != expected:
        message = f"a key is expected in column {expected}, and this is in column {fault.column}"
        help = f"begin it in column {expected}, like the first key of this mapping"
    else:
        message = f'a key is expected here, and "{character}" cannot begin one'
        help = "keys and list items do not mix: put the items below the key they belong to"
    return Diagnostic(
        code="PS1017",
        message=message,
        span=fault.span(),
        related=(Related(fault.context_span(), "this mapping begins here"),),
        help=help,
    )


def _after_quote(fault: _Fault, last: Scalar) -> Diagnostic:
    if last.span.line < last.span.end_line:
        help = "a quote before it may be missing: the text in quotes goes over several lines"
    elif last.style == "single":
        help = "inside single quotes a quote is doubled: 'it''s'; or leave the quotes out"
    else:
        help = "put all of the value inside the quotes, or leave the quotes out"
    return Diagnostic(
        code="PS1008",
        message="there is more text after the closing quote",
        span=fault.span(),
        related=(Related(last.span, "the text in quotes begins here"),),
        help=help,
    )


def _no_value(fault: _Fault) -> Diagnostic:
    character = fault.character()
    if character and character in "]},":
        message = f'"{character}" stands where a value is expected'
        help = f'remove it, or put the value in quotes if "{character}" belongs to it'
    elif fault.bracket and not character:
        return _open_bracket(fault.bracket)
    else:
        message, help = "a value is expected here", "add the value, or close what was opened before"
    return Diagnostic(code="PS1006", message=message, span=fault.span(), help=help)


def _open_bracket(bracket: Span) -> Diagnostic:
    opening = lines_of(bracket.source.text)[bracket.line - 1][bracket.column - 1]
    closing = _CLOSING.get(opening, "]")
    return Diagnostic(
        code="PS1009",
        message=f'this "{opening}" is never closed',
        span=bracket,
        help=f'add the closing "{closing}"; put text with brackets of its own in quotes',
    )


def _list_on_key_line(fault: _Fault) -> Diagnostic:
    return Diagnostic(
        code="PS1006",
        message="a list cannot begin on the line of its key",
        span=fault.span(),
        help='put the "-" on a line below the key, or write the list in brackets: [a, b]',
    )


def _escape(fault: _Fault) -> Diagnostic:
    text = fault.text(fault.line)
    start = max(0, text.rfind("\\", 0, fault.column + 1))
    written = text[start : start + 2]
    digits = _DIGITS.get(written[1:])
    return Diagnostic(
        code="PS1018",
        message=f'after "{written}" {digits} hexadecimal digits are expected'
        if digits
        else f'"{written}" is not an escape of a double-quoted text',
        span=Span(fault.source, fault.line, start + 1, fault.line, start + 1 + len(written)),
        help="write \\\\ for a backslash, or use single quotes, in which it stands for itself",
    )


def _anchor_name(fault: _Fault) -> Diagnostic:
    character = fault.text(fault.context_line)[fault.context_column - 1 : fault.context_column]
    return Diagnostic(
        code="PS1006",
        message=f'a value that begins with "{character}" must be in quotes',
        span=fault.context_span(),
        help=f"in YAML a bare {character} begins an {'alias' if character == '*' else 'anchor'}",
    )


def _block_header(fault: _Fault) -> Diagnostic:
    return Diagnostic(
        code="PS1006",
        message='the text of a block begins on the line after "|" or ">"',
        span=fault.span(),
        help="move what follows to the next line, indented",
    )


def _after_document(fault: _Fault) -> Diagnostic:
    character = fault.character()
    return Diagnostic(
        code="PS1006",
        message=f'the value that the file holds is complete before this "{character}"',
        span=fault.span(),
        help='put a space after the ":" of a key in quotes'
        if character == ":"
        else "make the whole file one mapping or one list",
    )


def _tag_handle(fault: _Fault) -> Diagnostic:
    return Diagnostic(
        code="PS1013",
        message="this YAML tag is not defined",
        span=fault.span(),
        help="remove it; if the ! belongs to the text, put the text in quotes",
    )


def _yaml_version(fault: _Fault) -> Diagnostic:
    return Diagnostic(
        code="PS1006",
        message="only YAML 1.1 and 1.2 can be read",
        span=fault.span(len(fault.text(fault.line))),
        help="remove this line",
    )


def _other(fault: _Fault) -> Diagnostic:
    doing = f" {fault.context}" if fault.context else ""
    return Diagnostic(
        code="PS1006",
        message=f"this is not valid YAML: {fault.problem}{doing}",
        span=fault.span(),
        help="look at the indentation and the quotes of this line and the one before",
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


_KINDS: tuple[tuple[str, Callable[[_Fault], Diagnostic]], ...] = (
    ("cannot start any token", _cannot_start),
    ("found a tab character", _tab),
    ("found unexpected end of stream", _end_of_file),
    ("found unexpected document indicator", _open_quote),
    ("could not find expected ':'", _no_colon),
    ("mapping values are not allowed", _second_colon),
    ("did not find expected ',' or", _unclosed_list),
    ("did not find expected '-' indicator", _no_dash),
    ("did not find expected key", _no_key),
    ("did not find expected node content", _no_value),
    ("block sequence entries are not allowed", _list_on_key_line),
    ("found unknown escape character", _escape),
    ("expected hexdecimal number", _escape),
    ("invalid Unicode character code", _escape),
    ("did not find expected alphabetic or numeric", _anchor_name),
    ("did not find expected comment or line break", _block_header),
    ("did not find expected <document start>", _after_document),
    ("found undefined tag handle", _tag_handle),
    ("found incompatible YAML document", _yaml_version),
)
