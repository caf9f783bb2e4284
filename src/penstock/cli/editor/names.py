"""The names that a file and its pipelines know: parameters, variables, stages, jobs, tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from penstock.cli.editor.projects import Project, Snapshot
from penstock.language import pipeline as model
from penstock.language import yaml
from penstock.language.casing import fold_case
from penstock.language.source import Source, Span
from penstock.language.templates.references import Place, resolve, take_apart
from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record


@record(kw_only=False)
class Parameter:
    """A declared parameter; `default` is None where a value must be given."""

    name: str
    type: str
    default: str | None
    values: tuple[str, ...]
    span: Span


@record(kw_only=False)
class VariableAt:
    """A variable with its value in one scope: "the pipeline", "stage Build", "job Compile"."""

    name: str
    value: str
    scope: str
    span: Span


def parameters_of(root: Node | None) -> Iterator[Parameter]:
    """The parameters that a file declares."""
    declared = root.get("parameters") if isinstance(root, Mapping) else None
    if isinstance(declared, Mapping):
        for entry in declared.entries:
            text = entry.value.value if isinstance(entry.value, Scalar) else "..."
            yield Parameter(entry.key.value, "object", text, (), entry.key.span)
    for item in declared.items if isinstance(declared, Sequence) else ():
        name = item.get("name") if isinstance(item, Mapping) else None
        if not isinstance(item, Mapping) or not isinstance(name, Scalar):
            continue
        values = item.get("values")
        yield Parameter(
            name.value,
            _text(item.get("type")) or "string",
            _default(item.get("default")),
            tuple(_text(v) for v in values.items) if isinstance(values, Sequence) else (),
            name.span,
        )


def _default(node: Node | None) -> str | None:
    if node is None:
        return None
    return node.value if isinstance(node, Scalar) else _short(node)


def _short(node: Node) -> str:
    import json

    return json.dumps(yaml.to_python(node), default=str)[:200]


def variables_of(snapshots: Iterable[Snapshot]) -> list[VariableAt]:
    """The variables of some pipelines with what they are when the run is queued."""
    found: dict[tuple[str, str, str], VariableAt] = {}
    for snapshot in snapshots:
        pipeline = snapshot.pipeline
        if pipeline is None:
            continue
        for one in _variables(pipeline):
            found.setdefault((fold_case(one.name), one.scope, one.value), one)
    return list(found.values())


def _variables(pipeline: model.Pipeline) -> Iterator[VariableAt]:
    yield from _in_scope(pipeline.variables, "the pipeline")
    for stage in pipeline.stages:
        name = stage.id.value
        yield from _in_scope(stage.variables, f"stage {name}")
        for job in stage.jobs:
            path = job.id.value if name == model.UNNAMED_STAGE else f"{name}/{job.id.value}"
            yield from _in_scope(job.variables, f"job {path}")


def _in_scope(
    variables: Iterable[model.VariableValue | model.VariableGroup], scope: str
) -> Iterator[VariableAt]:
    for one in variables:
        if isinstance(one, model.VariableValue):
            yield VariableAt(one.name.value, one.value.value, scope, one.name.span)


def stages_of(snapshots: Iterable[Snapshot]) -> Iterator[model.Text]:
    """The names of the stages of some pipelines."""
    for snapshot in snapshots:
        for stage in snapshot.pipeline.stages if snapshot.pipeline else ():
            if stage.id.value and stage.id.value != model.UNNAMED_STAGE:
                yield stage.id


def jobs_of(snapshots: Iterable[Snapshot], stage: str = "") -> Iterator[model.Text]:
    """The names of the jobs of a stage, or of all; a stage by any name where none has that one."""
    for snapshot in snapshots:
        stages = snapshot.pipeline.stages if snapshot.pipeline else ()
        meant = [one for one in stages if fold_case(one.id.value) == fold_case(stage)]
        for one in meant or stages:
            yield from (job.id for job in one.jobs if job.id.value)


def template_at(text: str, source: Source, project: Project) -> Source | None:
    """The file that a template reference in `source` names, or None."""
    place = resolve(take_apart(text), Place(source.repository, source.name))
    return project.files.read(place.repository, place.path) if place else None


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) else ""
