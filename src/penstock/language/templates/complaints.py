"""The words for what is wrong with templates: texts, directives, references, parameters, shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from penstock.language.expressions import ExpressionError
from penstock.language.source import Diagnostic, Related, Severity, Span
from penstock.language.templates.texts import Code, TextError
from penstock.language.yaml import Mapping, Node, Scalar, Sequence

# --- texts and directives


def malformed_text(error: TextError, span: Span) -> Diagnostic:
    """A text whose `${{` or directive is not well formed."""
    helps = {
        "PS1310": "close it with }}; a single quote inside a text is written twice",
        "PS1311": "put the directive alone on its line, as a key: ${{ if ... }}:",
        "PS1312": "the forms are ${{ if X }}:, ${{ elseif X }}:, ${{ else }}:, "
        "${{ each NAME in X }}: and ${{ insert }}:",
    }
    return Diagnostic(
        code=error.code,
        message=error.message,
        span=span,
        help=helps[error.code],
        service_text=error.service_text,
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
    return Diagnostic(
        code="PS1314",
        message=f'the name "{name}" is taken here; a loop variable needs a name of its own',
        span=span,
        help="choose another name, for example one that says what one item is",
        service_text=f"The idenfifier '{name}' has already been defined within the current scope",
    )


def bad_expression(
    error: ExpressionError, code: Code, host: Scalar, at: Callable[[int, int], Span]
) -> Diagnostic:
    """An expression that does not parse."""
    if not code.text:
        return Diagnostic(
            code="PS1301",
            message="there is no expression between ${{ and }}",
            span=host.span,
            help="write an expression, for example ${{ parameters.name }}",
            service_text="An expression was expected",
        )
    word = _WORDS.match(code.text)
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
    return replace(diagnostic, help=_runtime_help(error) or diagnostic.help)


_WORDS = re.compile(r"([A-Za-z]+)\s+[A-Za-z'(]")
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
    """A template reads a parameter that it does not declare: it is always empty there."""
    from penstock.language.diagnostics import nearest

    close = nearest(name, declared)
    return Diagnostic(
        code="PS1217",
        severity=Severity.WARNING,
        message=f'this template has no parameter "{name}"; it is always empty here',
        span=span,
        help=f'did you mean "{close}"?' if close else f'declare it: "- name: {name}"',
    )


def orphan(keyword: str, key: Scalar, *, after_else: bool) -> Diagnostic:
    """`else` or `elseif` with no chain to belong to."""
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
        service_text=f"The expression directive '{keyword}' is not supported in this context",
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
        message=f"the templates take more than {limit:,} steps to expand",
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


# --- shapes


def kind_of_node(node: Node) -> str:
    """What a node is, in the words of the messages."""
    match node:
        case Scalar():
            return "nothing" if node.is_null else "text"
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"


_SERVICE_KINDS = {
    "text": "Expected a scalar value",
    "a list": "Expected a sequence",
    "a mapping": "Expected a mapping",
}


def wrong_kind(what: str, expected: tuple[str, ...], node: Node) -> Diagnostic:
    """A list where a mapping belongs, and so on. `expected` are kinds as kind_of_node says them."""
    found = kind_of_node(node)
    if isinstance(node, Scalar):
        service = f"Unexpected value '{'' if node.is_null else node.value}'"
    else:
        service = f"A {'sequence' if isinstance(node, Sequence) else 'mapping'} was not expected"
    return Diagnostic(
        code="PS1102",
        message=f'"{what}" takes {" or ".join(expected)}, and there is {found}',
        span=node.span,
        help=_kind_help(expected, node),
        service_text=service,
    )


def _kind_help(expected: tuple[str, ...], node: Node) -> str:
    if expected[0] == "a list" and not isinstance(node, Sequence):
        return "write one item a line, each behind a dash"
    if "a mapping" in expected:
        return "write keys under it, indented further, each with a colon"
    if isinstance(node, Sequence):
        return "write one value, without a dash"
    return "write one value on the line of the key"


def unexpected_word(
    what: str, words: tuple[str, ...], node: Scalar, kinds: tuple[str, ...]
) -> Diagnostic:
    """A text that is not among the words allowed here; `kinds` are what else may stand here."""
    from penstock.language.diagnostics import nearest

    close = nearest(node.value, words)
    words = ("true", "false") if "yes" in words else words
    return Diagnostic(
        code="PS1103",
        message=f'"{node.value}" is not a value that "{what}" takes',
        span=node.span,
        help=f'did you mean "{close}"?' if close else _write(one_of(words), kinds),
        service_text=f"Unexpected value '{node.value}'",
    )


def _write(words: str, kinds: tuple[str, ...]) -> str:
    others = [kind for kind in kinds if kind != "text"]
    return f"write {words}, or give {' or '.join(others)}" if others else f"write {words}"


def empty_text(what: str, node: Scalar) -> Diagnostic:
    """Nothing where a text is needed."""
    return Diagnostic(
        code="PS1105",
        message=f'"{what}" is empty',
        span=node.span,
        help="write a value, or remove the key",
        service_text="Unexpected value ''",
    )


def unknown_key(key: Scalar, known: Iterable[str], owner: str, home: str | None) -> Diagnostic:
    """A key that its mapping does not take. `home` is a part of a pipeline that does take it."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(key.value, names)
    if home:
        help = f'"{key.value}" belongs in {home}; look at the indentation'
    elif close:
        help = f'did you mean "{close}"?'
    else:
        help = f"{owner} takes {listed(names)}"
    return Diagnostic(
        code="PS1101",
        message=f'unknown key "{key.value}" in {owner}',
        span=key.span,
        label="not expected here",
        help=help,
        service_text=f"Unexpected value '{key.value}'",
    )


