"""The words for texts, expressions and directives that are wrong, and for limits of expansion."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from penstock.language.casing import fold_case
from penstock.language.expressions import GENERAL, ExpressionError, faults
from penstock.language.expressions.faults import OPERATORS
from penstock.language.expressions.lexer import Token
from penstock.language.source import Diagnostic, Related, Severity, Span
from penstock.language.templates.complaints.shapes import kind_of_node
from penstock.language.templates.texts import Code, Mixed, TextError, as_call_of_format
from penstock.language.yaml import Node, Scalar, Sequence


def _closing_help(error: TextError, text: str) -> str:
    """How to close an expression: what is behind its opening tells what went wrong."""
    rest = text[error.offset :]
    if "}}" in rest:
        return "its }} is inside a text: a single quote in a text is written twice, '' for '"
    return "one more } is needed: close it with }}" if "}" in rest else "close it with }}"


def _operator_in(error: TextError, text: str) -> str | None:
    """What to write for an operator in the condition of a directive."""
    code = text[error.offset : error.offset + error.length]
    for operator, form in (OPERATORS | _WORD_OPERATORS).items():
        if f" {operator} " in code:
            return f'there are no operators: instead of "{operator}" write {form}'
    return None


_WORD_OPERATORS = {"and": "and(a, b)", "or": "or(a, b)", "not": "not(a)"}


def malformed_text(error: TextError, span: Span, text: str) -> Diagnostic:
    """A text whose `${{` or directive is not well formed."""
    helps = {
        "PS1310": _closing_help(error, text),
        "PS1311": "put the directive alone on its line, as a key: ${{ if ... }}:",
        "PS1312": "the forms are ${{ if X }}:, ${{ elseif X }}:, ${{ else }}:, "
        "${{ each NAME in X }}: and ${{ insert }}:",
    }
    return Diagnostic(
        code=error.code,
        message=error.message,
        span=span,
        help=_operator_in(error, text) or helps[error.code],
        service_text=error.service_text,
    )


def comes_too_late(name: str, span: Span) -> Diagnostic:
    """A variable that has its value only when the run, or a job of it, begins."""
    return Diagnostic(
        code="PS1318",
        severity=Severity.WARNING,
        message=f'"{name}" is still empty when templates are expanded',
        span=span,
        help=f"read it during the run: $({name}) in a step, variables['{name}'] in a condition",
    )


def misplaced_directive(keyword: str, scalar: Scalar) -> Diagnostic:
    """A directive where a value or a list item stands."""
    return Diagnostic(
        code="PS1311",
        message=f'the directive "{keyword}" stands where a value is expected',
        span=scalar.span,
        help=f"a directive is a key: a colon behind it, its body under it: {scalar.value}:",
        service_text=f"Unexpected value '{scalar.value}'",
    )


def variable_taken(name: str, span: Span) -> Diagnostic:
    """A loop variable whose name is a context, a function or another loop variable already."""
    taken = f"The idenfifier '{name}' has already been defined within the current scope"
    if any(fold_case(function) == fold_case(name) for function in GENERAL):
        taken = str(faults.no_parenthesis(Token("word", name, 0), name))
    return Diagnostic(
        code="PS1314",
        message=f'the name "{name}" is taken here; a loop variable needs a name of its own',
        span=span,
        help="choose another name, for example one that says what one item is",
        service_text=taken,
    )


def bad_expression(
    error: ExpressionError,
    code: Code,
    host: Scalar,
    at: Callable[[int, int], Span],
    among: Mixed | None,
) -> Diagnostic:
    """An expression that does not parse; `among` is the text that it stands in, if any."""
    if not code.text:
        return Diagnostic(
            code="PS1301",
            message="there is no expression between ${{ and }}",
            span=host.span,
            help="write an expression, for example ${{ parameters.name }}",
            service_text="An expression was expected",
        )
    word = re.match(_WORDS, code.text)
    if word and error.code == "PS1301":
        keyword = _DIRECTIVES.get(word[1].lower()) or _nearest_directive(word[1])
        if keyword:
            return Diagnostic(
                code="PS1312",
                message=f'there is no directive "{word[1]}"',
                span=at(0, len(word[1])),
                help=f'did you mean "{keyword}"? Directives are written in lower case',
                service_text=str(error),
            )
    diagnostic = error.diagnostic(at)
    return replace(
        diagnostic,
        help=_runtime_help(error) or diagnostic.help,
        service_text=error.message_within(*as_call_of_format(among, code)) if among else str(error),
    )


_WORDS = r"([A-Za-z]+)\s+[A-Za-z'(]"
_DIRECTIVES = {
    "if": "if",
    "elif": "elseif",
    "elsif": "elseif",
    "elseif": "elseif",
    "else": "else",
    "for": "each",
    "foreach": "each",
    "each": "each",
    "insert": "insert",
}
_RUNTIME = frozenset(
    (
        "dependencies",
        "stagedependencies",
        "resources",
        "pipeline",
        "always",
        "canceled",
        "failed",
        "succeeded",
        "succeededorfailed",
        "counter",
    )
)


def _nearest_directive(word: str) -> str | None:
    from penstock.language.diagnostics import nearest

    return nearest(word, _DIRECTIVES.values())


def _runtime_help(error: ExpressionError) -> str | None:
    """A better next step for a name that is known, but only when the run has begun."""
    word = error.text[error.position or 0 : error.end]
    if error.code != "PS1302" or word.lower() not in _RUNTIME:
        return None
    return f'"{word}" is known only during the run: in conditions and in $[ ]'


def undeclared(name: str, declared: Iterable[str], span: Span) -> Diagnostic:
    """A parameter that the file does not declare, in a part that nothing has read yet."""
    from penstock.language.diagnostics import nearest

    close = nearest(name, declared)
    return Diagnostic(
        code="PS1217",
        severity=Severity.WARNING,
        message=f'this file declares no parameter "{name}": reading it would be an error',
        span=span,
        help=f'did you mean "{close}"?' if close else f'declare it: "- name: {name}"',
    )


def orphan(keyword: str, key: Scalar, *, after_else: bool, in_list: bool) -> Diagnostic:
    """`else` or `elseif` with no chain to belong to."""
    orphaned = f"The expression directive '{keyword}' is not supported in this context"
    then = f"Unexpected value '{key.value}'" if in_list else "A mapping was not expected"
    if after_else:
        message, help = f'"{keyword}" comes after "else"', 'put it before "else"'
    else:
        message = f'"{keyword}" without an "if" before it'
        help = (
            'an "if" must stand before it in the same list or mapping, '
            'with no "each" or "insert" between'
        )
    return Diagnostic(
        code="PS1313",
        message=message,
        span=key.span,
        help=help,
        service_text=f"{orphaned}\n{then}",
    )


def directive_not_allowed(keyword: str, key: Scalar, what: str, service_text: str) -> Diagnostic:
    """A directive in a part of the pipeline that takes none."""
    return Diagnostic(
        code="PS1311",
        message=f'"{what}" takes no directives such as "{keyword}"',
        span=key.span,
        help="write the values out; single values may be expressions",
        service_text=service_text,
    )


def body_not_mapping(body: Node, key: Scalar) -> Diagnostic:
    """A directive among keys whose body has no keys."""
    kind = "nothing" if isinstance(body, Scalar) and body.is_null else kind_of_node(body)
    is_list = isinstance(body, Sequence)
    return Diagnostic(
        code="PS1102",
        message=f"this directive stands among keys, so it needs keys under it, and there is {kind}",
        span=key.span,
        help="in a list, write a dash before the directive" if is_list else "indent keys under it",
        service_text="Expected a mapping",
    )


def not_iterable(kind: str, key: Scalar) -> Diagnostic:
    """`each` over a single value."""
    return Diagnostic(
        code="PS1102",
        message=f'"each" goes through a list or a mapping, and this is a {kind}',
        span=key.span,
        help="make a list of a text with split(), or declare the parameter with type: object",
        service_text="Expected a sequence or mapping",
    )


def key_not_text(key: Scalar, value: Node) -> Diagnostic:
    """A key whose expression gives a mapping or list."""
    return Diagnostic(
        code="PS1102",
        message=f"a key must be text, and this expression gives {kind_of_node(value)}",
        span=key.span,
        help="merge a mapping with ${{ insert }}:, or make one key of each item with ${{ each }}:",
        service_text="Expected a scalar value",
    )


def key_repeated(key: Scalar, first: Scalar) -> Diagnostic:
    """Two keys of one mapping that are the same after expansion."""
    return Diagnostic(
        code="PS1106",
        message=f'"{key.value}" is already defined in this mapping',
        span=key.span,
        related=(Related(first.span, "first defined here"),),
        help="after expansion the keys of a mapping must differ in more than upper and lower case",
        service_text=f"'{key.value}' is already defined",
    )


def too_many_events(limit: int, span: Span) -> Diagnostic:
    """More work than one compile may take."""
    return Diagnostic(
        code="PS1215",
        message=f"the templates take more than {limit:,} operations to expand",
        span=span,
        label="expanding stopped here",
        help="loops inside loops multiply: make the lists shorter, or loop when the job runs",
        service_text="Maximum events exceeded while evaluating the template. This may indicate an "
        "infinite loop or too many nested loops.",
    )


def too_many_characters(limit: int, span: Span) -> Diagnostic:
    """More text than one compile may make."""
    return Diagnostic(
        code="PS1215",
        message=f"the templates expand to more than {limit:,} characters",
        span=span,
        label="expanding stopped here",
        help="repeat less text: long scripts belong in files of their own",
        service_text="Maximum object size exceeded",
    )
