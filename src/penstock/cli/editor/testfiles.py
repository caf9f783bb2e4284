"""Completion in test files: keys, results, and the names of the pipeline that is tested."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from penstock.cli.editor.completion import Suggestion
from penstock.cli.editor.cursor import ITEM, Cursor, cursor_at
from penstock.cli.editor.names import parameters_of
from penstock.cli.editor.projects import Project
from penstock.cli.options import DEFAULT_FILES, REASONS
from penstock.cli.testing.documents import KEYS, RESULT_WORDS
from penstock.language import pipeline as model
from penstock.language.source import Source, lines_of

_BY_PATH = ("assume", "outputs", "results", "because", "values", "steps")
_LISTS = {"runs": 3, "skips": 3, "absent": 3, "stages": 1, "jobs": 2}
_WORDS = {"reason": REASONS, "result": RESULT_WORDS["result"], "snapshot": ("true",)}


def complete_test(project: Project, source: Source, line: int, column: int) -> list[Suggestion]:
    """What can be written at a place of a test file (0-based)."""
    cursor = cursor_at(lines_of(source.text), line, column)
    if cursor.kind == "key":
        return list(_keys(project, source, cursor))
    if cursor.kind == "value":
        return list(_values(project, source, cursor))
    return []


def _keys(project: Project, source: Source, cursor: Cursor) -> Iterator[Suggestion]:
    path = cursor.path
    last = next((step for step in reversed(path) if step != ITEM), "")
    if path[-1:] == (ITEM,) and last in _LISTS:
        yield from _paths(project, source, cursor, _LISTS[last])
    elif last in _BY_PATH:
        for one in _paths(project, source, cursor, 3):
            if one.label not in cursor.siblings:
                yield replace(one, insert=f"{one.label}: ")
    elif last == "parameters":
        for parameter in parameters_of(project.tree(_pipeline(project, source, cursor))):
            if parameter.name not in cursor.siblings:
                insert = f"{parameter.name}: "
                yield Suggestion(parameter.name, "input", parameter.type, insert, cursor.prefix)
    else:
        for key in KEYS.get(last, ()):
            if key not in cursor.siblings:
                yield Suggestion(key, "key", "", f"{key}: ", cursor.prefix)


def _values(project: Project, source: Source, cursor: Cursor) -> Iterator[Suggestion]:
    path = cursor.path
    key = next((step for step in reversed(path) if step != ITEM), "")
    around = path[-2] if len(path) > 1 else ""
    words: tuple[str, ...] = tuple(_WORDS.get(key, ()))
    if around in RESULT_WORDS:
        words = RESULT_WORDS[around]
    elif around == "parameters":
        root = project.tree(_pipeline(project, source, cursor))
        words = next((p.values for p in parameters_of(root) if p.name == key), ())
    elif key in _LISTS and path[-1] == ITEM:
        yield from _paths(project, source, cursor, _LISTS[key])
    for word in words:
        yield Suggestion(word, "word", prefix=cursor.prefix)


def _paths(project: Project, source: Source, cursor: Cursor, depth: int) -> Iterator[Suggestion]:
    """The stages, jobs and named steps of the tested pipeline: as deep as 1, 2 or 3 names."""
    name = _pipeline(project, source, cursor).name
    pipeline = project.compile(name).compiled.partial
    for stage in pipeline.stages if pipeline else ():
        top = "" if stage.id.value == model.UNNAMED_STAGE else stage.id.value
        if top and depth != 2:
            yield Suggestion(top, "name", "stage", prefix=cursor.prefix)
        for job in stage.jobs if depth > 1 else ():
            path = "/".join(filter(None, (top, job.id.value)))
            yield Suggestion(path, "name", "job", prefix=cursor.prefix)
            for step in _steps(job) if depth > 2 else ():
                yield Suggestion(f"{path}/{step}", "name", "step", prefix=cursor.prefix)


def _steps(job: model.Job | model.DeploymentJob) -> Iterator[str]:
    for steps in model.step_lists(job):
        for step in steps:
            name = step.name or step.display_name
            if name is not None and "$(" not in name.value:
                yield name.value


def _pipeline(project: Project, source: Source, cursor: Cursor) -> Source:
    """The file that a test is of: its own `pipeline`, else that of the file, else the usual one."""
    named = cursor.nearest("pipeline")
    folder = posixpath.dirname(source.name)
    places = [posixpath.join(folder, name) for name in DEFAULT_FILES] + list(DEFAULT_FILES)
    if named:
        base = "" if named.startswith("/") else folder
        places = [posixpath.normpath(posixpath.join(base, named.lstrip("/")))]
    for place in places:
        if not place.startswith("..") and (found := project.files.read("self", place)):
            return found
    return Source(places[-1], "")
