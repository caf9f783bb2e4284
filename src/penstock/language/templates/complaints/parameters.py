"""The words for what is wrong with parameters: their declarations, and values given for them."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Items

from penstock.language.source import Diagnostic, Related, Span
from penstock.language.templates.complaints.shapes import kind_of_node, listed, one_of
from penstock.language.yaml import Node, Scalar

_HOW = "write - name: NAME, and under it type: and default: if wanted"
_TAKES = {
    "number": "a number",
    "boolean": "true or false",
    "stringList": "a list of texts",
    "stepList": "a list of steps",
    "jobList": "a list of jobs",
    "deploymentList": "a list of deployments",
    "stageList": "a list of stages",
    "containerList": "a list of containers",
    **{kind: f"one {kind}" for kind in ("step", "job", "deployment", "stage", "container")},
}
_SERVICE_VALUES = ("number", "boolean", "stringList")


# --- declarations


def not_declarations(node: Node, *, of_pipeline: bool) -> Diagnostic:
    """Something under `parameters` that declares none."""
    return Diagnostic(
        code="PS1207",
        message=f'"parameters" takes a list of declarations, and there is {kind_of_node(node)}',
        span=node.span,
        help=f"{_HOW}; only templates may map names to defaults" if of_pipeline else _HOW,
        service_text="A mapping was not expected"
        if of_pipeline
        else f"Unexpected value '{node.value if isinstance(node, Scalar) else ''}'",
    )


def not_a_declaration(node: Node) -> Diagnostic:
    """An item under `parameters` without a name."""
    return Diagnostic(
        code="PS1207",
        message=f"a parameter is declared by its name, and there is {kind_of_node(node)}",
        span=node.span,
        help=_HOW,
        service_text="Expected a mapping",
    )


def name_not_first(key: Scalar, *, has_name: bool) -> Diagnostic:
    """A declaration that begins with another key than `name`."""
    return Diagnostic(
        code="PS1207",
        message=f'a parameter declaration begins with "name", not with "{key.value}"',
        span=key.span,
        help='move "name" to the first line of the item' if has_name else _HOW,
        service_text=f"Unexpected value '{key.value}'",
    )


def unknown_declaration_key(key: Scalar, known: Iterable[str]) -> Diagnostic:
    """A key that a declaration does not take."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(key.value, names)
    return Diagnostic(
        code="PS1101",
        message=f'unknown key "{key.value}" in a parameter declaration',
        span=key.span,
        label="not expected here",
        help=f'did you mean "{close}"?' if close else f"a declaration takes {listed(names)}",
        service_text=f"Unexpected value '{key.value}'",
    )


def declared_twice(name: Scalar, first: Scalar) -> Diagnostic:
    """Two declarations of one name."""
    return Diagnostic(
        code="PS1207",
        message=f'the parameter "{name.value}" is declared more than once',
        span=name.span,
        related=(Related(first.span, "first declared here"),),
        help="remove one of the two; names ignore case",
        service_text=f"The '{name.value}' parameter is declared more than once in the parameter "
        "list.",
    )


def unknown_type(node: Node, known: Iterable[str]) -> Diagnostic:
    """A type that does not exist."""
    from penstock.language.diagnostics import nearest

    names = list(known)
    word = node.value if isinstance(node, Scalar) else kind_of_node(node)
    close = nearest(word, names)
    return Diagnostic(
        code="PS1207",
        message=f'there is no parameter type "{word}"',
        span=node.span,
        help=f'did you mean "{close}"? Upper and lower case count'
        if close
        else f"the types are {listed(names)}",
        service_text=f"Unexpected value '{word}'",
    )


def misplaced_type(node: Scalar, *, of_pipeline: bool) -> Diagnostic:
    """A type of templates in a pipeline, or the other way round."""
    owners = ("templates", "a pipeline") if of_pipeline else ("a pipeline", "templates")
    return Diagnostic(
        code="PS1207",
        message=f'the type "{node.value}" is for parameters of {owners[0]}, not of {owners[1]}',
        span=node.span,
        help="write object" if node.value in ("pool", "legacyObject") else "write string",
        service_text=f"Unexpected value '{node.value}'",
    )


def values_not_texts(node: Node) -> Diagnostic:
    """Allowed values that are not a list of single values."""
    return Diagnostic(
        code="PS1207",
        message='"values" takes a list of single values',
        span=node.span,
        help="write one allowed value a line, each behind a dash",
        service_text="Expected a sequence",
    )


def expression_not_allowed(node: Scalar) -> Diagnostic:
    """An expression in a declaration."""
    return Diagnostic(
        code="PS1315",
        message="no expressions are allowed in parameter declarations",
        span=node.span,
        help="write it out; for a default that depends on something, use coalesce() where the "
        "parameter is read",
        service_text="A template expression is not allowed in this context",
    )


# --- values


