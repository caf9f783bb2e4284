"""The words for what is wrong with one field of an Azure ML YAML file; see also `misfits`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from penstock.language.source import Diagnostic, Related, Severity, Span
from penstock.language.yaml import Node, Scalar
from penstock.ml.yaml.phrases import article, describe, first_line, listed

_OF_COMPONENT = {
    name: f"change the {name} of the component, or write the command here instead"
    for name in ("command", "code", "environment")
}
_NOT_OFFERED = ("$schema", "id", "status", "creation_context")


def unreadable(path: str, reason: str, close: str | None = None) -> Diagnostic:
    """The file itself cannot be read; `close` is where one of that path is after all."""
    help = f"give the path of a YAML file; it begins in the folder you are in, {Path.cwd()}"
    return Diagnostic(
        code="PS3001",
        message=f'"{path}" cannot be read: {reason}',
        help=f'did you mean "{close}"?' if close else help,
    )


def not_supported(what: str, span: Span, owner: str = "") -> Diagnostic:
    """Something Azure ML has and we do not, yet."""
    subject = f"{owner} is {article(what)}, which" if owner else article(what)
    return Diagnostic(
        code="PS3002",
        message=f"{subject} is not supported yet",
        span=span,
        label="not supported yet",
        help="command and pipeline jobs and components run here; the other kinds come later",
    )


def field_not_supported(field: Scalar, owner: str) -> Diagnostic:
    """A field that Azure ML has and we do not."""
    return Diagnostic(
        code="PS3002",
        message=f'"{field.value}" of {article(owner)} is not supported here',
        span=field.span,
        label="not supported",
        help="leave it out to run this here",
    )


def value_not_supported(name: str, value: Scalar, help: str) -> Diagnostic:
    """A value that Azure ML takes and that means nothing we can do."""
    return Diagnostic(
        code="PS3002",
        message=f'"{name}" cannot be "{value.value}" here',
        span=value.span,
        label="not supported",
        help=help,
    )


def name_not_used(name: Scalar, node: Scalar) -> Diagnostic:
    """A node's own `name`, which Azure's client does not send: bindings and pages use the key."""
    return Diagnostic(
        code="PS3042",
        message=f'"name" of the node "{node.value}" has no effect: the key is its name',
        span=name.span,
        severity=Severity.NOTE,
        help="write display_name for what pages show",
    )


def datastore_is_here(type: Scalar) -> Diagnostic:
    """What a datastore of Azure's storage is on this machine."""
    return Diagnostic(
        code="PS3042",
        message="a datastore is a folder of this machine: nothing of the account is read or"
        " written",
        span=type.span,
        severity=Severity.NOTE,
    )


def no_effect(fields: Sequence[Scalar]) -> Diagnostic:
    """Fields that are right, and mean nothing on this machine; at the first of them."""
    names = [f'"{name}"' for name in dict.fromkeys(field.value for field in fields)]
    verb = "has" if len(names) == 1 else "have"
    return Diagnostic(
        code="PS3042",
        message=f"{_joined(names)} {verb} no effect on this machine",
        span=fields[0].span,
        severity=Severity.NOTE,
    )


def _joined(words: Sequence[str]) -> str:
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def wrong_value(name: str, expected: str, node: Node) -> Diagnostic:
    """A value of another type than the field takes."""
    quote = " (put it in quotes)" if expected == "text" and _is_plain(node) else ""
    return Diagnostic(
        code="PS3003",
        message=f'"{name}" takes {_EXPECTED.get(expected, expected)}, not {describe(node)}',
        span=first_line(node.span),
        label=f"expected {_EXPECTED.get(expected, expected)}{quote}",
        service_text=_SERVICE_TYPES.get(expected),
    )


def unknown_field(
    field: Scalar, owner: str, known: Iterable[str], *, kept: bool = False, help: str | None = None
) -> Diagnostic:
    """A field the schema does not have; where the service keeps such fields it is a warning."""
    from penstock.language.diagnostics import nearest

    names = [name for name in known if name not in _NOT_OFFERED]
    close = nearest(field.value, names)
    return Diagnostic(
        code="PS3004",
        message=f'"{field.value}" is not a field of {article(owner)}',
        span=field.span,
        severity=Severity.WARNING if kept else Severity.ERROR,
        label="has no effect" if kept else "unknown field",
        help=help
        or _OF_COMPONENT.get(field.value if kept else "")
        or (f'did you mean "{close}"?' if close else f"it can have {listed(names)}"),
        service_text="Unknown field.",
    )


def missing_field(name: str, owner: str, span: Span, help: str | None = None) -> Diagnostic:
    """A required field is not there."""
    return Diagnostic(
        code="PS3005",
        message=f'{article(owner)} needs "{name}"',
        span=span,
        label=f'"{name}" is missing',
        help=help,
        service_text="Missing data for required field.",
    )


