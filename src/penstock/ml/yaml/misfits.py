"""The words for parts of a job that do not fit together: inputs, outputs, bindings, commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from penstock.language.source import Diagnostic, Related, Severity, Span
from penstock.language.yaml import Scalar
from penstock.ml.yaml.phrases import first_line, shorten


def bad_binding(node: Scalar, message: str, help: str | None = None) -> Diagnostic:
    """An expression that is no binding, or stands where it cannot."""
    return Diagnostic(code="PS3030", message=message, span=first_line(node.span), help=help)


def unknown_binding(
    node: Scalar, what: str, known: Iterable[str], written: str, declared: Span | None = None
) -> Diagnostic:
    """A binding to something that is not there. `written` is the part that is wrong."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(written, names)
    help = f'did you mean "{close}"?' if close else f"there {_there(names)}"
    related = (Related(declared, "declared here"),) if declared and names else ()
    return Diagnostic(
        code="PS3031",
        message=f"{what} does not exist",
        span=first_line(node.span),
        label="nothing to bind to",
        related=related,
        help=help,
    )


def unknown_port(
    field: Scalar, side: str, component: str, known: Iterable[str], declared: Span | None
) -> Diagnostic:
    """A node gives an input, or takes an output, that its component does not have."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(field.value, names)
    return Diagnostic(
        code="PS3032",
        message=f'the component "{component}" has no {side} "{field.value}"',
        span=field.span,
        severity=Severity.WARNING,
        label="has no effect",
        related=_declared(declared, f"its {side}s", names),
        help=f'did you mean "{close}"?' if close else None,
    )


def missing_input(node: Scalar, input: str, type: str, declared: Span | None) -> Diagnostic:
    """A node does not give a required input."""
    return Diagnostic(
        code="PS3033",
        message=f'the node "{node.value}" does not give the required input "{input}" ({type})',
        span=node.span,
        label=f'inputs: needs "{input}"',
        related=(Related(declared, "declared here"),) if declared else (),
        help=f'add "{input}" to its inputs, or give the component a default for it',
        service_text=f"Required input '{input}' for component '{node.value}' not provided.",
    )


def value_unfit(
    name: str, value: str, type: str, span: Span, declared: Span | None = None
) -> Diagnostic:
    """A literal that cannot be read as the type of its input."""
    return Diagnostic(
        code="PS3034",
        message=f'the input "{name}" takes {_TYPES.get(type, type)}, not "{shorten(value)}"',
        span=first_line(span),
        label=f"expected {_TYPES.get(type, type)}",
        related=(Related(declared, "declared here"),) if declared else (),
    )


def literal_for_port(name: str, type: str, node: Scalar, declared: Span | None) -> Diagnostic:
    """A plain text where data is taken."""
    return Diagnostic(
        code="PS3034",
        message=f'the input "{name}" takes data ({type}), not the text "{shorten(node.value)}"',
        span=first_line(node.span),
        label="a text, not data",
        related=(Related(declared, "declared here"),) if declared else (),
        help=f"write {{type: {type}, path: {shorten(node.value)}}}",
    )


def kinds_differ(
    name: str, type: str, found: str, node: Scalar, declared: Span | None
) -> Diagnostic:
    """A binding joins data and a value."""
    wanted = _TYPES.get(type, type)
    return Diagnostic(
        code="PS3034",
        message=f'the input "{name}" takes {wanted}, but is bound to {_TYPES.get(found, found)}',
        span=first_line(node.span),
        related=(Related(declared, "declared here"),) if declared else (),
    )


def outside(
    name: str, value: str, rule: str, span: Span, declared: Span | None = None
) -> Diagnostic:
    """A literal outside of `enum`, `min` or `max`: silent in Azure's client."""
    return Diagnostic(
        code="PS3035",
        message=f'the input "{name}" is "{shorten(value)}", {rule}',
        span=first_line(span),
        severity=Severity.WARNING,
        related=(Related(declared, "declared here"),) if declared else (),
    )


