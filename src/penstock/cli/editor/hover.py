"""What there is to say of the thing under the cursor, as Markdown: values, tasks, keywords."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.cli.editor.cursor import is_directive
from penstock.cli.editor.grammar import records_of, shapes_at
from penstock.cli.editor.located import Reference, Spotted, code_at, reference_at, spot
from penstock.cli.editor.names import Parameter, parameters_of, template_at, variables_of
from penstock.cli.editor.projects import Project
from penstock.language.casing import fold_case
from penstock.language.source import Source, Span, has_errors
from penstock.language.yaml import Node
from penstock.records import record

_LONGEST = 300


@record(kw_only=False)
class Hover:
    """Markdown, and the place it is about."""

    text: str
    span: Span


def hover(project: Project, source: Source, line: int, column: int) -> Hover | None:
    """What to show at a place (1-based) of a file, or None."""
    root = project.tree(source)
    spotted = spot(root, line, column)
    if spotted is None:
        return None
    return (
        _expression(project, source, root, spotted, line, column)
        or _condition(project, source, spotted)
        or _reference(project, source, root, spotted, line, column)
        or _task(spotted)
        or _input(spotted)
        or _template(project, source, spotted)
        or _argument(project, source, spotted)
        or _keyword(spotted)
    )


# --- values


def _expression(
    project: Project, source: Source, root: Node | None, spotted: Spotted, line: int, column: int
) -> Hover | None:
    found = code_at(spotted.scalar, line, column)
    if found is None:
        return None
    code, span = found
    values: dict[str, list[str]] = {}
    wrong = []
    for snapshot in project.snapshots_of(source):
        wrong += [snapshot.path] * has_errors(snapshot.diagnostics)
        for text in snapshot.observed.texts(spotted.scalar.span, code.offset):
            values.setdefault(text, []).append(snapshot.path)
    text = "\n\n".join(_value_lines(code.text, values, source.label, wrong))
    reference = reference_at(spotted.scalar, line, column)
    about = _about(project, source, root, reference) if reference else ""
    return Hover("\n\n".join(filter(None, (text, about))), span)


def _value_lines(
    code: str, values: dict[str, list[str]], own: str, wrong: list[str]
) -> Iterator[str]:
    """What an expression comes to. `own` is its file; `wrong` are pipelines that have errors."""
    if not values and wrong:
        yield f"{_code(code)} is not evaluated: {', '.join(wrong)} has errors"
    elif not values:
        yield f"{_code(code)} is not evaluated: its part of the file is left out"
    elif len(values) == 1:
        yield f"{_code(code)} = {_code(next(iter(values)))}"
    else:
        yield f"{_code(code)} has several values:"
        rows = []
        for value, paths in values.items():
            where = sorted({path for path in paths if path != own})
            rows.append(f"- {_code(value)}" + (f" in {', '.join(where)}" if where else ""))
        yield "\n".join(rows)


def _reference(
    project: Project, source: Source, root: Node | None, spotted: Spotted, line: int, column: int
) -> Hover | None:
    reference = reference_at(spotted.scalar, line, column)
    about = _about(project, source, root, reference) if reference else ""
    return Hover(about, reference.span) if about and reference else None


def _about(project: Project, source: Source, root: Node | None, reference: Reference) -> str:
    if reference.kind == "parameter":
        for one in parameters_of(root):
            if fold_case(one.name) == fold_case(reference.name):
                return _parameter(one)
        return ""
    if reference.kind == "variable":
        return _variable(project, source, reference.name)
    return ""


def _parameter(one: Parameter) -> str:
    told = [f"parameter **{one.name}**: {one.type}"]
    told.append(f"default {_code(one.default)}" if one.default is not None else "required")
    if one.values:
        told.append("one of " + ", ".join(map(_code, one.values)))
    return "; ".join(told)


def _variable(project: Project, source: Source, name: str) -> str:
    wanted = fold_case(name)
    found = [
        one for one in variables_of(project.snapshots_of(source)) if fold_case(one.name) == wanted
    ]
    rows = [f"- {_code(v.value)} in {v.scope} ({v.span.source.label}:{v.span.line})" for v in found]
    for group, known, value in project.group_variables():
        if fold_case(known) == wanted:
            shown = "a secret" if value is None else _code(value)
            rows.append(f"- {shown} in the group {group}")
    for known, value in project.predefined().items():
        if fold_case(known) == wanted:
            rows.append(f"- {_code(value)} here, predefined")
    return "\n".join([f"variable **{name}**", "", *rows]) if rows else ""


def _condition(project: Project, source: Source, spotted: Spotted) -> Hover | None:
    """A condition: what it comes to, and why."""
    if spotted.is_key or spotted.path[-1:] != ("condition",):
        return None
    from penstock.cli.editor.decisions import decisions_at

    told = decisions_at(project, source, spotted.scalar.span)
    blocks = "\n\n---\n\n".join(f"```text\n{text}\n```" for text in told)
    return Hover(blocks, spotted.scalar.span) if blocks else None


# --- tasks and keywords


def _task(spotted: Spotted) -> Hover | None:
    if spotted.is_key or spotted.path[-1:] != ("task",):
        return None
    return _subject(spotted.scalar.value, spotted.scalar.span)


def _input(spotted: Spotted) -> Hover | None:
    outer = spotted.levels[-2].keys if len(spotted.levels) > 1 else {}
    if not spotted.is_key or spotted.path[-1:] != ("inputs",) or "task" not in outer:
        return None
    from penstock.agent import tasks

    try:
        inputs = tasks.find(outer["task"]).inputs
    except tasks.UnknownTask:
        return None
    wanted = spotted.scalar.value.casefold()
    for one in inputs:
        if wanted in (name.casefold() for name in (one.name, *one.aliases)):
            told = [f"**{spotted.scalar.value}** of {outer['task']}: {one.type}"]
            told += ["required"] if one.required else []
            told += [f"default {_code(one.default)}"] if one.default else []
            told += ["one of " + ", ".join(map(_code, filter(None, one.choices)))] * bool(
                one.choices
            )
            return Hover("; ".join(told), spotted.scalar.span)
    return None


def _template(project: Project, source: Source, spotted: Spotted) -> Hover | None:
    if spotted.is_key or spotted.path[-1:] != ("template",):
        return None
    target = template_at(spotted.scalar.value, source, project)
    if target is None:
        return None
    rows = [f"- {_parameter(one)}" for one in parameters_of(project.tree(target))]
    text = "\n".join([f"template **{target.label}**", "", *(rows or ["no parameters"])])
    return Hover(text, spotted.scalar.span)


def _argument(project: Project, source: Source, spotted: Spotted) -> Hover | None:
    outer = spotted.levels[-2].keys if len(spotted.levels) > 1 else {}
    if not spotted.is_key or spotted.path[-1:] != ("parameters",) or "template" not in outer:
        return None
    target = template_at(outer["template"], source, project)
    for one in parameters_of(project.tree(target) if target else None):
        if fold_case(one.name) == fold_case(spotted.scalar.value):
            return Hover(_parameter(one), spotted.scalar.span)
    return None


def _keyword(spotted: Spotted) -> Hover | None:
    """A key of the language, where it stands as one."""
    key = spotted.scalar.value
    if not spotted.is_key or is_directive(key):
        return None
    shapes = shapes_at(spotted.path, spotted.levels)
    records = records_of(shapes, spotted.levels[-1].keys if spotted.levels else {})
    if not any(key in record.members for record in records):
        return None
    return _subject(key, spotted.scalar.span)


def _subject(word: str, span: Span) -> Hover | None:
    """What `penstock explain WORD` says."""
    from penstock.cli.explaining.subjects import explain_subject
    from penstock.cli.options import Failure

    try:
        text = explain_subject(word, color=False)
    except Failure:
        return None
    return Hover(f"```text\n{text}\n```", span)


def _code(text: str) -> str:
    """The text as code in Markdown, cut when it is long."""
    shown = text.replace("\n", " ␊ ")
    shown = shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
    marks = "``" if "`" in shown else "`"
    return f"{marks} {shown} {marks}" if "`" in shown or not shown else f"`{shown}`"