def not_one_of(name: str, value: Scalar, words: Sequence[str]) -> Diagnostic:
    """A word outside of the set that a field takes."""
    from penstock.language.diagnostics import nearest

    close = nearest(value.value, words)
    return Diagnostic(
        code="PS3006",
        message=f'"{name}" cannot be "{value.value}"',
        span=value.span,
        label=f"expected {listed(words)}",
        help=f'did you mean "{close}"?' if close else None,
        service_text=f"Value '{value.value}' passed is not in set {list(words)}",
    )


def bad_name(what: str, name: Scalar, rule: str, suggestion: str) -> Diagnostic:
    """A name of a form the service does not accept."""
    return Diagnostic(
        code="PS3007",
        message=f'{what} "{name.value}" is not valid: {rule}',
        span=name.span,
        help=f'write "{suggestion}"' if suggestion != name.value else None,
    )


def exclusive(first: Scalar, second: Scalar, owner: str) -> Diagnostic:
    """Two fields of which only one may be given."""
    return Diagnostic(
        code="PS3008",
        message=f'{article(owner)} has either "{first.value}" or "{second.value}", not both',
        span=second.span,
        label="remove one of them",
        related=(Related(first.span, f'"{first.value}" stands here'),),
    )


def override_refused(span: Span, name: str, held: str) -> Diagnostic:
    """`--set` goes through a value that is a text."""
    return Diagnostic(
        code="PS3009",
        message=f'"--set {name}" goes through "{held}", which is a text and has no fields',
        span=span,
        help="change the file it refers to, or replace the whole value",
        service_text=f"Cannot use '--set' on properties defined by reference strings: --set {name}",
    )


def override_malformed(text: str, span: Span) -> Diagnostic:
    """`--set` without a name or without `=`."""
    return Diagnostic(
        code="PS3009",
        message=f'"--set {text}" is not of the form NAME=VALUE',
        span=span,
        help="write for example --set inputs.rate=0.1",
    )


def not_azure_ml(span: Span, found: str) -> Diagnostic:
    """The text is no mapping, or no kind of file that is known."""
    return Diagnostic(
        code="PS3010",
        message=f"this is no Azure ML file: it holds {found}",
        span=span,
        help="a job begins with fields such as type, jobs or command",
    )


def no_value(field: Scalar) -> Diagnostic:
    """A field that is written down without a value."""
    return Diagnostic(
        code="PS3011",
        message=f'"{field.value}" has no value',
        span=field.span,
        label="give it a value or remove it",
        service_text="Field may not be null.",
    )


def not_a_reference(name: str, node: Scalar, plural: str, help: str) -> Diagnostic:
    """A text that should point at something registered."""
    return Diagnostic(
        code="PS3020",
        message=f'"{name}" does not name one of the workspace\'s {plural}: "{node.value}"',
        span=node.span,
        help=help,
    )


def file_missing(
    what: str, node: Scalar, path: str, close: str | None, *, help: str = ""
) -> Diagnostic:
    """A local file or folder that is not there."""
    return Diagnostic(
        code="PS3021",
        message=f'{what} "{node.value}" does not exist',
        span=node.span,
        label=f"looked for {path}",
        help=f'did you mean "{close}"?'
        if close
        else help or "paths are from the folder of this file",
    )


def unusable(what: str, node: Scalar, fault: str, help: str | None = None) -> Diagnostic:
    """A local file or folder that is there, and is not what it should be."""
    return Diagnostic(
        code="PS3021",
        message=f'{what} "{node.value}" {fault}',
        span=node.span,
        help=help,
    )


def number_read(node: Scalar, value: float) -> Diagnostic:
    """A version that YAML reads as a number, and so loses its last zero."""
    return Diagnostic(
        code="PS3041",
        message=f"this version is read as the number {value}, as Azure's client does",
        span=node.span,
        severity=Severity.WARNING,
        help=f'write "{node.value}" in quotes to keep it as it is',
    )


def old_form(span: Span, message: str, help: str, *, warn: bool = False) -> Diagnostic:
    """A way of writing that Azure ML gave up."""
    severity = Severity.WARNING if warn else Severity.ERROR
    return Diagnostic(code="PS3040", message=message, span=span, severity=severity, help=help)


def warning(code: str, message: str, span: Span, help: str | None = None) -> Diagnostic:
    """A remark that stops nothing."""
    return Diagnostic(code=code, message=message, span=span, severity=Severity.WARNING, help=help)


def _is_plain(node: Node) -> bool:
    return isinstance(node, Scalar) and node.style == "plain" and not node.is_null


_EXPECTED = {
    "text": "text",
    "texts": "a list of texts",
    "version": "a version",
    "integer": "a whole number",
    "count": "a whole number from 1 on",
    "number": "a number",
    "boolean": "true or false",
    "scalar": "a text, a number, true or false",
    "map": "a mapping",
    "list": "a list",
}
_SERVICE_TYPES = {
    "text": "Not a valid string.",
    "integer": "Not a valid integer.",
    "count": "Not a valid integer.",
    "number": "Not a valid number.",
    "boolean": "Not a valid boolean.",
    "map": "Not a valid mapping type.",
}