def cycle(names: Sequence[str], spans: Sequence[Span]) -> Diagnostic:
    """Nodes that wait for each other."""
    path = " -> ".join((*names, names[0]))
    return Diagnostic(
        code="PS3036",
        message=f"these nodes wait for each other: {path}",
        span=spans[0],
        label=f"waits for {names[1 % len(names)]}",
        related=tuple(Related(span, "and here") for span in spans[1:]),
        help="remove one of the bindings",
    )


def holds_itself(node: Scalar) -> Diagnostic:
    """A pipeline component that is a node of itself, directly or through others."""
    return Diagnostic(
        code="PS3036",
        message=f'the component "{node.value}" is made of itself',
        span=node.span,
        help="use another component here",
    )


def unknown_in_command(
    name: str,
    side: str,
    span: Span,
    known: Iterable[str],
    declared: Span | None,
    *,
    left_out: bool,
) -> Diagnostic:
    """A command uses an input or output that nothing declares; in `$[[ ]]` that drops it."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(name, names)
    return Diagnostic(
        code="PS3037",
        message=f'the command uses the {side} "{name}", which is not declared',
        span=span,
        severity=Severity.WARNING if left_out else Severity.ERROR,
        label="not declared",
        related=_declared(declared, f"the {side}s", names),
        help=f'did you mean "{close}"?' if close else f'add "{name}" to {side}s',
    )


def strange_in_command(expression: str, span: Span) -> Diagnostic:
    """An expression the service does not replace in a command."""
    return Diagnostic(
        code="PS3037",
        message=f'the command holds "${{{{{expression}}}}}", which nothing replaces',
        span=span,
        severity=Severity.WARNING,
        help="a command can use ${{inputs.NAME}} and ${{outputs.NAME}}",
    )


def optional_unguarded(name: str, span: Span) -> Diagnostic:
    """An optional input outside of `$[[ ]]`."""
    return Diagnostic(
        code="PS3038",
        message=f'the optional input "{name}" stands outside of $[[ ]] in the command',
        span=span,
        severity=Severity.WARNING,
        help=f"write $[[--{name} ${{{{inputs.{name}}}}}]], which is left out without a value",
    )


def no_compute(node: Scalar) -> Diagnostic:
    """A node that nobody gave a compute."""
    return Diagnostic(
        code="PS3039",
        message=f'the node "{node.value}" has no compute',
        span=node.span,
        help="give the pipeline settings: {default_compute: azureml:NAME}, or the node a compute",
        service_text="Compute not set",
    )


def optional_to_required(name: str, node: Scalar, declared: Span, port: Span) -> Diagnostic:
    """An optional input of a pipeline feeds an input that must have a value."""
    return Diagnostic(
        code="PS3033",
        message=f'the required input "{name}" is bound to an optional input of the pipeline',
        span=first_line(node.span),
        related=(Related(declared, "optional here"), Related(port, "required here")),
        help="make both optional, or neither",
        service_text="Pipeline optional Input binding to required inputs",
    )


def script_missing(script: str, span: Span, folder: str, close: str | None) -> Diagnostic:
    """A command runs a script that its code folder does not hold."""
    return Diagnostic(
        code="PS3022",
        message=f'the command runs "{script}", which is not in {folder}',
        span=span,
        severity=Severity.WARNING,
        label="this script will not be found",
        help=f'did you mean "{close}"?'
        if close
        else "the command starts in a copy of the code folder",
    )


def _declared(place: Span | None, what: str, names: Sequence[str]) -> tuple[Related, ...]:
    """The place of a declaration, with the names it holds."""
    return (Related(place, f"{what}: {', '.join(names)}"),) if place and names else ()


def _there(names: Sequence[str]) -> str:
    if not names:
        return "is none"
    return f"is only {names[0]}" if len(names) == 1 else f"are {', '.join(names)}"


_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
    "uri_file": "data (uri_file)",
    "uri_folder": "data (uri_folder)",
    "mltable": "data (mltable)",
}
