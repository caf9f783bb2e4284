"""The templates that led to a file, for faults that are found once the pipeline is whole."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.language.origins import Frame
from penstock.language.pipeline import Pipeline, VariableValue, step_lists
from penstock.language.source import Related, Span

Part = tuple[Span, tuple[Frame, ...]]


def include_chains(pipeline: Pipeline) -> dict[str, tuple[Related, ...]]:
    """How each file came into the pipeline, by its label: where it was included first, and so on
    for the files on the way; the pipeline's own file comes from nowhere."""
    chains: dict[str, tuple[Related, ...]] = {}
    for span, origin in _parts(pipeline):
        label = span.source.label
        if label not in chains and origin:
            chains[label] = _chain(label, origin)
    return chains


def _chain(label: str, origin: tuple[Frame, ...]) -> tuple[Related, ...]:
    """The includes up to the file; what a parameter carried into other templates stays out."""
    templates = [frame for frame in origin if frame.kind == "template"]
    last = max((n for n, frame in enumerate(templates, 1) if frame.detail == label), default=0)
    return tuple(Related(f.span, f"{f.detail} is included here") for f in templates[:last])


def _parts(pipeline: Pipeline) -> Iterator[Part]:
    for owner in (pipeline, *pipeline.stages, *(j for s in pipeline.stages for j in s.jobs)):
        for variable in owner.variables:
            name = variable.name
            place = variable.value.span if isinstance(variable, VariableValue) else name.span
            yield place, variable.origin
    for stage in pipeline.stages:
        yield stage.span, stage.origin
        for job in stage.jobs:
            yield job.span, job.origin
            for steps in step_lists(job):
                for step in steps:
                    yield step.span, step.origin