def unknown_lead(key: Scalar, leads: Iterable[str], owner: str) -> Diagnostic:
    """A mapping that no leading key tells what it is, and that has a key nothing takes."""
    names = list(leads)
    return Diagnostic(
        code="PS1101",
        message=f'unknown key "{key.value}" in {owner}',
        span=key.span,
        label="not expected here",
        help=f"{owner} begins with one of {listed(names)}",
        service_text=f"Unexpected value '{key.value}'",
    )


def wrong_item(what: str, expected: tuple[str, ...], node: Node) -> Diagnostic:
    """An item of a list that is not of the kind the list holds."""
    found = kind_of_node(node)
    value = node.value if isinstance(node, Scalar) else ""
    return Diagnostic(
        code="PS1102",
        message=f'each item of "{what}" is {" or ".join(expected)}, and here is {found}',
        span=node.span,
        help="give each item keys, with a colon behind each key"
        if isinstance(node, Scalar)
        else "remove one dash",
        service_text=f"Unexpected value '{value}'"
        if isinstance(node, Scalar)
        else "A sequence was not expected",
    )


def not_one(what: str, shape: str, count: int, node: Node) -> Diagnostic:
    """A template that gives several parts, or none, where one stands."""
    return Diagnostic(
        code="PS1205",
        message=f'"{what}" takes one {shape}, and this template gives {count}',
        span=node.span,
        help=f"declare the parameter with type: {shape}List",
    )


def undetermined(owner: str, leads: tuple[str, ...], span: Span) -> Diagnostic:
    """A mapping that could be several things, or none."""
    return Diagnostic(
        code="PS1104",
        message=f"this does not say which kind of {owner} it is",
        span=span,
        help=f"add {one_of(leads)}",
        service_text="There's not enough info to determine what you meant. Add one of these "
        f"properties: {', '.join(leads)}",
    )


def missing_key(owner: str, name: str, span: Span) -> Diagnostic:
    """A mapping without a key that it must have."""
    return Diagnostic(
        code="PS1104",
        message=f'{owner} needs "{name}"',
        span=span,
        help=f'add "{name}:"',
        service_text="There's not enough info to determine what you meant. Add one of these "
        f"properties: {name}",
    )


