"""Takes a text apart: literal pieces, `${{ }}` expressions, directives. Evaluates nothing."""

from __future__ import annotations

from typing import TypeAlias

from penstock.records import record

OPEN = "${{"
_CLOSE = "}}"
_KEYWORDS = {"if": 1, "elseif": 1, "else": 0, "each": 3, "insert": 0}
_EACH_FORM = '"each" is written ${{ each NAME in COLLECTION }}'
_NOT_CLOSED = (
    "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} "
    "sequence was not found."
)


class TextError(Exception):
    """the text cannot be taken apart; `offset` and `length` say where, `code` how it is wrong"""

    def __init__(
        self, code: str, message: str, service_text: str, offset: int, length: int
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.service_text = service_text
        self.offset = offset
        self.length = length


@record(kw_only=False)
class Code:
    """The text of an expression, and where it begins in the text that holds it."""

    text: str
    offset: int


@record(kw_only=False)
class Lone:
    """A text that is one expression and nothing else: it stands for a value of any kind."""

    code: Code


@record(kw_only=False)
class Mixed:
    """Literal text with expressions between: it stands for a text."""

    pieces: tuple[str | Code, ...]


def as_call_of_format(mixed: Mixed, code: Code) -> tuple[str, int]:
    """The call of `format` that a mixed text becomes on the service, and where an expression of it
    then stands."""
    template, arguments = "", ""
    count = offset = 0
    for piece in mixed.pieces:
        if isinstance(piece, str):
            template += piece.replace("'", "''").replace("{", "{{").replace("}", "}}")
            continue
        template += f"{{{count}}}"
        count += 1
        arguments += ", "
        if piece is code:
            offset = len(arguments)
        arguments += piece.text
    beginning = f"format('{template}'"
    return f"{beginning}{arguments})", len(beginning) + offset


@record(kw_only=False)
class Directive:
    """A text that is one directive and nothing else.

    `keyword` is `if`, `elseif`, `else`, `each` or `insert`; `code` is the condition or the
    collection; `variable` the name that `each` gives its items.
    """

    keyword: str
    code: Code | None = None
    variable: str = ""


Parts: TypeAlias = Lone | Mixed | Directive


def take_apart(text: str) -> Parts:
    """The parts of a text that holds `${{`; raises TextError if they are malformed."""
    pieces: list[str | Code] = []
    position = 0
    while (start := text.find(OPEN, position)) >= 0:
        end = _closing(text, start)
        if start > position:
            pieces.append(text[position:start])
        pieces.append(_code(text, start + len(OPEN), end))
        position = end + len(_CLOSE)
    if position < len(text):
        pieces.append(text[position:])
    match pieces:
        case [Code() as code]:
            return _directive(code) or Lone(code)
    for piece in pieces:
        if isinstance(piece, Code):
            _refuse_directive(piece)
    return Mixed(tuple(pieces))


def _closing(text: str, start: int) -> int:
    """The index of the `}}` that closes the expression; those inside quotes do not count."""
    position = start + len(OPEN)
    while True:
        end = text.find(_CLOSE, position)
        quote = text.find("'", position)
        if end >= 0 and (quote < 0 or end < quote):
            return end
        second = text.find("'", quote + 1) if quote >= 0 else -1
        if second < 0:
            length = (text.find("\n", start) if "\n" in text[start:] else len(text)) - start
            raise TextError(
                "PS1310",
                "an expression is opened here and never closed",
                _NOT_CLOSED,
                start,
                length,
            )
        position = second + 1


def _code(text: str, start: int, end: int) -> Code:
    body = text[start:end]
    return Code(body.strip(), start + len(body) - len(body.lstrip()))


def _directive(code: Code) -> Directive | None:
    keyword = _keyword(code)
    if keyword is None:
        return None
    units = _units(code, len(keyword))
    expected = _KEYWORDS[keyword]
    if len(units) != expected:
        raise TextError(
            "PS1312",
            _count_message(keyword, len(units), code.text),
            _as_expression(code.text)
            if keyword in ("if", "elseif")
            else f"Exactly {expected} parameter(s) were expected following the directive "
            f"'{keyword}'. Actual parameter count: {len(units)}",
            code.offset,
            len(code.text),
        )
    if keyword == "each":
        return _each(code, units)
    return Directive(keyword, units[0] if units else None)


def _as_expression(text: str) -> str:
    """What the service says of a text that is no expression: an `if` without one condition is read
    as such."""
    from penstock.language.expressions import ExpressionError, parse

    try:
        parse(text, names=())
    except ExpressionError as error:
        return str(error)
    raise AssertionError("the name of a directive is no expression")


def _keyword(code: Code) -> str | None:
    word = code.text.split(None, 1)[0] if code.text else ""
    return word if word in _KEYWORDS else None


def _units(code: Code, start: int) -> list[Code]:
    """The expressions after a keyword: separated by white space outside quotes and parentheses."""
    text, units = code.text, []
    begin: int | None = None
    depth, quoted = 0, False
    for index in range(start, len(text)):
        character = text[index]
        if character.isspace() and not quoted and depth == 0:
            if begin is not None and text[index:].lstrip()[:1] not in ("(", ",", ")"):
                units.append(Code(text[begin:index], code.offset + begin))
                begin = None
            continue
        begin = index if begin is None else begin
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character in "([") - (character in ")]")
    if begin is not None:
        units.append(Code(text[begin:].rstrip(), code.offset + begin))
    return units


def _each(code: Code, units: list[Code]) -> Directive:
    name, separator, collection = units
    if separator.text == "in" and _is_identifier(name.text):
        return Directive("each", collection, name.text)
    wrong = name if separator.text == "in" else separator
    raise TextError(
        "PS1312",
        _EACH_FORM,
        f"The value '{wrong.text}' is unexpected. The expected format of an 'each' expression is: "
        "${ each <identifier> in <value> }",
        code.offset,
        len(code.text),
    )


def _is_identifier(text: str) -> bool:
    return text.isascii() and text.isidentifier()


def _count_message(keyword: str, found: int, text: str) -> str:
    if keyword == "each":
        return _EACH_FORM
    if keyword == "else" and text.startswith("else if"):
        return '"else if" is written as one word: elseif'
    if _KEYWORDS[keyword] == 0:
        return f'"{keyword}" takes nothing after it'
    follows = f"{found} words follow" if found else "nothing follows"
    return f'"{keyword}" takes one expression, and {follows} it'


def _refuse_directive(code: Code) -> None:
    keyword = _keyword(code)
    if keyword is not None:
        raise TextError(
            "PS1311",
            f'"{keyword}" must be the whole key; it cannot stand inside other text',
            f"The directive '{keyword}' is not allowed in this context. Directives are not "
            "supported for expressions that are embedded within a string. Directives are only "
            "supported when the entire value is an expression.",
            code.offset,
            len(code.text),
        )
