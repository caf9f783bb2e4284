"""What can be written at a place: keys, tasks and their inputs, names, paths, words, functions."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from penstock.cli.editor.cursor import ITEM, Cursor, cursor_at
from penstock.cli.editor.grammar import records_of, shapes_at, takes_keys, words_of
from penstock.cli.editor.names import jobs_of, parameters_of, stages_of, template_at, variables_of
from penstock.cli.editor.projects import Project
from penstock.language.schema import PARAMETER_TYPES, ROOT_PARAMETER_TYPES, Record
from penstock.language.source import Source, lines_of
from penstock.language.templates.references import SELF
from penstock.records import record

_EXPRESSION = re.compile(r"\$\{\{(?:(?!\}\}).)*$|\$\[(?:(?!\]).)*$")
_CONDITIONS = ("condition",)
_STATUS = ("always", "canceled", "failed", "succeeded", "succeededOrFailed")
_DECLARATION = ("name", "displayName", "type", "default", "values")
_CONTEXT = {
    "parameters": re.compile(r"\bparameters(?:\.|\[\s*')(?P<prefix>[\w-]*)$", re.I),
    "variables": re.compile(r"\bvariables(?:\.|\[\s*')(?P<prefix>[\w. -]*)$", re.I),
    "dependencies": re.compile(r"\b(?:stageDependencies|dependencies)\.(?P<prefix>\w*)$", re.I),
}
_MACRO = re.compile(r"\$\((?P<prefix>[\w. -]*)$")
_WORD = re.compile(r"[A-Za-z]\w*$")


@record(kw_only=False)
class Suggestion:
    """One thing to write. `kind` is "key", "task", "input", "name", "file", "word", "function" or
    "variable"; `insert` is the text where it is not the label; `prefix` what it replaces."""

    label: str
    kind: str
    detail: str = ""
    insert: str = ""
    prefix: str = ""


def complete(project: Project, source: Source, line: int, column: int) -> list[Suggestion]:
    """What can be written at a place of a file (0-based), the most fitting first."""
    lines = lines_of(source.text)
    before = lines[line][:column] if line < len(lines) else ""
    cursor = cursor_at(lines, line, column)
    if (found := _in_expression(project, source, before, cursor)) is not None:
        return list(found)
    if cursor.kind == "text":
        return []
    if cursor.kind == "value":
        return list(_values(project, source, cursor))
    return list(_keys(project, source, cursor))


# --- expressions


def _in_expression(
    project: Project, source: Source, before: str, cursor: Cursor
) -> Iterator[Suggestion] | None:
    if macro := _MACRO.search(before):
        return _variables(project, source, macro["prefix"])
    in_code = _EXPRESSION.search(before)
    is_condition = cursor.kind != "key" and cursor.path[-1:] == _CONDITIONS
    if in_code is None and not is_condition:
        return None
    for context, pattern in _CONTEXT.items():
        if match := pattern.search(before):
            return _context(context, project, source, match["prefix"])
    word = _WORD.search(before)
    is_template = in_code is not None and in_code[0].startswith("${{")
    return _functions(word[0] if word else "", is_template=is_template)


def _context(context: str, project: Project, source: Source, prefix: str) -> Iterator[Suggestion]:
    if context == "parameters":
        for one in parameters_of(project.tree(source)):
            yield Suggestion(one.name, "variable", one.type, prefix=prefix)
    elif context == "variables":
        yield from _variables(project, source, prefix)
    else:
        snapshots = list(project.snapshots_of(source, fresh=False))
        names = (*stages_of(snapshots), *jobs_of(snapshots))
        for name in dict.fromkeys(text.value for text in names):
            yield Suggestion(name, "name", prefix=prefix)


def _variables(project: Project, source: Source, prefix: str) -> Iterator[Suggestion]:
    known: dict[str, str] = {}
    for one in variables_of(project.snapshots_of(source, fresh=False)):
        known.setdefault(one.name, one.value)
    for group, name, value in project.group_variables():
        known.setdefault(name, value if value is not None else f"a secret of {group}")
    for name, value in project.predefined().items():
        known.setdefault(name, value)
    for name, value in known.items():
        yield Suggestion(name, "variable", value[:80], name, prefix)


def _functions(prefix: str, *, is_template: bool) -> Iterator[Suggestion]:
    from penstock.language.expressions import GENERAL

    contexts = ("parameters", "variables") if is_template else ("variables", "dependencies")
    for name in contexts:
        yield Suggestion(name, "variable", "context", prefix=prefix)
    if is_template and not prefix:
        for name in ("if", "elseif", "else", "each", "insert"):
            yield Suggestion(name, "key", "directive", f"{name} ", prefix)
    names = [function.name for function in GENERAL.values()]
    for name in (*([] if is_template else _STATUS), *names):
        yield Suggestion(name, "function", prefix=prefix)


# --- values


def _values(project: Project, source: Source, cursor: Cursor) -> Iterator[Suggestion]:
    path = cursor.path
    key = next((step for step in reversed(path) if step != ITEM), "")
    shapes = shapes_at(path, cursor.levels)
    if key == "template":
        yield from _templates(project, source, cursor.prefix)
    elif key == "task" and "inputs" not in path:
        yield from _tasks(cursor.prefix)
    elif key == "checkout":
        yield from _repositories(project, source, cursor.prefix)
    elif key == "dependsOn":
        yield from _dependencies(project, source, cursor)
    elif len(path) > 1 and path[-2] == "inputs":
        yield from _choices(cursor)
    elif path[:1] == ("parameters",) and key == "type":
        for name in (*PARAMETER_TYPES, *ROOT_PARAMETER_TYPES):
            yield Suggestion(name, "word", prefix=cursor.prefix)
    elif path[-1:] == (ITEM,) and takes_keys(shapes):
        yield from _keys_of(records_of(shapes, {}), {}, cursor.prefix)
    else:
        for word in words_of(shapes):
            yield Suggestion(word, "word", prefix=cursor.prefix)


def _templates(project: Project, source: Source, prefix: str) -> Iterator[Suggestion]:
    """The YAML files of the repository as seen from this one; those of others by alias."""
    folder, own = posixpath.dirname(source.name), source.repository
    names = project.files.yaml_names() if own == SELF else project.files.yaml_names_of(own)
    for name in names:
        if name != source.name and project.is_template(name, own):
            near = posixpath.relpath(name, folder or ".")
            yield Suggestion(f"/{name}" if prefix.startswith("/") else near, "file", prefix=prefix)
    for alias in project.files.repositories if own == SELF else ():
        for name in project.files.yaml_names_of(alias):
            if project.is_template(name, alias):
                yield Suggestion(f"{name}@{alias}", "file", prefix=prefix)


def _repositories(project: Project, source: Source, prefix: str) -> Iterator[Suggestion]:
    """What can be checked out."""
    declared = [
        one.alias.value
        for snapshot in project.snapshots_of(source, fresh=False)
        if snapshot.pipeline is not None
        for one in snapshot.pipeline.resources.repositories
    ]
    for name in dict.fromkeys(("self", "none", *declared)):
        yield Suggestion(name, "name", prefix=prefix)


def _tasks(prefix: str) -> Iterator[Suggestion]:
    from penstock.agent import tasks

    for name in tasks.names():
        yield Suggestion(name, "task", tasks.find(name).friendly_name, prefix=prefix)


def _dependencies(project: Project, source: Source, cursor: Cursor) -> Iterator[Suggestion]:
    """The stages, or the jobs beside this one."""
    snapshots = list(project.snapshots_of(source, fresh=False))
    own = {cursor.siblings.get(key, "") for key in ("stage", "job", "deployment")}
    if "stage" in cursor.siblings:
        names = stages_of(snapshots)
    else:
        names = jobs_of(snapshots, cursor.nearest("stage"))
    for name in dict.fromkeys(text.value for text in names):
        if name not in own:
            yield Suggestion(name, "name", prefix=cursor.prefix)


def _choices(cursor: Cursor) -> Iterator[Suggestion]:
    from penstock.agent import tasks

    reference = cursor.nearest("task")
    try:
        inputs = tasks.find(reference).inputs
    except tasks.UnknownTask:
        return
    wanted = cursor.path[-1].casefold()
    for one in inputs:
        if wanted in (name.casefold() for name in (one.name, *one.aliases)):
            words = one.choices or (("true", "false") if one.type == "boolean" else ())
            for word in filter(None, words):
                yield Suggestion(word, "word", prefix=cursor.prefix)


# --- keys


def _keys(project: Project, source: Source, cursor: Cursor) -> Iterator[Suggestion]:
    path, siblings = cursor.path, cursor.siblings
    outer = cursor.levels[-2].keys if len(cursor.levels) > 1 else {}
    shapes = shapes_at(path, cursor.levels)
    if path[-1:] == ("inputs",) and "task" in outer:
        yield from _inputs(outer["task"], siblings, cursor.prefix)
    elif path[-1:] == ("parameters",) and "template" in outer:
        target = template_at(outer["template"], source, project)
        root = project.tree(target) if target else None
        for one in parameters_of(root):
            if one.name not in siblings:
                told = one.type + ("" if one.default is not None else ", required")
                yield Suggestion(one.name, "input", told, f"{one.name}: ", cursor.prefix)
    elif path == ("parameters", ITEM):
        for key in _DECLARATION:
            if key not in siblings:
                yield Suggestion(key, "key", "", f"{key}: ", cursor.prefix)
    elif path[-2:] == ("dependsOn", ITEM):
        stripped = Cursor(path, "value", cursor.prefix, cursor.levels[:-1])
        yield from _dependencies(project, source, stripped)
    else:
        yield from _keys_of(records_of(shapes, siblings), siblings, cursor.prefix)


def _keys_of(
    records: Sequence[Record], siblings: Mapping[str, str], prefix: str
) -> Iterator[Suggestion]:
    """The keys of some mappings that are not there yet; those that tell which one it is first."""
    leads = [record.lead for record in records if record.lead is not None]
    first = [] if any(lead in siblings for lead in leads) else leads
    members = [name for record in records for name in record.members]
    required = {name for record in records for name in record.required}
    for name in dict.fromkeys((*first, *members)):
        if name not in siblings:
            told = "required" if name in required else ""
            yield Suggestion(name, "key", told, f"{name}: ", prefix)


def _inputs(reference: str, siblings: dict[str, str], prefix: str) -> Iterator[Suggestion]:
    from penstock.agent import tasks

    try:
        inputs = tasks.find(reference).inputs
    except tasks.UnknownTask:
        return
    given = {name.casefold() for name in siblings}
    for one in inputs:
        names = [*one.aliases, one.name]
        if not given & {name.casefold() for name in names}:
            told = one.type + (", required" if one.required else "")
            yield Suggestion(names[0], "input", told, f"{names[0]}: ", prefix)
