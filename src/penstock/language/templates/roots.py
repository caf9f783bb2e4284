"""The root of a pipeline: its body becomes `stages`, through `extends` if need be."""

from __future__ import annotations

from penstock.language.source import Span
from penstock.language.templates.complaints import files as complaints
from penstock.language.templates.desugaring import queue_entries
from penstock.language.templates.including import Includer
from penstock.language.templates.reports import Failed
from penstock.language.templates.scope import Scope
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.records import record

_BODIES = ("stages", "jobs", "phases", "steps", "extends")
_OF_JOB = frozenset(
    ("pool", "strategy", "continueOnError", "container", "services", "workspace", "queue", "server")
)
_MERGED = ("variables", "resources")
_ONLY_IN_MAIN = ("trigger",)


@record(kw_only=False)
class _Root:
    """The keys beside the body, in order, and the stages."""

    entries: tuple[Entry, ...]
    stages: Entry | None


def read_root(includer: Includer, root: Mapping, scope: Scope) -> Mapping:
    """The canonical tree of a pipeline: rooted at `stages`."""
    found = _read(includer, root, scope, "pipeline")
    entries = found.entries if found.stages is None else (*found.entries, found.stages)
    return Mapping(entries, root.span)


def _read(includer: Includer, root: Mapping, scope: Scope, shape: str) -> _Root:
    reader = includer.reader
    parts = reader.parts(root, scope, shape)
    if not parts.fields:
        return _Root((), None)
    try:
        record = reader.chosen(parts, root, scope, shape)
        read = reader.record(parts, record, root, scope, shape)
    except Failed:
        return _Root((), None)
    assert isinstance(read, Mapping)
    body = next((entry for entry in read.entries if entry.key.value == record.lead), None)
    rest = tuple(entry for entry in read.entries if entry is not body)
    if body is None:
        return _Root(rest, None)
    return _with_stages(includer, scope, rest, body)


def _with_stages(includer: Includer, scope: Scope, rest: tuple[Entry, ...], body: Entry) -> _Root:
    match body.key.value:
        case "stages":
            return _Root(rest, body)
        case "jobs" | "phases":
            return _Root(rest, _default_stage(body.value, body.key.span))
        case "steps":
            own = tuple(entry for entry in rest if entry.key.value not in _OF_JOB)
            of_job = tuple(entry for entry in rest if entry.key.value in _OF_JOB)
            return _Root(own, _default_stage(_default_job(of_job, body), body.key.span))
    assert isinstance(body.value, Mapping)
    return _extended(includer, scope, rest, body.value)


def _default_stage(jobs: Node, span: Span) -> Entry:
    stage = (_text_entry("stage", "__default", span), Entry(Scalar("jobs", span), jobs))
    stages = Sequence((Mapping(stage, jobs.span),), jobs.span)
    return Entry(Scalar("stages", span), stages)


def _default_job(of_job: tuple[Entry, ...], steps: Entry) -> Node:
    entries: list[Entry] = [_text_entry("job", "Job", steps.key.span)]
    for entry in of_job:
        is_old = entry.key.value in ("queue", "server")
        entries.extend(queue_entries(entry) if is_old else (entry,))
    return Sequence((Mapping((*entries, steps), steps.value.span),), steps.value.span)


def _extended(
    includer: Includer, scope: Scope, rest: tuple[Entry, ...], reference: Mapping
) -> _Root:
    """The stages of the template that is extended, with its variables and resources added."""
    try:
        with includer.entered(reference, scope, "extends") as template:
            found = _read(includer, template.root, template.scope, "extends template")
    except Failed:
        return _Root(rest, None)
    entries = list(rest)
    for entry in found.entries:
        if entry.key.value in _ONLY_IN_MAIN:
            includer.reader.complain(complaints.trigger_in_template(entry.key), template.scope)
        elif entry.key.value in _MERGED:
            _merge(entries, entry)
    return _Root(tuple(entries), found.stages)


def _merge(entries: list[Entry], added: Entry) -> None:
    """Add variables or resources behind those that are there."""
    for index, entry in enumerate(entries):
        if entry.key.value == added.key.value:
            entries[index] = Entry(entry.key, _joined(entry.value, added.value))
            return
    entries.append(added)


def _joined(first: Node, second: Node) -> Node:
    match first, second:
        case Sequence(), Sequence():
            return Sequence((*first.items, *second.items), first.span)
        case Mapping(), Mapping():
            entries = list(first.entries)
            for entry in second.entries:
                _merge(entries, entry)
            return Mapping(tuple(entries), first.span)
    return first


def _text_entry(name: str, text: str, span: Span) -> Entry:
    return Entry(Scalar(name, span), Scalar(text, span))