def rival_keys(first: Scalar, second: Scalar, owner: str) -> Diagnostic:
    """Two keys of which a mapping may have one."""
    return Diagnostic(
        code="PS1107",
        message=f'{owner} cannot have both "{first.value}" and "{second.value}"',
        span=second.span,
        label="one of the two must go",
        related=(Related(first.span, f'"{first.value}" is here'),),
        help=f'keep one; what is under "{second.value}" may belong inside "{first.value}"',
        service_text=f"Unexpected value '{second.value}'",
    )


# --- template files


def template_cycle(path: Scalar, cycle: list[str]) -> Diagnostic:
    """A template that includes itself with the same parameters."""
    return Diagnostic(
        code="PS1208",
        message="this template includes itself for ever: " + " -> ".join(cycle),
        span=path.span,
        help="remove one of the references, or put one behind an ${{ if }} that ends the chain",
        service_text="Maximum object depth exceeded",
    )


def too_many_levels(path: Scalar, limit: int) -> Diagnostic:
    """Templates included in templates, too deep."""
    return Diagnostic(
        code="PS1208",
        message=f"templates include each other more than {limit} levels deep",
        span=path.span,
        label="expanding stopped here",
        help="look for a template that includes itself with ever new parameters",
        service_text="Maximum object depth exceeded",
    )


def not_a_template(name: str, slot: str, span: Span) -> Diagnostic:
    """A template file whose root is no mapping, or that is empty."""
    return Diagnostic(
        code="PS1202",
        message=f"{name} is not a {slot} template: it has no keys",
        span=span,
        help=f'write "{slot}:" and its items under it, indented'
        if slot != "extends"
        else 'write "stages:", "jobs:" or "steps:" and its items under it',
        service_text="Expected a mapping",
    )


def no_body(name: str, bodies: Iterable[str], span: Span) -> Diagnostic:
    """A template file without any body."""
    names = list(bodies)
    return Diagnostic(
        code="PS1202",
        message=f"{name} has no {one_of(names)}",
        span=span,
        help=f'add "{names[0]}:"; a template may hold an empty list, {names[0]}: []',
        service_text="There's not enough info to determine what you meant. Add one of these "
        f"properties: {', '.join(names)}",
    )


def wrong_template(key: Scalar, slot: str) -> Diagnostic:
    """A template of another kind than the place it is included in."""
    return Diagnostic(
        code="PS1202",
        message=f"this is a template of {key.value}, and it is included where {slot} stand",
        span=key.span,
        label="not expected here",
        help=f'include it under "{key.value}:", or write its body under "{slot}:"',
        service_text=f"Unexpected value '{key.value}'",
    )


def trigger_in_template(key: Scalar) -> Diagnostic:
    """A trigger where none is looked at."""
    return Diagnostic(
        code="PS1216",
        severity=Severity.WARNING,
        message=f'"{key.value}" in a template has no effect',
        span=key.span,
        help="move it to the pipeline file: triggers are read only there",
    )


def missing_start(path: str) -> Diagnostic:
    """The pipeline file itself is not there."""
    return Diagnostic(
        code="PS1201",
        message=f'there is no pipeline file "{path}"',
        help="give the path from the root of the repository",
    )


def not_a_pipeline(node: Node) -> Diagnostic:
    """A pipeline file whose root is no mapping."""
    return Diagnostic(
        code="PS1102",
        message=f"a pipeline is made of keys, and this file holds {kind_of_node(node)}",
        span=node.span,
        help='begin with "steps:", "jobs:", "stages:" or "extends:"',
        service_text="Expected a mapping",
    )


def too_deep(span: Span) -> Diagnostic:
    """A pipeline that is nested too deeply to be read."""
    return Diagnostic(
        code="PS1208",
        message="templates and values are nested too deeply",
        span=span,
        help="look for a template that includes itself, or flatten the values",
        service_text="Maximum object depth exceeded",
    )


# --- words


def one_of(words: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def listed(words: Iterable[str]) -> str:
    """`a, b, c`; long lists are cut."""
    names = list(words)
    return ", ".join(names) if names else "no keys"
