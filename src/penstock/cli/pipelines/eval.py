"""`penstock eval`: one expression, evaluated as it would be at some place of a pipeline."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from penstock.cli.exits import Exit
from penstock.cli.options import (
    folder_option,
    output_options,
    parameter_option,
    print_diagnostics,
    variable_option,
    wants_color,
)
from penstock.cli.output import print_data
from penstock.engine.places import Place, functions_in, names_in
from penstock.language.casing import fold_case
from penstock.language.expressions import (
    ExpressionError,
    Trace,
    Value,
    evaluate,
    kind_of,
    parse,
    to_json_text,
    to_text,
)
from penstock.language.expressions.values import Array, Object


@click.command(short_help="evaluate an expression")
@click.argument("expression")
@folder_option
@parameter_option
@variable_option
@click.option(
    "--context",
    "file",
    metavar="FILE.yml",
    help="contexts by name: variables, parameters, dependencies, stageDependencies ...",
)
@click.option("--template", "place", flag_value="template", help="as in ${{ }}")
@click.option("--runtime", "place", flag_value="runtime", help="as in $[ ] of a variable")
@click.option("--condition", "place", flag_value="condition", help="as in a condition")
@click.option("--trace", "traced", is_flag=True, help="show what each part came to")
@output_options("text")
def command(
    expression: str,
    folder: Path | None,
    parameters: tuple[str, ...],
    variables: tuple[str, ...],
    file: str | None,
    place: str | None,
    traced: bool,
    form: str,
    query: str | None,
) -> int:
    """Evaluate EXPRESSION and print its value.

    \b
    penstock eval "eq(variables.x, 'a')" --var x=a
    penstock eval '${{ parameters.list[0] }}' -p 'list=[a, b]'
    penstock eval "failed('Build')" --context run.yml --trace

    Written as ${{ ... }} or $[ ... ] it is read as at that place, otherwise as a condition, unless
    --template, --runtime or --condition says so. Exit code 4 when it is not valid or fails.
    """
    from penstock.cli.pipelines.eval_contexts import read_contexts

    text, guessed = unwrapped(expression)
    where = Place(place) if place else guessed
    given = read_contexts(where, parameters, variables, file, folder)
    if given.diagnostics:
        print_diagnostics(given.diagnostics)
        return Exit.INVALID
    trace = Trace()
    parsed = None
    try:
        parsed = parse(text, names=given.names, functions=given.functions)
        value = evaluate(parsed, given.contexts, trace=trace)
    except ExpressionError as error:
        if traced and parsed is not None and trace.root is not None and form == "text":
            _print_trace(parsed, trace)
        _complain(error, text, where, form)
        return Exit.INVALID
    if form == "text" and not query:
        if traced:
            _print_trace(parsed, trace)
        else:
            click.echo(printed(value))
    else:
        data = _data(text, where, value, parsed if traced else None, trace)
        print_data(data, form, query)
    return Exit.OK


def unwrapped(text: str) -> tuple[str, Place]:
    """The expression without `${{ }}` or `$[ ]` around it, and the place that these mean."""
    text = text.strip()
    if text.startswith("${{") and text.endswith("}}"):
        return text[3:-2].strip(), Place.TEMPLATE
    if text.startswith("$[") and text.endswith("]"):
        return text[2:-1].strip(), Place.RUNTIME
    return text, Place.CONDITION


def printed(value: Value) -> str:
    """The value as it would be inserted: objects and arrays as JSON, Null as `Null`."""
    if value is None:
        return "Null"
    return to_json_text(value) if isinstance(value, Array | Object) else to_text(value)


def _print_trace(parsed: Any, trace: Trace) -> None:
    from penstock.cli.explaining.evaluated import painter, part_lines
    from penstock.language.expressions.reasons import account

    color = wants_color(sys.stdout)
    lines = part_lines(account(parsed, trace), painter(color))
    click.echo("\n".join(lines), color=color)


def _data(text: str, place: Place, value: Value, parsed: Any, trace: Trace) -> dict[str, Any]:
    found: dict[str, Any] = {
        "expression": text,
        "place": str(place),
        "type": kind_of(value),
        "value": _plain(value),
    }
    if parsed is not None:
        from penstock.cli.explaining.evaluated import part_json
        from penstock.language.expressions.reasons import account

        found["trace"] = part_json(account(parsed, trace))
    return found


def _plain(value: Value) -> Any:
    match value:
        case None | bool() | str():
            return value
        case Array() | Object():
            return json.loads(to_json_text(value))
    if kind_of(value) == "Number":
        return json.loads(to_text(value))
    return to_text(value)


_WHERE = {
    Place.TEMPLATE: "in ${{ }}",
    Place.RUNTIME: "in $[ ] of a variable",
    Place.CONDITION: "in conditions",
}


def _elsewhere(error: ExpressionError, place: Place) -> str:
    """That a name which is unknown here is known at another place, and the option for that."""
    if error.code != "PS1302":
        return ""
    word = fold_case(error.text[error.position or 0 : error.end])
    for other in Place:
        known = (*names_in(other), *functions_in(other, {}))
        if other is not place and word in map(fold_case, known):
            return f"it is known {_WHERE[other]}: --{other}"
    return ""


def _complain(error: ExpressionError, text: str, place: Place, form: str) -> None:
    from penstock.language.diagnostics import render, to_json
    from penstock.language.source import Source, Span, lines_of

    source = Source("expression", text)

    def at(start: int, end: int) -> Span:
        before = lines_of(text[:start])
        line, column = len(before), len(before[-1]) + 1
        length = len(text[start:end].split("\n", 1)[0])
        return Span(source, line, column, line, column + max(1, length))

    diagnostic = error.diagnostic(at)
    help = _elsewhere(error, place) or diagnostic.help
    diagnostic = replace(diagnostic, help=help or f"`penstock explain {error.code}` tells more")
    if form == "json":
        click.echo(json.dumps({"error": to_json([diagnostic])[0]}, indent=2, ensure_ascii=False))
        return
    color = wants_color(sys.stderr)
    click.echo(render([diagnostic], color=color), err=True, color=color)
    if diagnostic.service_text:
        click.echo(f"  = the service says: {diagnostic.service_text}", err=True)