def unknown_parameter(
    key: Scalar, names: Items[str], declared_at: Span | None, target: str
) -> Diagnostic:
    """A value for a parameter that is not declared; those that are have these names."""
    from penstock.language.diagnostics import nearest

    close = nearest(key.value, names)
    declared = f"parameters declared here: {', '.join(names)}" if names else "no parameter declared"
    place = "the template" if target.startswith("template ") else "the pipeline"
    return Diagnostic(
        code="PS1203",
        message=f'unknown parameter "{key.value}" for {target}',
        span=key.span,
        label="not declared",
        related=(Related(declared_at, declared),) if declared_at else (),
        help=f'did you mean "{close}"?' if close else f"leave it out, or declare it in {place}",
        service_text=f"Unexpected parameter '{key.value}'",
    )


def unused_parameter(key: Scalar) -> Diagnostic:
    """A value given for the run of a pipeline without `parameters`."""
    return Diagnostic(
        code="PS1203",
        message=f'unknown parameter "{key.value}": this pipeline declares no parameters',
        span=key.span,
        label="not declared",
        help="leave it out, or declare it under `parameters`",
        service_text=f"Unexpected parameter '{key.value}'",
    )


def missing_parameter(
    name: Scalar, values: Items[Scalar], at: Span | None, target: str
) -> Diagnostic:
    """No value for a parameter without a default; `at` is None for those of the pipeline itself.

    `values` are those that the parameter may have, none if they are not limited. The page of
    runtime parameters promises the first of them; the service refuses, as here.
    """
    if at is None:
        give = f"give one: --parameter {name.value}=VALUE"
        if values:
            example = f"--parameter {name.value}={values[0].value}"
            give = f"give one of its values, {example} for example"
        return Diagnostic(
            code="PS1204",
            message=f'{target} needs a value for the parameter "{name.value}"',
            span=name.span,
            label="declared without a default",
            help=f"{give}; or add a default",
            service_text=f"A value for the '{name.value}' parameter must be provided.",
        )
    return Diagnostic(
        code="PS1204",
        message=f'{target} needs a value for the parameter "{name.value}"',
        span=at,
        related=(Related(name.span, "declared here without a default"),),
        help=f'add "{name.value}:" under "parameters:", or give the declaration a default',
        service_text=f"A value for the '{name.value}' parameter must be provided.",
    )


def invalid(name: Scalar, kind: str) -> str:
    """What the service says of a value before it says why."""
    return f"The '{name.value}' parameter is not a valid {kind[0].upper()}{kind[1:]}."


def wrong_type(name: Scalar, kind: str, node: Node) -> Diagnostic:
    """A value that its parameter's type does not take."""
    text = node.value if isinstance(node, Scalar) else ""
    is_text = isinstance(node, Scalar) and not node.is_null
    found = f'"{text}"' if is_text else kind_of_node(node)
    takes = _TAKES.get(kind) or ("one text" if kind == "string" else f"a value of type {kind}")
    service_kind = kind[0].upper() + kind[1:]
    if kind in _SERVICE_VALUES and isinstance(node, Scalar):
        service = f"The '{name.value}' parameter value '{text}' is not a valid {service_kind}."
    else:
        service = invalid(name, kind)
    return Diagnostic(
        code="PS1205",
        message=f'the parameter "{name.value}" takes {takes}, and there is {found}',
        span=node.span,
        related=(Related(name.span, f"declared here with type {kind}"),),
        help=_TYPE_HELP.get(kind, "change the value, or the type of the parameter"),
        service_text=service,
    )


def not_a_deployment(name: Scalar, kind: str, job: Node) -> Diagnostic:
    """A job of steps for a parameter that takes deployments."""
    return Diagnostic(
        code="PS1205",
        message=f'the parameter "{name.value}" takes {_TAKES[kind]}, and here is a job',
        span=job.span,
        related=(Related(name.span, f"declared here with type {kind}"),),
        help=f"write deployment: in place of job:, or declare it with type: {_JOBS[kind]}",
        service_text=invalid(name, kind),
    )


_JOBS = {"deployment": "job", "deploymentList": "jobList"}
_TYPE_HELP = {
    "number": "write digits, with a point for decimals",
    "boolean": "write true or false; yes, no, 1 and 0 are not taken",
    "string": "give one value, or declare the parameter with type: object",
    "stringList": "write one text a line, each behind a dash",
    **dict.fromkeys(
        ("stepList", "jobList", "deploymentList", "stageList", "containerList"),
        "write a dash before each item; [] is an empty list",
    ),
    **{
        kind: f"write the keys of one {kind}, without a dash"
        for kind in ("step", "job", "deployment", "stage", "container")
    },
}


def not_among(name: Scalar, node: Scalar, words: Items[str]) -> Diagnostic:
    """A value that the declaration does not list."""
    from penstock.language.diagnostics import nearest

    close = nearest(node.value, words)
    return Diagnostic(
        code="PS1206",
        message=f'"{node.value}" is not among the values of the parameter "{name.value}"',
        span=node.span,
        related=(Related(name.span, f"declared here with the values {', '.join(words)}"),),
        help=f'did you mean "{close}"?' if close else f"write {one_of(words)}",
        service_text=f"The '{name.value}' parameter value '{node.value}' is not a valid value.",
    )
