"""Compiles a pipeline: its files become one canonical tree, and the located model. Runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from collections.abc import Mapping as Table
from contextlib import contextmanager

from penstock.language.chains import include_chains
from penstock.language.expressions import Object
from penstock.language.graph import check_pipeline
from penstock.language.jobs import check_jobs
from penstock.language.origins import Origins
from penstock.language.pipeline import Pipeline, build_pipeline
from penstock.language.resources import check_resources
from penstock.language.run_name import check_run_name
from penstock.language.source import Diagnostic, Source, Span, has_errors
from penstock.language.starts import check_starts
from penstock.language.templates.branches import Taken
from penstock.language.templates.complaints import files as complaints
from penstock.language.templates.expansion import Expansion
from penstock.language.templates.files import Files
from penstock.language.templates.including import Includer
from penstock.language.templates.loading import Loaded, Loader, webhook_names
from penstock.language.templates.observed import Observed
from penstock.language.templates.queue_time import queue_time_values
from penstock.language.templates.reports import Exhausted, Failed, Reports
from penstock.language.templates.roots import read_root
from penstock.language.templates.scope import Scope, Variables, file_scope
from penstock.language.yaml import Mapping, Node
from penstock.records import record

_RECURSION_LIMIT = 10_000


@record
class Compiled:
    """What became of a pipeline.

    `pipeline` is None when there are errors; `partial` is what could be read in spite of them.
    `tree` is the canonical form (the service's final YAML); with errors it lacks the parts they are
    about. `files` are all that were read; `taken` are the ways through their `if`s and `each`es.
    """

    pipeline: Pipeline | None
    partial: Pipeline | None
    tree: Node | None
    origins: Origins
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[Source, ...]
    taken: Taken


def compile_pipeline(
    path: str,
    files: Files,
    *,
    parameters: Table[str, str] | None = None,
    variables: Table[str, str] | None = None,
    observed: Observed | None = None,
) -> Compiled:
    """Compile the pipeline at a path from the root of the repository `self`.

    `parameters` are texts as given when a run is queued; `variables` are what template expressions
    see before the YAML's own: predefined ones, then those given when the run is queued; they are
    not looked at before an expression reads a variable. `observed` is told what every expression
    comes to.
    """
    reports, origins = Reports(), Origins()
    expansion = Expansion(reports, observed)
    loader = Loader(files, expansion)
    includer = Includer(loader, expansion, origins)
    tree, pipeline = None, None
    with _deep_recursion():
        loaded = _opened(loader, path, reports)
        if loaded:
            scope = file_scope(
                loaded.place, Object(), Variables.of({} if variables is None else variables)
            )
            tree = _expanded(includer, loaded, scope, parameters or {}, reports)
    if loaded and isinstance(tree, Mapping):
        pipeline = build_pipeline(tree, loaded.source, origins)
        _report_whole(pipeline, loaded.root, reports)
    diagnostics = reports.all()
    return Compiled(
        pipeline=None if has_errors(diagnostics) else pipeline,
        partial=pipeline,
        tree=tree,
        origins=origins,
        diagnostics=diagnostics,
        files=loader.sources,
        taken=expansion.taken,
    )


def _report_whole(pipeline: Pipeline, root: Node | None, reports: Reports) -> None:
    """What is wrong with a pipeline as a whole, with the templates that led to each place."""
    is_complete = not reports.has_errors
    has_resources = is_complete or _has_all_resources(root, reports)
    found = [
        *check_pipeline(pipeline, is_complete=is_complete),
        *check_jobs(pipeline, is_complete=has_resources),
        *check_resources(pipeline, is_complete=has_resources),
        *check_run_name(pipeline.name),
        *check_starts(pipeline, is_complete=is_complete),
    ]
    chains = include_chains(pipeline) if found else {}
    for diagnostic in found:
        label = diagnostic.span.source.label if diagnostic.span else ""
        reports.add(diagnostic, chains.get(label, ()))


def _has_all_resources(root: Node | None, reports: Reports) -> bool:
    """Whether the resources were read in spite of errors: these are elsewhere, and no template
    that is extended could have added some."""
    if not isinstance(root, Mapping) or root.get("extends") is not None:
        return False
    if any("${{" in entry.key.value for entry in root.entries):
        return False
    resources = root.get("resources")
    if resources is None:
        return True
    span = resources.span
    places = [d.span for d in reports.all() if d.span and d.span.source.label == span.source.label]
    return not any(span.line <= place.line <= span.end_line for place in places)


def _opened(loader: Loader, path: str, reports: Reports) -> Loaded | None:
    try:
        loaded = loader.open(path)
    except Failed:
        return None
    if loaded is None:
        reports.add(complaints.missing_start(path))
    return loaded


def _expanded(
    includer: Includer, loaded: Loaded, scope: Scope, values: Table[str, str], reports: Reports
) -> Mapping | None:
    """The canonical tree, as far as it could be made."""
    root = loaded.root or Mapping((), Span(loaded.source, 1, 1, 1, 1))
    if not isinstance(root, Mapping):
        reports.add(complaints.not_a_pipeline(root))
        return None
    try:
        declared = includer.declared(loaded, scope, of_pipeline=True)
        given = queue_time_values(values, declared, reports.add)
        bound = includer.bind(declared, given, None, (scope, scope), "this pipeline")
        return read_root(includer, root, scope.with_parameters(_with_events(bound, root)))
    except Exhausted:
        return None
    except RecursionError:
        reports.add(complaints.too_deep(root.span))
        return None


def _with_events(parameters: Object, root: Mapping) -> Object:
    """The parameters with those in which webhooks give what was posted: `parameters.HOOK.path`.

    Before an event comes they are empty.
    """
    events = {name: Object() for name in webhook_names(root)}
    if not events:
        return parameters
    together = {**events, **dict(parameters.items())}
    return Object(together, ignore_case=True, strict=parameters.strict)


@contextmanager
def _deep_recursion() -> Iterator[None]:
    """Room for a hundred levels of templates, each of which takes some dozens of calls."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
